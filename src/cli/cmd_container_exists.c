/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cubby.h"
#include "engine/container.h"

#define STATUS_MISSING 1

static int run(const struct command_call *call, struct error *err)
{
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "the exit status says it");
	return STATUS_MISSING;
}

const struct command cmd_container_exists = {
	.name = "exists",
	.group = "Containers",
	.usage = "CONTAINER",
	.summary = "exit status 0 if there is such a container, 1 if there is not",
	.examples = "cubby container exists web || cubby run -d --name web httpd\n"
		    "cubby container exists web && cubby rm -f web",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"
#include "util/json.h"

static int run(const struct command_call *call, struct error *err)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup_json struct json_object *document = NULL;
	int r = rt_container_open(call, call->args[0], false, &c, err);

	if (r < 0)
		return r;
	document = rt_state_document(&c);
	return rt_print_json(document, true, err);
}

const struct command rt_state = {
	.name = "state",
	.group = "Looking at containers",
	.usage = "CONTAINER",
	.summary = "print a container's state as JSON",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

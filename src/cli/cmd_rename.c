/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cubby.h"
#include "engine/container.h"
#include "engine/rename.h"

static int run(const struct command_call *call, struct error *err)
{
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	return r < 0 ? r : container_rename(&e, &c, call->args[1], err);
}

const struct command cmd_rename = {
	.name = "rename",
	.group = "Containers",
	.usage = "CONTAINER NAME",
	.summary = "give a container another name",
	.description = "It may be running; what runs in it does not notice.",
	.examples = "cubby rename web web-old\n"
		    "cubby rename 3f2a9c web",
	.min_args = 2,
	.max_args = 2,
	.run = run,
};

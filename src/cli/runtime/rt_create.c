/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"

static int run(const struct command_call *call, struct error *err)
{
	return rt_launch(call, call->values, true, err);
}

const struct command rt_create = {
	.name = "create",
	.group = "Life of a container",
	.usage = "[options] CONTAINER",
	.summary = "make a container that waits for `start`",
	.description = "The container's standard streams are those of this command.",
	.examples = "cubby-runtime create --bundle /srv/web --pid-file /run/web.pid web\n"
		    "cubby-runtime start web",
	.options = rt_launch_options,
	.values_size = sizeof(struct rt_launch_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

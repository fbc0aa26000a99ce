/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"

static const struct option_spec options[] = {
	OPT_BOOL(struct rt_launch_values, detach, "detach", 'd',
		 "return when the container runs"),
	OPT_BOOL(struct rt_launch_values, keep, "keep", 0,
		 "keep the container when it has ended"),
	OPT_INCLUDE(rt_launch_options),
	OPT_END,
};

static int run(const struct command_call *call, struct error *err)
{
	return rt_launch(call, call->values, false, err);
}

const struct command rt_run = {
	.name = "run",
	.group = "Life of a container",
	.usage = "[options] CONTAINER",
	.summary = "create and start a container, and wait for its end",
	.description = "The exit status is that of the container's program.",
	.examples = "cubby-runtime run --bundle /srv/web web\n"
		    "cubby-runtime run --detach --pid-file /run/web.pid -b /srv/web web",
	.options = options,
	.values_size = sizeof(struct rt_launch_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

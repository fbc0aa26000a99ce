/* SPDX-License-Identifier: Apache-2.0 */
/* pause and resume: the freezer of the container's cgroup. */
#include "cli/runtime/rt.h"

static int set_frozen(const struct command_call *call, bool frozen, struct error *err)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	enum state_status status;
	int r = rt_container_open(call, call->args[0], true, &c, err);

	if (r < 0)
		return r;
	status = state_status(&c.state);
	if (status != (frozen ? STATE_RUNNING : STATE_PAUSED))
		return error_set(err, ERR_CONFLICT, 0, "container %s is %s, not %s",
				 c.state.id, state_status_word(status),
				 frozen ? "running" : "paused");
	r = cgroup_freeze(&c.cgroup, frozen, err);
	return r < 0 ? error_wrap(err, "%s container %s", call->command->name, c.state.id)
		     : 0;
}

static int pause_run(const struct command_call *call, struct error *err)
{
	return set_frozen(call, true, err);
}

static int resume_run(const struct command_call *call, struct error *err)
{
	return set_frozen(call, false, err);
}

const struct command rt_pause = {
	.name = "pause",
	.group = "Life of a container",
	.usage = "CONTAINER",
	.summary = "freeze every process of a container",
	.min_args = 1,
	.max_args = 1,
	.run = pause_run,
};

const struct command rt_resume = {
	.name = "resume",
	.group = "Life of a container",
	.usage = "CONTAINER",
	.summary = "thaw a paused container",
	.min_args = 1,
	.max_args = 1,
	.run = resume_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"

struct delete_values {
	bool force;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct delete_values, force, "force", 'f',
		 "kill it if it runs; no error if it does not exist"),
	OPT_END,
};

/* Before the lock: whoever holds it may wait for this very container. */
static int kill_first(const struct command_call *call, struct error *err)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	int r = rt_container_open(call, call->args[0], false, &c, err);

	return r < 0 ? r : rt_container_kill(&c, err);
}

static int delete_container(const struct command_call *call, bool force,
			    struct error *err)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	enum state_status status;
	int r = force ? kill_first(call, err) : 0;

	/* A half-written one can't be read without its lock: with it, it is repaired. */
	if (r < 0 && err->kind != ERR_NOT_FOUND)
		return r;
	error_release(err);
	r = rt_container_open(call, call->args[0], true, &c, err);
	if (r < 0)
		return r;
	status = state_status(&c.state);
	if (status == STATE_RUNNING || status == STATE_PAUSED) {
		error_set(err, ERR_CONFLICT, 0,
			  "cannot delete container %s that is not stopped: %s",
			  c.state.id, state_status_word(status));
		return error_hint(err, "stop it with `%s kill %s`, or use --force",
				  call->program->name, c.state.id);
	}
	r = rt_container_kill(&c, err); /* a created one's init waits */
	return r < 0 ? r : rt_container_delete(call, &c, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct delete_values *v = call->values;
	int r = delete_container(call, v->force, err);

	if (r < 0 && v->force && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "--force: it is gone, which is what was asked for");
		return 0;
	}
	return r;
}

const struct command rt_delete = {
	.name = "delete",
	.group = "Life of a container",
	.usage = "[options] CONTAINER",
	.summary = "remove a stopped or created container",
	.options = options,
	.values_size = sizeof(struct delete_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"
#include "runtime/launch.h"

/* After a failed poststart hook the container does not stay: runtime-spec, 'Lifecycle'.
 */
static int run_poststart(struct rt_container *c, struct error *err)
{
	const struct spec_hooks *h = c->spec->hooks;
	cleanup_error struct error ignored = ERROR_INIT;
	int r = h ? rt_run_hooks(c, "poststart", h->poststart, h->n_poststart, "running",
				 err)
		  : 0;

	if (r < 0 && rt_container_kill(c, &ignored) < 0)
		error_drop(&ignored, "the hook's failure is the one to report");
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	const char *id = call->args[0];
	enum state_status status;
	int r = rt_container_open(call, id, true, &c, err);

	if (r < 0)
		return r;
	status = state_status(&c.state);
	if (status != STATE_CREATED)
		return error_set(
			err, ERR_CONFLICT, 0,
			"start container %s: it is %s, only a created one can be started",
			id, state_status_word(status));
	r = launch_start(c.dirfd, STATE_START_SOCKET, err);
	if (r < 0)
		return error_wrap(err, "start container %s", id);
	c.state.started = true;
	r = state_write(c.dirfd, &c.state, err);
	return r < 0 ? r : run_poststart(&c, err);
}

const struct command rt_start = {
	.name = "start",
	.group = "Life of a container",
	.usage = "CONTAINER",
	.summary = "run the program of a created container",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

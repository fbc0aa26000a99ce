/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby container ...`: the same commands by podman's longer names, and the monitor's
 * clean-up. */
#include "cli/cubby.h"
#include "engine/settle.h"

/* What the monitor becomes at its end when nobody else cleans up; harmless at any other
 * time. */
static int run_cleanup(const struct command_call *call, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	r = cubby_open(call, &e, err);
	return r < 0 ? r : container_settle(&e, call->args[0], true, err);
}

static const struct command cleanup_command = {
	.name = "cleanup",
	.group = "Containers",
	.usage = "ID",
	.summary = "record the end of a container and remove what it leaves",
	.min_args = 1,
	.max_args = 1,
	.hidden = true,
	.run = run_cleanup,
};

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_run,
	&cmd_exec,
	&cmd_ps,
	&cmd_logs,
	&cmd_attach,
	&cmd_stop,
	&cmd_kill,
	&cmd_wait,
	&cmd_rm,
	&cmd_rename,
	&cmd_pause,
	&cmd_unpause,
	&cmd_container_inspect,
	&cmd_container_exists,
	&cmd_container_prune,
	&cmd_export,
	&cmd_container_diff,
	&cleanup_command,
	NULL,
};
/* clang-format on */

const struct command cmd_container = {
	.name = "container",
	.group = "Containers",
	.usage = "COMMAND",
	.summary = "the same commands for containers: container run, container ls ...",
	.examples = "cubby container ls --all\n"
		    "cubby container inspect web",
	.commands = commands,
};

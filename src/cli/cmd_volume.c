/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby volume ...`, and its smallest commands. */
#include "cli/cubby.h"
#include "engine/volume_remove.h"

#define STATUS_MISSING 1

static int run_exists(const struct command_call *call, struct error *err)
{
	cleanup_volume_record struct volume_record record = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = volume_record_get(e.store, call->args[0], &record, err);
	if (r < 0)
		return r;
	return r > 0 ? 0 : STATUS_MISSING;
}

static const struct command exists_command = {
	.name = "exists",
	.group = "Volumes",
	.usage = "VOLUME",
	.summary = "exit status 0 if there is such a volume, 1 if there is none",
	.examples = "cubby volume exists data || cubby volume create data\n"
		    "cubby volume exists db && echo there",
	.min_args = 1,
	.max_args = 1,
	.run = run_exists,
};

static int run_reload(const struct command_call *call, struct error *err)
{
	(void)call;
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"reload volumes: there are no volume plugins to ask, all volumes are Cubby's own");
	return error_hint(err, "'cubby volume ls' lists them");
}

static const struct command reload_command = {
	.name = "reload",
	.group = "Volumes",
	.summary = "ask volume plugins what they have (there are none)",
	.run = run_reload,
	.hidden = true,
};

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_volume_create,
	&cmd_volume_ls,
	&cmd_volume_inspect,
	&cmd_volume_rm,
	&cmd_volume_prune,
	&exists_command,
	&cmd_volume_export,
	&cmd_volume_import,
	&cmd_volume_mount,
	&cmd_volume_unmount,
	&reload_command,
	NULL,
};
/* clang-format on */

const struct command cmd_volume = {
	.common = true,
	.name = "volume",
	.group = "Pods, volumes, secrets",
	.usage = "COMMAND",
	.summary = "the commands for volumes: volume create, volume ls, volume rm ...",
	.examples = "cubby volume create data\n"
		    "cubby volume ls\n"
		    "cubby volume rm data",
	.commands = commands,
};

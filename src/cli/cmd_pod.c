/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby pod ...`, and its smallest command. */
#include "cli/cubby.h"
#include "engine/pod.h"

#define STATUS_MISSING 1

static int run_exists(const struct command_call *call, struct error *err)
{
	cleanup_pod_record struct pod_record record = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = pod_record_find(e.store, call->args[0], &record, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "the exit status says it");
	return STATUS_MISSING;
}

static const struct command exists_command = {
	.name = "exists",
	.group = "Pods",
	.usage = "POD",
	.summary = "exit status 0 if there is such a pod, 1 if there is not",
	.examples = "cubby pod exists shop || cubby pod create shop\n"
		    "cubby pod exists shop && cubby pod rm -f shop",
	.min_args = 1,
	.max_args = 1,
	.run = run_exists,
};

static const struct command later_clone = {.name = "clone", .not_yet = true};

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_pod_create,
	&cmd_pod_ps,
	&cmd_pod_inspect,
	&cmd_pod_start,
	&cmd_pod_stop,
	&cmd_pod_restart,
	&cmd_pod_kill,
	&cmd_pod_pause,
	&cmd_pod_unpause,
	&cmd_pod_logs,
	&cmd_pod_top,
	&cmd_pod_stats,
	&cmd_pod_rm,
	&cmd_pod_prune,
	&exists_command,
	&later_clone,
	NULL,
};
/* clang-format on */

const struct command cmd_pod = {
	.name = "pod",
	.group = "Pods, volumes, secrets",
	.usage = "COMMAND",
	.summary = "containers that share namespaces: pod create, pod ps, pod rm ...",
	.examples = "cubby pod create shop\n"
		    "cubby pod ps --ctr-names",
	.commands = commands,
};

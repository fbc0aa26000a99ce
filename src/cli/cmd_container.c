/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby container ...`: the same commands by podman's longer names, and the monitor's
 * clean-up. */
#include <unistd.h>

#include "cli/cubby.h"
#include "engine/container_start.h"
#include "engine/event.h"
#include "engine/image_drop.h"
#include "engine/pod_end.h"
#include "engine/rerun.h"
#include "engine/settle.h"
#include "util/mem.h"
#include "util/str.h"

struct backoff_values {
	int64_t backoff_usec;
};

static const struct option_spec backoff_table[] = {
	OPT_DURATION(struct backoff_values, backoff_usec, "backoff", 0, "TIME",
		     "how long its restart policy waits, or waited last"),
	OPT_END,
};

/* The waiting is done by a fresh process, which holds nothing. */
static int become_rerun(const struct engine *e, const char *id, int64_t pause_usec,
			struct error *err)
{
	static const char *const words[] = {"container", "rerun", NULL};
	cleanup_strv char **argv = engine_self_command(e, words);

	strv_addf(&argv, "--backoff=%lldus", (long long)pause_usec);
	strv_add(&argv, id);
	execv(argv[0], argv);
	return error_set(err, ERR_SYSTEM, errno, "run %s", argv[0]);
}

/* NULL: it is in no pod, or gone. Asked before its end is recorded, which may remove it. */
static char *pod_of(const struct engine *e, const char *id)
{
	cleanup_container_record struct container_record record = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (container_record_get(e->store, id, &record, &err) < 0)
		error_drop(&err, "it is gone");
	return TAKE_PTR(record.pod);
}

/*
 * The monitor is the main process of a service manager's unit, so its exit status is how the service ended: the container's,
 * for Restart=on-failure, and 0 if somebody stopped it. 0 too if nobody would look. Asked before the end is recorded.
 */
static int unit_status(const struct engine *e, const char *id, bool off)
{
	cleanup_container_record struct container_record record = {0};
	cleanup_error struct error err = ERROR_INIT;
	struct observation o;

	if (off || str_empty(getenv("INVOCATION_ID")))
		return 0;
	if (container_record_get(e->store, id, &record, &err) < 0) {
		error_drop(&err, "it is gone");
		return 0;
	}
	container_observe(e, &record, &o);
	if (record.stopped || !o.facts.has_exit)
		return 0;
	return proc_exit_code(o.exit.wait_status);
}

/* What the monitor becomes at its end when nobody else cleans up; harmless at any other
 * time. */
static int run_cleanup(const struct command_call *call, struct error *err)
{
	const struct backoff_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free char *pod_id = NULL;
	int64_t pause_usec = 0;
	bool due = false, off = false;
	int r = cubby_open(call, &e, err), status = 0;

	if (r >= 0)
		off = rerun_is_off(&e, call->args[0]);
	if (r >= 0)
		pod_id = pod_of(&e, call->args[0]);
	if (r >= 0)
		status = unit_status(&e, call->args[0], off);
	if (r >= 0)
		r = container_cleanup(&e, call->args[0], err);
	if (r >= 0 && !off)
		r = rerun_is_due(&e, call->args[0], v->backoff_usec, &due, &pause_usec,
				 err);
	if (r >= 0 && !due && pod_id)
		pod_member_ended(&e, pod_id);
	if (r < 0 || !due)
		return r < 0 ? r : status;
	return become_rerun(&e, call->args[0], pause_usec, err);
}

static const struct command cleanup_command = {
	.name = "cleanup",
	.group = "Containers",
	.usage = "ID",
	.summary = "record the end of a container and remove what it leaves",
	.options = backoff_table,
	.values_size = sizeof(struct backoff_values),
	.min_args = 1,
	.max_args = 1,
	.hidden = true,
	.run = run_cleanup,
};

static int run_rerun(const struct command_call *call, struct error *err)
{
	const struct backoff_values *v = call->values;
	const struct start_options o = {.by_policy = true,
					.backoff_usec = v->backoff_usec};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_container struct container c = {0};
	int exit_code, r = cubby_open_dirs(call, &e, err);

	if (r >= 0)
		r = rerun_wait(&e, call->args[0], v->backoff_usec, err);
	if (r >= 0)
		r = engine_open_store(&e, err);
	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	if (r >= 0 && !c.record.stopped)
		r = container_start(&e, &c, &o, &exit_code, err);
	return r;
}

const struct command cmd_container_rerun = {
	.name = "rerun",
	.group = "Containers",
	.usage = "ID",
	.summary = "carry out a container's restart policy",
	.options = backoff_table,
	.values_size = sizeof(struct backoff_values),
	.min_args = 1,
	.max_args = 1,
	.hidden = true,
	.run = run_rerun,
};

#define REFUSAL_WORDS 5 /* ID NAME ADDRESS PROTOCOL PORT */

/* For the network program, which has no events of its own. */
static int run_refused(const struct command_call *call, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open_dirs(call, &e, err);

	for (size_t i = 0; r >= 0 && i + REFUSAL_WORDS <= call->n_args;
	     i += REFUSAL_WORDS) {
		char *const *words = call->args + i;
		cleanup_strv char **attributes = NULL;

		strv_addf(&attributes, "container=%s", words[0]);
		strv_addf(&attributes, "address=%s", words[2]);
		strv_addf(&attributes, "protocol=%s", words[3]);
		if (!str_eq(words[4], "0"))
			strv_addf(&attributes, "port=%s", words[4]);
		event_emit(&e, &(struct event){.type = EVENT_NETWORK,
					       .status = EVENT_REFUSED,
					       .id = words[0],
					       .name = words[1],
					       .attributes = attributes});
	}
	return r;
}

static const struct command refused_command = {
	.name = "refused",
	.group = "Containers",
	.usage = "ID NAME ADDRESS PROTOCOL PORT...",
	.summary = "record that a container was not let somewhere",
	.min_args = REFUSAL_WORDS,
	.max_args = COMMAND_ANY,
	.hidden = true,
	.run = run_refused,
};

static const struct command later_checkpoint = {.name = "checkpoint", .not_yet = true},
			    later_restore = {.name = "restore", .not_yet = true},
			    later_runlabel = {.name = "runlabel", .not_yet = true};

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_run,
	&cmd_create,
	&cmd_start,
	&cmd_restart,
	&cmd_init,
	&cmd_exec,
	&cmd_ps,
	&cmd_logs,
	&cmd_top,
	&cmd_stats,
	&cmd_port,
	&cmd_update,
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
	&cmd_container_clone,
	&cmd_container_prune,
	&cmd_cp,
	&cmd_commit,
	&cmd_export,
	&cmd_container_diff,
	&cmd_mount,
	&cmd_unmount,
	&cleanup_command,
	&refused_command,
	&cmd_container_rerun,
	&later_checkpoint,
	&later_restore,
	&later_runlabel,
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

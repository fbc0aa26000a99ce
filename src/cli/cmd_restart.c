/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "engine/container_start.h"

struct restart_values {
	struct select_options select;
	bool running;
	int64_t timeout_sec;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec options[] = {
	OPT_INCLUDE_AT(struct restart_values, select, select_table),
	OPT_BOOL(struct restart_values, running, "running", 0, "all that run"),
	OPT_I64(struct restart_values, timeout_sec, "time", 't', "SECONDS",
		"how long to wait before killing it (default: its --stop-timeout)",
		.max = 1000000000, .min = -1, .aliases = timeout_alias),
	OPT_END,
};

static void defaults(void *values)
{
	((struct restart_values *)values)->timeout_sec = -1;
}

struct restart_job {
	const struct restart_values *values;
	struct start_talk talk;
};

static int restart(const struct engine *e, const struct container *c, const char *typed,
		   void *data, struct error *err)
{
	const struct restart_job *job = data;
	int r = container_restart(e, c, job->values->timeout_sec, &job->talk, err);

	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	struct restart_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_progress struct progress *progress = progress_new(PROGRESS_FETCH, false);
	struct restart_job job = {v, {progress_callbacks(progress), cubby_warn}};
	const struct select_job each = {
		.options = &v->select,
		.running_only = v->running,
		.act = restart,
		.data = &job,
	};
	int r;

	if (v->running)
		v->select.all = true;
	r = cubby_open(call, &e, err);
	return r < 0 ? r : select_each(call, &e, &each, err);
}

const struct command cmd_restart = {
	.name = "restart",
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "stop containers and start them again",
	.description = "One that does not run is started.",
	.examples = "cubby restart web\n"
		    "cubby restart -t 2 web db\n"
		    "cubby restart --running",
	.options = options,
	.values_size = sizeof(struct restart_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};

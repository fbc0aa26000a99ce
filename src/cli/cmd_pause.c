/* SPDX-License-Identifier: Apache-2.0 */
/* pause, unpause */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/pause.h"

struct pause_values {
	struct select_options select;
};

#define FILTER_ROW(of_what)                                                       \
	OPT_STRV(struct pause_values, select.filters, "filter", 'f', "KEY=VALUE", \
		 "those " of_what " that match, as with ps")
static const struct option_spec pause_options[] = {
	OPT_BOOL(struct pause_values, select.all, "all", 'a', "all running containers"),
	OPT_INCLUDE_AT(struct pause_values, select, cidfile_table),
	FILTER_ROW("running ones"),
	OPT_INCLUDE_AT(struct pause_values, select, latest_table),
	OPT_END,
};

static const struct option_spec unpause_options[] = {
	OPT_BOOL(struct pause_values, select.all, "all", 'a', "all paused containers"),
	OPT_INCLUDE_AT(struct pause_values, select, cidfile_table),
	FILTER_ROW("paused ones"),
	OPT_INCLUDE_AT(struct pause_values, select, latest_table),
	OPT_END,
};

static int pause_one(const struct engine *e, const struct container *c, const char *typed,
		     void *data, struct error *err)
{
	int r = container_pause(e, c, err);

	(void)data;
	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int unpause_one(const struct engine *e, const struct container *c,
		       const char *typed, void *data, struct error *err)
{
	int r = container_unpause(e, c, err);

	(void)data;
	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int run(const struct command_call *call, const struct select_job *job,
	       struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	return r < 0 ? r : select_each(call, &e, job, err);
}

static int run_pause(const struct command_call *call, struct error *err)
{
	const struct pause_values *v = call->values;
	const struct select_job job = {
		.options = &v->select,
		.running_only = true,
		.act = pause_one,
	};

	return run(call, &job, err);
}

static int run_unpause(const struct command_call *call, struct error *err)
{
	const struct pause_values *v = call->values;
	const struct select_job job = {
		.options = &v->select,
		.paused_only = true,
		.act = unpause_one,
	};

	return run(call, &job, err);
}

const struct command cmd_pause = {
	.name = "pause",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "halt every process of containers until unpause",
	.description =
		"A container with a cgroup of its own is frozen. One without is halted by SIGSTOP to each of its "
		"processes, and goes on by SIGCONT: a program in it that had stopped by itself goes on as well.",
	.examples = "cubby pause web\n"
		    "cubby pause --all",
	.options = pause_options,
	.values_size = sizeof(struct pause_values),
	.max_args = COMMAND_ANY,
	.run = run_pause,
};

const struct command cmd_unpause = {
	.name = "unpause",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_PAUSED,
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "let paused containers go on",
	.examples = "cubby unpause web\n"
		    "cubby unpause --all",
	.options = unpause_options,
	.values_size = sizeof(struct pause_values),
	.max_args = COMMAND_ANY,
	.run = run_unpause,
};

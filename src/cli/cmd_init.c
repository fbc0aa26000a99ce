/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "engine/container_start.h"

struct init_values {
	struct select_options select;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct init_values, select.all, "all", 'a',
		 "all that have no processes"),
	OPT_INCLUDE_AT(struct init_values, select, latest_table),
	OPT_END,
};

struct init_job {
	const struct init_values *values;
	struct start_talk talk;
};

static int initialize(const struct engine *e, const struct container *c,
		      const char *typed, void *data, struct error *err)
{
	const struct init_job *job = data;
	int r;

	if (job->values->select.all && status_is_up(c->status))
		return 0;
	r = container_initialize(e, c, &job->talk, err);
	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct init_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_progress struct progress *progress = progress_new(PROGRESS_FETCH, false);
	struct init_job job = {v, {progress_callbacks(progress), cubby_warn}};
	const struct select_job each = {
		.options = &v->select,
		.act = initialize,
		.data = &job,
	};
	int r = cubby_open(call, &e, err);

	return r < 0 ? r : select_each(call, &e, &each, err);
}

const struct command cmd_init = {
	.name = "init",
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.arguments = ARGUMENTS_CONTAINERS_STOPPED,
	.summary = "make a container's processes and mounts, without its program",
	.description =
		"To look at what a container will be like, or to have it start at once: start "
		"lets its program go. As long as it waits stop and rm end it at once.",
	.examples = "cubby init web\n"
		    "cubby init web && cubby mount web",
	.options = options,
	.values_size = sizeof(struct init_values),
	.max_args = COMMAND_ANY,
	.run = run,
};

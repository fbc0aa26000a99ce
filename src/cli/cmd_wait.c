/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/remove.h"

struct wait_values {
	struct select_options select;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct wait_values, select.ignore, "ignore", 0,
		 "no error if a container does not exist"),
	OPT_INCLUDE_AT(struct wait_values, select, latest_table),
	OPT_NOT_YET("condition", 0),
	OPT_NOT_YET("interval", 'i'),
	OPT_NOT_YET("return-on-first", 0),
	OPT_END,
};

static int wait_for(const struct engine *e, const struct container *c, const char *typed,
		    void *data, struct error *err)
{
	int exit_code, r;

	(void)typed;
	(void)data;
	r = container_wait(e, c, -1, &exit_code, err);
	if (r < 0)
		return r;
	printf("%d\n", exit_code);
	(void)!fflush(stdout);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	struct wait_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {.options = &v->select, .act = wait_for};
	int r;

	r = cubby_open(call, &e, err);
	return r < 0 ? r : select_each(call, &e, &job, err);
}

const struct command cmd_wait = {
	.name = "wait",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "wait until containers have ended, and print their exit statuses",
	.examples = "cubby wait web\n"
		    "status=$(cubby wait web)",
	.options = options,
	.values_size = sizeof(struct wait_values),
	.max_args = COMMAND_ANY,
	.run = run,
};

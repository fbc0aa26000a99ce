/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/remove.h"

struct stop_values {
	struct select_options select;
	int64_t timeout_sec;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec options[] = {
	OPT_INCLUDE_AT(struct stop_values, select, select_table),
	OPT_I64(struct stop_values, timeout_sec, "time", 't', "SECONDS",
		"how long to wait before killing it (default: its --stop-timeout)",
		.max = 1000000000, .min = -1, .aliases = timeout_alias),
	OPT_NOT_YET("signal", 's'),
	OPT_END,
};

static void defaults(void *values)
{
	((struct stop_values *)values)->timeout_sec = -1;
}

static int stop(const struct engine *e, const struct container *c, const char *typed,
		void *data, struct error *err)
{
	const struct stop_values *v = data;
	int r;

	r = container_stop(e, c, v->timeout_sec, err);
	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	struct stop_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {
		.options = &v->select,
		.running_only = true,
		.act = stop,
		.data = v,
	};
	int r;

	r = cubby_open(call, &e, err);
	return r < 0 ? r : select_each(call, &e, &job, err);
}

const struct command cmd_stop = {
	.name = "stop",
	.common = true,
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "end containers: their stop signal, later SIGKILL",
	.examples = "cubby stop web\n"
		    "cubby stop -t 2 web db\n"
		    "cubby stop --all",
	.options = options,
	.values_size = sizeof(struct stop_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/remove.h"

struct stop_values {
	struct select_options select;
	const char *signal;
	int64_t timeout_sec;
	bool timeout_given;
	struct stop_options stop;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec options[] = {
	OPT_BOOL(struct stop_values, select.all, "all", 'a', "all running containers"),
	OPT_INCLUDE_AT(struct stop_values, select, cidfile_table),
	OPT_STRV(struct stop_values, select.filters, "filter", 'f', "KEY=VALUE",
		 "those running ones that match, as with ps"),
	OPT_BOOL(struct stop_values, select.ignore, "ignore", 'i',
		 "no error if a container does not exist"),
	OPT_INCLUDE_AT(struct stop_values, select, latest_table),
	OPT_STRING(struct stop_values, signal, "signal", 's', "SIGNAL",
		   "send this first (default: its --stop-signal)"),
	OPT_I64(struct stop_values, timeout_sec, "time", 't', "SECONDS",
		"when to kill it, -1: never (default: its --stop-timeout)",
		.max = 1000000000, .min = -1, .aliases = timeout_alias,
		.given = OPT_GIVEN(struct stop_values, timeout_given)),
	OPT_END,
};

static int stop(const struct engine *e, const struct container *c, const char *typed,
		void *data, struct error *err)
{
	const struct stop_values *v = data;
	int r;

	r = container_stop_by(e, c, &v->stop, err);
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
	int r = 0;

	v->stop.timeout_sec = !v->timeout_given    ? STOP_TIMEOUT_OWN
			      : v->timeout_sec < 0 ? STOP_TIMEOUT_NEVER
						   : v->timeout_sec;
	if (v->signal)
		r = cubby_signal(v->signal, &v->stop.signal, err);
	if (r < 0)
		return r;
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
	.max_args = COMMAND_ANY,
	.run = run,
};

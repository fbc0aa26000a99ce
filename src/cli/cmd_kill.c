/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/event.h"
#include "engine/remove.h"

struct kill_values {
	struct select_options select;
	const char *signal;
	int number;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct kill_values, select.all, "all", 'a', "all running containers"),
	OPT_INCLUDE_AT(struct kill_values, select, cidfile_table),
	OPT_INCLUDE_AT(struct kill_values, select, latest_table),
	OPT_STRING(struct kill_values, signal, "signal", 's', "SIGNAL",
		   "signal to send (default KILL)"),
	OPT_END,
};

static void defaults(void *values)
{
	((struct kill_values *)values)->signal = "KILL";
}

static int send_signal(const struct engine *e, const struct container *c,
		       const char *typed, void *data, struct error *err)
{
	const struct kill_values *v = data;
	int r;

	r = container_kill(e, c, v->number, err);
	if (r < 0)
		return r;
	event_container(e, &c->record, &c->config, EVENT_KILL);
	printf("%s\n", typed);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	struct kill_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {
		.options = &v->select,
		.running_only = true,
		.act = send_signal,
		.data = v,
	};
	int r;

	r = cubby_signal(v->signal, &v->number, err);
	if (r < 0)
		return r;
	r = cubby_open(call, &e, err);
	return r < 0 ? r : select_each(call, &e, &job, err);
}

const struct command cmd_kill = {
	.name = "kill",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "send a signal to containers' first processes",
	.examples = "cubby kill web\n"
		    "cubby kill -s HUP web",
	.options = options,
	.values_size = sizeof(struct kill_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "util/json.h"
#include "util/time.h"

#define INTERVAL_DEFAULT_USEC (5 * USEC_PER_SEC)

struct events_values {
	bool stats;
	int64_t interval_usec;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct events_values, stats, "stats", 0,
		 "print the statistics once and end"),
	OPT_DURATION(struct events_values, interval_usec, "interval", 0, "TIME",
		     "time between two statistics (default 5s)"),
	OPT_END,
};

static void defaults(void *values)
{
	((struct events_values *)values)->interval_usec = INTERVAL_DEFAULT_USEC;
}

/* {"type":"stats","id":...,"data":{...}}, one a line. */
static int print_stats(const struct rt_container *c, struct error *err)
{
	cleanup_json struct json_object *event = json_object_new_object();
	struct json_object *data = NULL;
	int r = cgroup_stats(&c->cgroup, &data, err);

	if (r < 0)
		return r;
	json_add_str(event, "type", "stats");
	json_add_str(event, "id", c->state.id);
	json_add(event, "data", data);
	return rt_print_json(event, false, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct events_values *v = call->values;
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	int r;

	if (v->interval_usec <= 0)
		return error_set(err, ERR_INVALID, 0,
				 "--interval must be longer than nothing");
	r = rt_container_open(call, call->args[0], false, &c, err);
	if (r < 0)
		return r;
	if (state_status(&c.state) == STATE_STOPPED)
		return error_set(err, ERR_CONFLICT, 0, "container %s is not running",
				 c.state.id);
	for (;;) {
		r = print_stats(&c, err);
		if (r < 0 || v->stats || state_status(&c.state) == STATE_STOPPED)
			return r;
		usleep((useconds_t)v->interval_usec);
	}
}

const struct command rt_events = {
	.name = "events",
	.group = "Looking at containers",
	.usage = "[options] CONTAINER",
	.summary = "print statistics of a container as JSON lines",
	.options = options,
	.values_size = sizeof(struct events_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

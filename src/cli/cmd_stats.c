/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/pod_select.h"
#include "cli/select.h"
#include "cli/stats_rows.h"
#include "engine/container_stats.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define PRESSURE_TABLE \
	"{{.ID}}\t{{.Name}}\t{{.CPUPressure}}\t{{.MemPressure}}\t{{.IOPressure}}\t{{.Throttled}}\t{{.OOMKills}}"
#define CLEAR_SCREEN "\033[2J\033[H"

struct stats_values {
	struct select_options select;
	bool no_stream, no_reset, no_trunc;
	bool of_pods, pressure;
	int interval_sec;
	const char *format;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct stats_values, select.all, "all", 'a',
		 "all containers, not only those that run"),
	OPT_STRING(struct stats_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}} {{.MemUsage}}'"),
	OPT_INT(struct stats_values, interval_sec, "interval", 'i', "SECONDS",
		"time between two looks (default 5)", .min = 1, .max = 86400),
	OPT_BOOL(struct stats_values, no_reset, "no-reset", 0,
		 "do not clear the screen in between"),
	OPT_BOOL(struct stats_values, no_stream, "no-stream", 0, "look once"),
	OPT_BOOL(struct stats_values, no_trunc, "no-trunc", 0, "whole ids"),
	OPT_BOOL(struct stats_values, pressure, "pressure", 0,
		 "how much its processes waited instead: for CPU, memory, disks"),
	OPT_INCLUDE_AT(struct stats_values, select, latest_table),
	OPT_END,
};

static void defaults(void *values)
{
	((struct stats_values *)values)->interval_sec = 5;
}

/* One look; the one before is kept for the percentages. */
struct look {
	struct containers all;
	const struct container **shown;
	struct container_stats *stats;
	size_t n;
};

static void look_release(struct look *l)
{
	containers_release(&l->all);
	free(l->shown);
	free(l->stats);
	*l = (struct look){0};
}

static const struct container_stats *stats_before(const struct look *before,
						  const char *id)
{
	for (size_t i = 0; i < before->n; i++)
		if (str_eq(before->shown[i]->record.id, id))
			return &before->stats[i];
	return NULL;
}

static int take_look(const struct engine *e, const struct stats_values *v, char **ids,
		     struct look *ret, struct error *err)
{
	int r = container_list(e, &ret->all, err);

	if (r < 0)
		return r;
	ret->shown = xcalloc(ret->all.n + 1, sizeof(const struct container *));
	ret->stats = xcalloc(ret->all.n + 1, sizeof(*ret->stats));
	for (size_t i = 0; i < ret->all.n; i++) {
		const struct container *c = &ret->all.items[i];

		if (ids ? strv_has(ids, c->record.id) : v->select.all || c->init.pid > 0)
			ret->shown[ret->n++] = c;
	}
	return container_stats_read(e, ret->shown, ret->n, ret->stats, err);
}

static struct json_object *make_rows(const struct stats_values *v, const struct look *l,
				     const struct look *before)
{
	struct json_object *rows = json_object_new_array();
	bool is_json = format_is_json(v->format);

	for (size_t i = 0; i < l->n; i++) {
		const struct container *c = l->shown[i];
		const struct stats_row row = {
			.container = c,
			.now = &l->stats[i],
			.before = stats_before(before, c->record.id),
			.no_trunc = v->no_trunc,
		};

		json_object_array_add(rows, is_json ? stats_row_json(&row)
						    : stats_row_template(&row));
	}
	return rows;
}

static int print(const struct stats_values *v, const struct look *l,
		 const struct look *before, struct error *err)
{
	static const struct template_heading headings[] = {
		{"CPUPressure", "CPU PRESSURE"},
		{"MemPressure", "MEM PRESSURE"},
		{"IOPressure", "IO PRESSURE"},
		{"Throttled", "THROTTLED"},
		{"OOMKills", "OOM KILLS"},
		{"CPUPerc", "CPU %"},
		{"AVGCPU", "AVG CPU %"},
		{"MemUsage", "MEM USAGE / LIMIT"},
		{"MemUsageBytes", "MEM USAGE / LIMIT"},
		{"MemPerc", "MEM %"},
		{"NetIO", "NET IO"},
		{"BlockIO", "BLOCK IO"},
		{"PIDS", "PIDS"},
		{"PIDs", "PIDS"},
		{"UpTime", "CPU TIME"},
		{NULL, NULL},
	};
	const struct format_list list = {
		.format = v->format,
		.table =
			v->pressure ? PRESSURE_TABLE
			: v->of_pods
				? "{{.Pod}}\t{{.CID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t"
				  "{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDS}}"
				: "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t"
				  "{{.NetIO}}\t{{.BlockIO}}\t{{.PIDS}}\t{{.UpTime}}\t{{.AVGCPU}}",
		.headings = headings,
		.whole = v->no_trunc,
	};
	cleanup_json struct json_object *rows = make_rows(v, l, before);

	if (format_is_json(v->format))
		return format_print_json(rows, err);
	if (!v->no_stream && !v->no_reset && isatty(STDOUT_FILENO))
		printf(CLEAR_SCREEN);
	return format_print_list(&list, rows, err);
}

/* false: nobody reads what we write any more. */
static bool wait_for_next(const struct stats_values *v)
{
	struct pollfd reader = {.fd = STDOUT_FILENO};

	return poll(&reader, 1, v->interval_sec * 1000) == 0;
}

static int show(const struct engine *e, const struct stats_values *v, char **ids,
		struct error *err)
{
	cleanup(look_release) struct look before = {0};

	if (v->pressure && v->format)
		return error_set(err, ERR_INVALID, 0,
				 "--pressure and --format cannot be used together; in "
				 "templates it is {{.CPUPressure}} {{.MemPressure}} "
				 "{{.IOPressure}}");
	for (;;) {
		cleanup(look_release) struct look now = {0};
		int r = take_look(e, v, ids, &now, err);

		if (r >= 0)
			r = print(v, &now, &before, err);
		if (r >= 0 && fflush(stdout) != 0)
			r = error_set(err, ERR_SYSTEM, errno, "write to stdout");
		/* all that were named are gone */
		if (r < 0 || v->no_stream || (ids && now.n == 0) || !wait_for_next(v))
			return r;
		look_release(&before);
		before = now;
		now = (struct look){0};
	}
}

static int find_ids(const struct command_call *call, const struct engine *e,
		    char ***ret_ids, struct error *err)
{
	const struct stats_values *v = call->values;
	int n_ways = v->select.all + v->select.latest + (call->n_args > 0);

	if (n_ways > 1)
		return error_set(
			err, ERR_INVALID, 0,
			"--all, --latest and containers cannot be used together");
	if (v->select.latest) {
		cleanup_container struct container c = {0};
		int r = select_one(call, e, true, &c, err);

		if (r >= 0)
			strv_add(ret_ids, c.record.id);
		return r;
	}
	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_container struct container c = {0};
		int r = container_find(e, call->args[i], &c, err);

		if (r < 0)
			return r;
		strv_add(ret_ids, c.record.id);
	}
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_strv char **ids = NULL;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = find_ids(call, &e, &ids, err);
	return r < 0 ? r : show(&e, call->values, ids, err);
}

const struct command cmd_stats = {
	.name = "stats",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] [CONTAINER...]",
	.summary = "show what containers use: CPU, memory, network, disk, processes",
	.description =
		"Without CONTAINER: all that run, until Ctrl-C. The numbers are those of the "
		"container's cgroup; without one, of its processes together (memory: what "
		"several share counts by share).\n"
		"--pressure shows in how much of the last 10 seconds one of its processes / all of "
		"them waited (the kernel's pressure stall information), how often its CPU quota was used "
		"up, and how many processes were killed as memory ran out. Needs a cgroup.",
	.examples = "cubby stats\n"
		    "cubby stats --pressure\n"
		    "cubby stats --no-stream web\n"
		    "cubby stats -i 1 --format 'table {{.Name}} {{.CPUPerc}}'",
	.options = options,
	.values_size = sizeof(struct stats_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};

static int find_members(const struct command_call *call, const struct engine *e,
			char ***ret_ids, struct error *err)
{
	const struct stats_values *v = call->values;
	cleanup_pods struct pods all = {0};
	int r = 0;

	if (call->n_args == 0 && !v->select.latest)
		r = pod_list(e, &all, err);
	else
		all.items = xcalloc(call->n_args + 1, sizeof(*all.items));
	for (size_t i = 0; r >= 0 && i < call->n_args + v->select.latest; i++) {
		r = i ? pod_find(e, call->args[i], &all.items[i], err)
		      : pod_select_one(call, e, v->select.latest, &all.items[i], err);
		all.n++;
	}
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		for (size_t k = 0; k < all.items[i].members.n; k++)
			if (all.items[i].members.items[k].init.pid > 0)
				strv_add(ret_ids,
					 all.items[i].members.items[k].record.id);
	return r;
}

static int run_of_pods(const struct command_call *call, struct error *err)
{
	struct stats_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_strv char **ids = NULL;
	int r = cubby_open(call, &e, err);

	v->of_pods = true;
	if (r >= 0 && v->select.latest && call->n_args)
		r = error_set(err, ERR_INVALID, 0,
			      "--latest and pods cannot be used together");
	if (r >= 0)
		r = find_members(call, &e, &ids, err);
	if (r < 0)
		return r;
	if (!ids) /* no container rather than all */
		strv_add(&ids, "");
	return show(&e, v, ids, err);
}

static const struct option_spec pod_options[] = {
	OPT_BOOL(struct stats_values, select.all, "all", 'a', "all pods (the default)"),
	OPT_STRING(struct stats_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}} {{.MemUsage}}'"),
	OPT_INT(struct stats_values, interval_sec, "interval", 'i', "SECONDS",
		"time between two looks (default 5)", .min = 1, .max = 86400),
	OPT_BOOL(struct stats_values, no_reset, "no-reset", 0,
		 "do not clear the screen in between"),
	OPT_BOOL(struct stats_values, no_stream, "no-stream", 0, "look once"),
	OPT_BOOL(struct stats_values, no_trunc, "no-trunc", 0, "whole ids"),
	OPT_BOOL(struct stats_values, pressure, "pressure", 0,
		 "how much its processes waited instead: for CPU, memory, disks"),
	OPT_BOOL(struct stats_values, select.latest, "latest", 'l', "the pod made last"),
	OPT_END,
};

const struct command cmd_pod_stats = {
	.name = "stats",
	.group = "Pods",
	.usage = "[options] [POD...]",
	.summary = "show what the containers of pods use",
	.examples = "cubby pod stats --no-stream\n"
		    "cubby pod stats -i 1 shop",
	.options = pod_options,
	.values_size = sizeof(struct stats_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run_of_pods,
};

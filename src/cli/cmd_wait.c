/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/remove.h"
#include "engine/wait_for.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define DEFAULT_INTERVAL_USEC (USEC_PER_SEC / 4)
#define USEC_PER_MSEC         1000

struct wait_values {
	struct select_options select;
	char **conditions;
	const char *interval;
	bool first;
};

static const char *const first_alias[] = {"exit-first-match", NULL};

static const struct option_spec options[] = {
	OPT_LIST(
		struct wait_values, conditions, "condition", 0, "STATE",
		"wait for this instead of its end: running, healthy, paused, removing ..."),
	OPT_BOOL(struct wait_values, select.ignore, "ignore", 0,
		 "print -1 for a container that does not exist"),
	OPT_STRING(struct wait_values, interval, "interval", 'i', "DURATION",
		   "how often to look, with --condition (default 250ms)"),
	OPT_BOOL(struct wait_values, first, "return-on-first", 0,
		 "end when the first of several is there", .aliases = first_alias),
	OPT_INCLUDE_AT(struct wait_values, select, latest_table),
	OPT_END,
};

struct waiting {
	struct wait_conditions conditions;
	int64_t interval_usec;
	bool one_by_one; /* else only collected first */
	char **ids;
};

static void print_code(int exit_code)
{
	printf("%d\n", exit_code);
	(void)!fflush(stdout);
}

static void print_missing(const char *typed, void *data)
{
	(void)typed;
	(void)data;
	print_code(WAIT_NO_EXIT_CODE);
}

static void rest(const struct waiting *w)
{
	const struct timespec pause = {
		.tv_sec = w->interval_usec / USEC_PER_SEC,
		.tv_nsec = w->interval_usec % USEC_PER_SEC * 1000,
	};

	(void)nanosleep(&pause, NULL);
}

static int wait_for(const struct engine *e, const struct container *c, const char *typed,
		    void *data, struct error *err)
{
	struct waiting *w = data;
	int exit_code, r;

	(void)typed;
	if (!w->one_by_one) {
		strv_add(&w->ids, c->record.id);
		return 0;
	}
	if (wait_conditions_only_end(&w->conditions)) {
		r = container_wait(e, c, -1, &exit_code, err);
	} else {
		while ((r = wait_look(e, c->record.id, &w->conditions, &exit_code,
				      err)) == 0)
			rest(w);
	}
	if (r < 0)
		return r;
	print_code(exit_code);
	return 0;
}

/* Those that were collected, until one is there. */
static int wait_for_first(const struct engine *e, const struct waiting *w,
			  struct error *err)
{
	while (w->ids) {
		strv_foreach (id, w->ids) {
			int exit_code;
			int r = wait_look(e, *id, &w->conditions, &exit_code, err);

			if (r > 0)
				print_code(exit_code);
			if (r != 0)
				return r < 0 ? r : 0;
		}
		rest(w);
	}
	return 0;
}

/* A bare number means milliseconds. */
static int read_interval(const char *text, int64_t *ret_usec, struct error *err)
{
	int64_t msec;

	*ret_usec = DEFAULT_INTERVAL_USEC;
	if (!text)
		return 0;
	if (str_to_i64(text, &msec) >= 0 && msec >= 0 && msec < INT64_MAX / USEC_PER_MSEC)
		*ret_usec = msec * USEC_PER_MSEC;
	else if (time_parse_duration(text, ret_usec) < 0 || *ret_usec < 0)
		return error_set(err, ERR_INVALID, 0,
				 "--interval: invalid duration \"%s\"", text);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	struct wait_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	struct waiting w = {.one_by_one = !v->first};
	const struct select_job job = {
		.options = &v->select,
		.act = wait_for,
		.ignored = print_missing,
		.data = &w,
	};
	int r = read_interval(v->interval, &w.interval_usec, err);

	if (!v->conditions)
		w.conditions.statuses[CONTAINER_EXITED] = true;
	for (char **word = v->conditions; r >= 0 && word && *word; word++)
		r = wait_condition_add(*word, &w.conditions, err);
	if (r >= 0 && !call->n_args && !v->select.latest)
		r = error_set(
			err, ERR_INVALID, 0,
			"\"cubby wait\" requires a name, id, or the \"--latest\" flag");
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = select_each(call, &e, &job, err);
	if (r >= 0 && v->first)
		r = wait_for_first(&e, &w, err);
	strv_free(w.ids);
	return r;
}

const struct command cmd_wait = {
	.name = "wait",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "wait until containers have ended, and print their exit statuses",
	.description =
		"With --condition it waits for another state, and prints -1 if that is not an end.",
	.examples = "cubby wait web\n"
		    "cubby wait --condition running web",
	.options = options,
	.values_size = sizeof(struct wait_values),
	.max_args = COMMAND_ANY,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/log_read.h"
#include "util/str.h"
#include "util/time.h"

struct logs_values {
	struct select_options select;
	bool follow, timestamps, names;
	const char *since, *until, *tail;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct logs_values, follow, "follow", 'f',
		 "go on until the container has ended"),
	OPT_BOOL(struct logs_values, names, "names", 'n',
		 "print the container's name before each line"),
	OPT_STRING(struct logs_values, since, "since", 0, "TIME",
		   "from this time on: RFC 3339, a date, or so long ago (10m)"),
	OPT_STRING(struct logs_values, tail, "tail", 0, "N",
		   "the last N lines only (default: all)"),
	OPT_BOOL(struct logs_values, timestamps, "timestamps", 't',
		 "print the time before each line"),
	OPT_STRING(struct logs_values, until, "until", 0, "TIME", "up to this time"),
	OPT_INCLUDE_AT(struct logs_values, select, latest_table),
	OPT_NOT_YET("color", 0),
	OPT_NOT_YET("details", 0),
	OPT_END,
};

struct printer {
	const struct logs_values *values;
	const char *name;
	bool in_line[2]; /* per stream: the last piece had no end of line */
};

static int print_record(void *data, const struct log_record *record, struct error *err)
{
	struct printer *p = data;
	bool is_err = str_eq(record->stream, "stderr");
	FILE *out = is_err ? stderr : stdout;

	if (!p->in_line[is_err]) {
		if (p->values->names)
			fprintf(out, "%s ", p->name);
		if (p->values->timestamps)
			fprintf(out, "%s ", record->time);
	}
	p->in_line[is_err] = record->len == 0 || record->text[record->len - 1] != '\n';
	if (fwrite(record->text, 1, record->len, out) < record->len)
		return error_set(err, ERR_SYSTEM, errno, "write the log");
	return 0;
}

static void flush(void *data)
{
	(void)data;
	(void)!fflush(stdout);
	(void)!fflush(stderr);
}

static int parse_time(const char *option, const char *text, int64_t *ret,
		      struct error *err)
{
	if (!text || time_parse(text, ret) >= 0)
		return 0;
	error_set(err, ERR_INVALID, 0, "%s %s: not a time", option, text);
	return error_hint(
		err,
		"For example: 2026-11-24T10:00:00Z, 2026-11-24, or 10m for ten minutes ago");
}

static int parse_tail(const char *text, int64_t *ret, struct error *err)
{
	*ret = -1;
	if (!text || str_eq(text, "all"))
		return 0;
	if (str_to_i64(text, ret) >= 0)
		return 0;
	return error_set(err, ERR_INVALID, 0, "--tail %s: expected a number or all",
			 text);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct logs_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct printer printer = {.values = v};
	struct log_request request = {
		.follow = v->follow,
		.record = print_record,
		.idle = flush,
		.data = &printer,
	};
	int r;

	r = parse_time("--since", v->since, &request.since_usec, err);
	if (r >= 0)
		r = parse_time("--until", v->until, &request.until_usec, err);
	if (r >= 0)
		r = parse_tail(v->tail, &request.tail, err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = select_one(call, &e, v->select.latest, &c, err);
	if (r < 0)
		return r;
	printer.name = c.record.name;
	return log_read(&e, &c, &request, err);
}

const struct command cmd_logs = {
	.name = "logs",
	.common = true,
	.group = "Containers",
	.usage = "[options] CONTAINER",
	.summary = "show what a container has written",
	.examples = "cubby logs web\n"
		    "cubby logs -f --tail 20 web\n"
		    "cubby logs --since 10m -t web",
	.options = options,
	.values_size = sizeof(struct logs_values),
	.max_args = 1,
	.run = run,
};

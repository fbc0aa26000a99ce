/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/pod_select.h"
#include "cli/select.h"
#include "engine/log_read.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct logs_values {
	struct select_options select;
	bool follow, timestamps, names, color;
	const char *since, *until, *tail;
	const char *container; /* of a pod: the only one that is meant */
};

static const struct option_spec both_table[] = {
	OPT_BOOL(struct logs_values, color, "color", 0,
		 "each container in a color of its own"),
	OPT_BOOL(struct logs_values, follow, "follow", 'f',
		 "go on until the container has ended"),
	OPT_BOOL(struct logs_values, names, "names", 'n',
		 "print the container's name before each line"),
	OPT_STRING(struct logs_values, since, "since", 0, "TIME",
		   "from this time on: RFC 3339, a date, or so long ago (10m)"),
	OPT_STRING(struct logs_values, tail, "tail", 0, "N",
		   "the last N lines of each only (default: all)"),
	OPT_BOOL(struct logs_values, timestamps, "timestamps", 't',
		 "print the time before each line"),
	OPT_STRING(struct logs_values, until, "until", 0, "TIME", "up to this time"),
	OPT_NOT_YET("details", 0),
	OPT_END,
};

static const struct option_spec options[] = {
	OPT_INCLUDE(both_table),
	OPT_INCLUDE_AT(struct logs_values, select, latest_table),
	OPT_END,
};

static const struct option_spec pod_options[] = {
	OPT_STRING(struct logs_values, container, "container", 'c', "NAME",
		   "of this container of the pod only"),
	OPT_INCLUDE(both_table),
	OPT_BOOL(struct logs_values, select.latest, "latest", 'l', "the pod made last"),
	OPT_END,
};

struct printer {
	const struct logs_values *values;
	const struct containers *list;
	size_t name_width;
	struct half {
		bool in_line; /* the last piece had no end of line */
		size_t index; /* the container whose it was */
	} halves[2];          /* stdout, stderr */
};

static void print_prefix(const struct printer *p, size_t index,
			 const struct log_record *record, FILE *out)
{
	const struct container_record *c = &p->list->items[index].record;

	if (p->values->names)
		fprintf(out, "%-*s ", (int)p->name_width, c->name);
	else if (p->list->n > 1)
		fprintf(out, "%.12s ", c->id);
	if (p->values->timestamps)
		fprintf(out, "%s ", record->time);
}

static int print_record(void *data, size_t index, const struct log_record *record,
			struct error *err)
{
	static const int colors[] = {37, 31, 32, 33, 34, 35, 36};
	struct printer *p = data;
	struct half *half = &p->halves[record->is_error];
	FILE *out = record->is_error ? stderr : stdout;
	bool whole = record->len > 0 && record->text[record->len - 1] == '\n';
	size_t len = record->len - whole;

	/* what another has begun and not ended must not be continued */
	if (half->in_line && half->index != index) {
		fputc('\n', out);
		half->in_line = false;
	}
	if (p->values->color)
		fprintf(out, "\033[%dm", colors[index % ARRAY_SIZE(colors)]);
	if (!half->in_line)
		print_prefix(p, index, record, out);
	half->in_line = !whole;
	half->index = index;
	fwrite(record->text, 1, len, out);
	if (p->values->color)
		fputs("\033[0m", out);
	if (whole)
		fputc('\n', out);
	if (ferror(out))
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

/* Those named, or the latest; one whose log can't be read stops it all, as podman. */
static int find(const struct command_call *call, const struct engine *e,
		struct containers *ret, struct error *err)
{
	const struct logs_values *v = call->values;
	size_t n = v->select.latest ? 1 : call->n_args;

	if (v->select.latest && call->n_args > 0)
		return error_set(err, ERR_INVALID, 0,
				 "--latest and containers cannot be used together");
	if (n == 0) {
		error_set(err, ERR_INVALID, 0,
			  "specify at least one container name or ID to log");
		return error_hint(err, "'cubby ps -a' lists them");
	}
	ret->items = xcalloc(n, sizeof(*ret->items));
	for (; ret->n < n; ret->n++) {
		struct container *c = &ret->items[ret->n];
		int r = v->select.latest ? select_one(call, e, true, c, err)
					 : container_find(e, call->args[ret->n], c, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Those of a pod, or one of them; its infra container has no log. */
static int find_in_pod(const struct command_call *call, const struct engine *e,
		       struct containers *ret, struct error *err)
{
	const struct logs_values *v = call->values;
	cleanup_pod struct pod p = {0};
	int r = pod_select_one(call, e, v->select.latest, &p, err);

	if (r < 0)
		return r;
	ret->items = xcalloc(p.members.n + 1, sizeof(*ret->items));
	for (size_t i = 0; i < p.members.n; i++) {
		struct container *c = &p.members.items[i];
		bool is_meant = !v->container || str_eq(v->container, c->record.name) ||
				str_starts(c->record.id, v->container);

		if (!is_meant || c->config.is_infra)
			continue;
		ret->items[ret->n++] = *c;
		*c = (struct container){0};
	}
	if (ret->n || !v->container)
		return 0;
	return error_set(err, ERR_NOT_FOUND, 0,
			 "pod %s has no container %s: no such container", p.record.name,
			 v->container);
}

static size_t longest_name(const struct containers *list)
{
	size_t width = 0;

	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->items[i].record.name) > width)
			width = strlen(list->items[i].record.name);
	return width;
}

static int show(const struct command_call *call,
		int (*finder)(const struct command_call *, const struct engine *,
			      struct containers *, struct error *),
		struct error *err)
{
	const struct logs_values *v = call->values;
	cleanup_containers struct containers list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct printer printer = {.values = v, .list = &list};
	struct log_request request = {
		.range.follow = v->follow,
		.record = print_record,
		.idle = flush,
		.data = &printer,
	};
	int r;

	r = parse_time("--since", v->since, &request.range.since_usec, err);
	if (r >= 0)
		r = parse_time("--until", v->until, &request.range.until_usec, err);
	if (r >= 0)
		r = parse_tail(v->tail, &request.range.tail, err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = finder(call, &e, &list, err);
	if (r < 0)
		return r;
	printer.name_width = longest_name(&list);
	return log_read(&e, &list, &request, err);
}

static int run(const struct command_call *call, struct error *err)
{
	return show(call, find, err);
}

static int run_of_pod(const struct command_call *call, struct error *err)
{
	return show(call, find_in_pod, err);
}

const struct command cmd_logs = {
	.name = "logs",
	.common = true,
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "show what containers have written",
	.description =
		"What several have written comes in the order of time, each line after the container's "
		"ID, or with --names its name.",
	.examples = "cubby logs web\n"
		    "cubby logs -f --tail 20 web\n"
		    "cubby logs -f -n web db\n"
		    "cubby logs --since 10m -t web",
	.options = options,
	.values_size = sizeof(struct logs_values),
	.max_args = COMMAND_ANY,
	.run = run,
};

const struct command cmd_pod_logs = {
	.name = "logs",
	.group = "Pods",
	.usage = "[options] POD",
	.summary = "show what the containers of a pod have written",
	.description =
		"The lines come in the order of time, each after its container's ID, or "
		"with --names its name.",
	.examples = "cubby pod logs -f --names shop\n"
		    "cubby pod logs -c web --tail 20 shop",
	.options = pod_options,
	.values_size = sizeof(struct logs_values),
	.max_args = 1,
	.run = run_of_pod,
};

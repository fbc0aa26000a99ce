/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/ps_rows.h"
#include "engine/filter.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct ps_values {
	bool all, external, quiet, no_trunc, latest, no_heading, size, namespaces, pod,
		sync;
	bool last_given;
	int last, watch_sec;
	const char *format;
	char **filters;
	int sort;
};

enum sort_word {
	SORT_CREATED,
	SORT_COMMAND,
	SORT_ID,
	SORT_IMAGE,
	SORT_NAMES,
	SORT_RUNNINGFOR,
	SORT_SIZE,
	SORT_STATUS
};
static const char *const sort_words[] = {"created", "command", "id",
					 "image",   "names",   "runningfor",
					 "size",    "status",  NULL};

static const char *const namespace_alias[] = {"namespace", NULL};

static const struct option_spec options[] = {
	OPT_BOOL(struct ps_values, all, "all", 'a',
		 "show all, not only running and paused ones", .common = true),
	OPT_BOOL(struct ps_values, external, "external", 0,
		 "show those of other programs in the same storage: there are none"),
	OPT_STRV(struct ps_values, filters, "filter", 'f', "KEY=VALUE",
		 "show those only that match: name, status, label, ancestor, volume ...",
		 .common = true),
	OPT_STRING(struct ps_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Names}}'", .common = true),
	OPT_INT(struct ps_values, last, "last", 'n', "N", "show the N made last",
		.min = -1, .max = 1000000,
		.given = OPT_GIVEN(struct ps_values, last_given)),
	OPT_BOOL(struct ps_values, latest, "latest", 'l', "show the one made last",
		 .common = true),
	OPT_BOOL(struct ps_values, no_trunc, "no-trunc", 0, "show whole IDs and commands",
		 .common = true),
	OPT_BOOL(struct ps_values, no_heading, "noheading", 0, "leave out the headings"),
	OPT_BOOL(struct ps_values, namespaces, "ns", 0, "show their namespaces",
		 .aliases = namespace_alias),
	OPT_BOOL(struct ps_values, pod, "pod", 'p', "show their pods too"),
	OPT_BOOL(struct ps_values, quiet, "quiet", 'q', "print IDs only", .common = true),
	OPT_BOOL(struct ps_values, size, "size", 's', "show what they take on disk too",
		 .common = true),
	OPT_WORD(struct ps_values, sort, "sort", 0, sort_words, "order of the lines",
		 .common = true),
	OPT_BOOL(struct ps_values, sync, "sync", 0,
		 "show them as they are now: that is always so"),
	OPT_INT(struct ps_values, watch_sec, "watch", 'w', "SECONDS",
		"show them again and again", .max = 1000000),
	OPT_END,
};

struct item {
	const struct container *container;
	struct container_size size;
};

/* What is shown, in order; the containers belong to `all`. */
struct listing {
	struct containers all;
	struct item *shown;
	size_t n;
	bool has_sizes, has_namespaces;
	int64_t now_usec;
};

static void listing_release(struct listing *l)
{
	containers_release(&l->all);
	free(l->shown);
}

static const char *sort_text(const struct container *c, int sort)
{
	switch (sort) {
	case SORT_ID:
		return c->record.id;
	case SORT_IMAGE:
		return container_config_source(&c->config);
	case SORT_NAMES:
		return c->record.name;
	case SORT_STATUS:
		return status_word(c->status);
	case SORT_COMMAND:
		return c->config.command ? c->config.command[0] : "";
	default:
		return "";
	}
}

static int64_t sort_number(const struct item *item, int sort)
{
	switch (sort) {
	case SORT_SIZE:
		return item->size.all ? item->size.all : item->size.writable;
	case SORT_RUNNINGFOR:
		return item->container->record.started_usec;
	default:
		return item->container->record.created_usec;
	}
}

static int compare(const void *a, const void *b, void *data)
{
	int sort = *(int *)data;
	int order = strcmp(sort_text(((const struct item *)a)->container, sort),
			   sort_text(((const struct item *)b)->container, sort));
	int64_t x = sort_number(a, sort), y = sort_number(b, sort);

	if (order)
		return order;
	return x < y ? -1 : x > y;
}

static bool is_shown(const struct ps_values *v, const struct listing *l,
		     const struct container *c)
{
	bool by_status = false;

	strv_foreach (filter, v->filters)
		by_status = by_status || str_starts(*filter, "status=") ||
			    str_starts(*filter, "exited=");
	if (!v->all && !by_status && v->last <= 0 && !status_is_up(c->status))
		return false;
	return filter_matches(v->filters, c, &l->all);
}

/* Of those that match, the last ones made. */
static void choose(const struct ps_values *v, struct listing *l)
{
	size_t skip;

	l->shown = xcalloc(l->all.n + 1, sizeof(*l->shown));
	for (size_t i = 0; i < l->all.n; i++)
		if (is_shown(v, l, &l->all.items[i]))
			l->shown[l->n++].container = &l->all.items[i];
	skip = v->last > 0 && l->n > (size_t)v->last ? l->n - (size_t)v->last : 0;
	l->n -= skip;
	memmove(l->shown, l->shown + skip, l->n * sizeof(*l->shown));
}

static int measure(const struct engine *e, struct listing *l, struct error *err)
{
	cleanup_free const struct container **list = xcalloc(l->n + 1, sizeof(*list));
	cleanup_free struct container_size *sizes = xcalloc(l->n + 1, sizeof(*sizes));
	int r;

	for (size_t i = 0; i < l->n; i++)
		list[i] = l->shown[i].container;
	r = container_sizes(e, list, l->n, sizes, err);
	for (size_t i = 0; i < l->n; i++)
		l->shown[i].size = sizes[i];
	l->has_sizes = true;
	return r;
}

/* A template that shows what costs time to find out asks for it. */
static bool is_mentioned(const struct ps_values *v, const char *const *fields)
{
	for (; v->format && *fields; fields++)
		if (strstr(v->format, *fields))
			return true;
	return false;
}

static int make_listing(const struct engine *e, struct ps_values *v, struct listing *l,
			struct error *err)
{
	static const char *const size_fields[] = {".Size", NULL};
	static const char *const ns_fields[] = {".Namespaces", ".Cgroup", ".IPC",
						".MNT",        ".NET",    ".PIDNS",
						".USERNS",     ".UTS",    NULL};
	int r = container_list(e, &l->all, err);

	if (r >= 0)
		r = filter_check_against(v->filters, &l->all, err);
	if (r < 0)
		return r;
	l->now_usec = time_now_usec();
	l->has_namespaces = v->namespaces || is_mentioned(v, ns_fields);
	choose(v, l);
	if (v->size || v->sort == SORT_SIZE || is_mentioned(v, size_fields))
		r = measure(e, l, err);
	qsort_r(l->shown, l->n, sizeof(*l->shown), compare, &v->sort);
	return r;
}

static struct ps_row row_of(const struct engine *e, const struct ps_values *v,
			    const struct listing *l, size_t i)
{
	return (struct ps_row){
		.engine = e,
		.container = l->shown[i].container,
		.size = l->has_sizes ? &l->shown[i].size : NULL,
		.namespaces = l->has_namespaces,
		.no_trunc = v->no_trunc,
		.now_usec = l->now_usec,
	};
}

static int print_ids(const struct engine *e, const struct ps_values *v,
		     const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ps_row row = row_of(e, v, l, i);
		cleanup_free char *id = ps_row_id(&row);

		printf("%s\n", id);
	}
	return 0;
}

static int print_json(const struct engine *e, const struct ps_values *v,
		      const struct listing *l, struct error *err)
{
	cleanup_json struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct ps_row row = row_of(e, v, l, i);

		json_object_array_add(list, ps_row_json(&row));
	}
	return format_print_json(list, err);
}

static const struct template_heading headings[] = {
	{"ID", "CONTAINER ID"}, {"CreatedHuman", "CREATED"}, {"CIDFile", "CIDFILE"},
	{"Pod", "POD ID"},      {"PodName", "PODNAME"},      {"Cgroup", "CGROUPNS"},
	{NULL, NULL},
};

static int print_rows(const struct engine *e, const struct ps_values *v,
		      const struct listing *l, struct error *err)
{
	cleanup_json struct json_object *rows = json_object_new_array();
	cleanup_free char *table = xasprintf(
		"%s%s%s",
		v->namespaces ? "{{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.Cgroup}}\t{{.IPC}}\t"
				"{{.MNT}}\t{{.NET}}\t{{.PIDNS}}\t{{.USERNS}}\t{{.UTS}}"
			      : "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t"
				"{{.Status}}\t{{.Ports}}\t{{.Names}}",
		v->pod ? "\t{{.Pod}}\t{{.PodName}}" : "", v->size ? "\t{{.Size}}" : "");
	const struct format_list list = {
		.format = v->format,
		.table = table,
		.headings = headings,
		.whole = v->no_trunc,
		.no_heading = v->no_heading,
	};

	for (size_t i = 0; i < l->n; i++) {
		const struct ps_row row = row_of(e, v, l, i);

		json_object_array_add(rows, ps_row_template(&row));
	}
	return format_print_list(&list, rows, err);
}

static int show(const struct engine *e, struct ps_values *v, struct error *err)
{
	cleanup(listing_release) struct listing l = {0};
	int r = make_listing(e, v, &l, err);

	if (r < 0)
		return r;
	if (format_is_json(v->format))
		return print_json(e, v, &l, err);
	return v->quiet ? print_ids(e, v, &l) : print_rows(e, v, &l, err);
}

/* Until somebody ends it, or reads no more. */
static int watch(const struct engine *e, struct ps_values *v, struct error *err)
{
	const struct timespec pause = {.tv_sec = v->watch_sec};
	int r;

	for (;;) {
		if (isatty(STDOUT_FILENO))
			printf("\033[H\033[2J");
		r = show(e, v, err);
		if (r < 0)
			return r;
		if (fflush(stdout) != 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "write to standard output");
		(void)nanosleep(&pause, NULL);
	}
}

static int check(struct ps_values *v, struct error *err)
{
	if (v->latest && v->last_given)
		return error_set(err, ERR_INVALID, 0,
				 "last and latest are mutually exclusive");
	if (v->quiet && (v->size || v->namespaces))
		return error_set(err, ERR_INVALID, 0,
				 "quiet conflicts with size and namespace");
	if (v->size && v->namespaces)
		return error_set(err, ERR_INVALID, 0,
				 "size and namespace options conflict");
	if (v->latest)
		v->last = 1;
	return filter_check(v->filters, err);
}

static int run(const struct command_call *call, struct error *err)
{
	struct ps_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = check(v, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	return v->watch_sec ? watch(&e, v, err) : show(&e, v, err);
}

static const char *const aliases[] = {"list", "ls", NULL};

const struct command cmd_ps = {
	.name = "ps",
	.common = true,
	.aliases = aliases,
	.group = "Containers",
	.usage = "[options]",
	.summary = "list containers",
	.examples = "cubby ps\n"
		    "cubby ps -a\n"
		    "cubby ps -q --filter label=app=web\n"
		    "cubby ps --format '{{.ID}} {{.Names}}'",
	.options = options,
	.values_size = sizeof(struct ps_values),
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/human.h"
#include "engine/filter.h"
#include "engine/inspect.h"
#include "engine/names.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define COMMAND_SHOWN 17

struct ps_values {
	bool all, quiet, no_trunc, latest, no_heading, size;
	int last;
	const char *format;
	char **filters;
	int sort;
};

enum sort_word {
	SORT_CREATED,
	SORT_ID,
	SORT_IMAGE,
	SORT_NAMES,
	SORT_STATUS,
	SORT_COMMAND
};
static const char *const sort_words[] = {"created", "id",      "image", "names",
					 "status",  "command", NULL};

static const struct option_spec options[] = {
	OPT_BOOL(struct ps_values, all, "all", 'a', "show those that have ended as well"),
	OPT_STRV(
		struct ps_values, filters, "filter", 'f', "KEY=VALUE",
		"show those only that match: id, name, status, exited, label, network, volume, before, since"),
	OPT_STRING(struct ps_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Names}}'"),
	OPT_INT(struct ps_values, last, "last", 'n', "N", "show the N made last",
		.max = 1000000),
	OPT_BOOL(struct ps_values, latest, "latest", 'l', "show the one made last"),
	OPT_BOOL(struct ps_values, no_trunc, "no-trunc", 0,
		 "show whole IDs and commands"),
	OPT_BOOL(struct ps_values, no_heading, "noheading", 0, "leave out the headings"),
	OPT_BOOL(struct ps_values, quiet, "quiet", 'q', "print IDs only"),
	OPT_WORD(struct ps_values, sort, "sort", 0, sort_words, "order of the lines"),
	OPT_NOT_YET("external", 0),
	OPT_NOT_YET("namespace", 0),
	OPT_NOT_YET("ns", 0),
	OPT_NOT_YET("pod", 'p'),
	OPT_NOT_YET("size", 's'),
	OPT_NOT_YET("sync", 0),
	OPT_NOT_YET("watch", 'w'),
	OPT_END,
};

/* What is shown, in order; the containers belong to `all`. */
struct listing {
	struct containers all;
	const struct container **shown;
	size_t n;
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

static int compare(const void *a, const void *b, void *sort)
{
	const struct container *x = *(const struct container *const *)a;
	const struct container *y = *(const struct container *const *)b;
	int order = strcmp(sort_text(x, *(int *)sort), sort_text(y, *(int *)sort));

	if (order)
		return order;
	return x->record.created_usec < y->record.created_usec ? -1 : 1;
}

static bool is_shown(const struct ps_values *v, const struct listing *l,
		     const struct container *c)
{
	bool by_status = false;

	strv_foreach (filter, v->filters)
		by_status = by_status || str_starts(*filter, "status=") ||
			    str_starts(*filter, "exited=");
	if (!v->all && !by_status && v->last == 0 && !status_is_up(c->status))
		return false;
	return filter_matches(v->filters, c, &l->all);
}

static int make_listing(const struct engine *e, struct ps_values *v, struct listing *l,
			struct error *err)
{
	size_t skip;
	int r;

	r = filter_check(v->filters, err);
	if (r < 0)
		return r;
	r = container_list(e, &l->all, err);
	if (r < 0)
		return r;
	l->now_usec = time_now_usec();
	l->shown = xcalloc(l->all.n + 1, sizeof(*l->shown));
	for (size_t i = 0; i < l->all.n; i++)
		if (is_shown(v, l, &l->all.items[i]))
			l->shown[l->n++] = &l->all.items[i];
	skip = v->last && l->n > (size_t)v->last ? l->n - (size_t)v->last : 0;
	l->n -= skip;
	memmove(l->shown, l->shown + skip, l->n * sizeof(*l->shown));
	qsort_r(l->shown, l->n, sizeof(*l->shown), compare, &v->sort);
	return 0;
}

static char *command_text(const struct container *c, bool whole)
{
	cleanup_free char *text = strv_join(c->config.command, " ");

	if (whole || strlen(text) <= COMMAND_SHOWN)
		return TAKE_PTR(text);
	return xasprintf("%.*s...", COMMAND_SHOWN - 3, text);
}

static char *id_text(const struct container *c, bool whole)
{
	return xstrndup(c->record.id, whole ? CONTAINER_ID_LEN : SHORT_ID_LEN);
}

static char *age_text(const struct listing *l, const struct container *c)
{
	char span[TIME_TEXT_MAX];

	return xasprintf("%s ago",
			 time_human(l->now_usec - c->record.created_usec, span));
}

static void print_ids(const struct ps_values *v, const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		cleanup_free char *id = id_text(l->shown[i], v->no_trunc);

		printf("%s\n", id);
	}
}

static int print_json(const struct listing *l, struct error *err)
{
	cleanup_json struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(list, container_summary(l->shown[i], l->now_usec));
	return format_print_json(list, err);
}

/* The members that `ps` templates have besides those of --format json, and as text. */
static struct json_object *template_object(const struct ps_values *v,
					   const struct listing *l,
					   const struct container *c)
{
	struct json_object *o = container_summary(c, l->now_usec);
	cleanup_free char *id = id_text(c, v->no_trunc);
	cleanup_free char *command = command_text(c, v->no_trunc);
	cleanup_free char *age = age_text(l, c);
	char created[HUMAN_TEXT_MAX];

	json_add_str(o, "ID", id);
	json_add_str(o, "Command", command);
	json_add_str(o, "CreatedAt", human_go_time(c->record.created_usec, created));
	json_add_str(o, "CreatedHuman", age);
	json_add_str(o, "RunningFor", age);
	json_add_str(o, "Names", c->record.name);
	json_add_str(o, "Ports", "");
	json_add_str(o, "Networks", c->config.network);
	return o;
}

static const struct template_heading headings[] = {
	{"ID", "CONTAINER ID"}, {"CreatedHuman", "CREATED"},
	{"CIDFile", "CIDFILE"}, {"PodName", "PODNAME"},
	{NULL, NULL},
};

static int print_rows(const struct ps_values *v, const struct listing *l,
		      struct error *err)
{
	cleanup_json struct json_object *rows = json_object_new_array();
	const struct format_list list = {
		.format = v->format,
		.table =
			"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t"
			"{{.Ports}}\t{{.Names}}",
		.headings = headings,
		.no_heading = v->no_heading,
	};

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(rows, template_object(v, l, l->shown[i]));
	return format_print_list(&list, rows, err);
}

static int run(const struct command_call *call, struct error *err)
{
	struct ps_values *v = call->values;
	cleanup(listing_release) struct listing l = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->latest)
		v->last = 1;
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = make_listing(&e, v, &l, err);
	if (r < 0)
		return r;
	if (v->quiet)
		print_ids(v, &l);
	else if (format_is_json(v->format))
		return print_json(&l, err);
	else
		return print_rows(v, &l, err);
	return 0;
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

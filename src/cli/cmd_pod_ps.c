/* SPDX-License-Identifier: Apache-2.0 */
/* pod ps, pod inspect */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/pod_select.h"
#include "engine/names.h"
#include "engine/pod_view.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct ps_values {
	bool ctr_ids, ctr_names, ctr_status, latest, no_trunc, no_heading, quiet, ns;
	const char *format;
	char **filters;
	int sort;
};

enum sort_word { SORT_CREATED, SORT_ID, SORT_NAME, SORT_NUMBER, SORT_STATUS };
static const char *const sort_words[] = {"created", "id",     "name",
					 "number",  "status", NULL};

static const struct option_spec ps_options[] = {
	OPT_BOOL(struct ps_values, ctr_ids, "ctr-ids", 0, "show the containers' IDs"),
	OPT_BOOL(struct ps_values, ctr_names, "ctr-names", 0,
		 "show the containers' names"),
	OPT_BOOL(struct ps_values, ctr_status, "ctr-status", 0,
		 "show the containers' status"),
	OPT_STRV(
		struct ps_values, filters, "filter", 'f', "KEY=VALUE",
		"those only that match: id, name, label, status, ctr-ids, ctr-names, ctr-number, "
		"ctr-status, network, until"),
	OPT_STRING(struct ps_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}} {{.Status}}'"),
	OPT_BOOL(struct ps_values, latest, "latest", 'l', "show the one made last"),
	OPT_BOOL(struct ps_values, no_trunc, "no-trunc", 0, "show whole IDs"),
	OPT_BOOL(struct ps_values, no_heading, "noheading", 0, "leave out the headings"),
	OPT_BOOL(struct ps_values, ns, "ns", 0, "the same as without", .hidden = true),
	OPT_BOOL(struct ps_values, quiet, "quiet", 'q', "print IDs only"),
	OPT_WORD(struct ps_values, sort, "sort", 0, sort_words, "order of the lines"),
	OPT_END,
};

static int compare(const void *a, const void *b, void *data)
{
	const struct pod *x = *(const struct pod *const *)a,
			 *y = *(const struct pod *const *)b;
	int order = 0;

	switch ((enum sort_word) * (const int *)data) {
	case SORT_ID:
		return strcmp(x->record.id, y->record.id);
	case SORT_NAME:
		return strcmp(x->record.name, y->record.name);
	case SORT_NUMBER:
		order = (x->members.n > y->members.n) - (x->members.n < y->members.n);
		break;
	case SORT_STATUS:
		order = strcmp(pod_status_word(x->status), pod_status_word(y->status));
		break;
	case SORT_CREATED:
		break;
	}
	if (order)
		return order;
	return x->record.created_usec > y->record.created_usec ? -1
							       : 1; /* newest first */
}

static char *id_text(const char *id, bool whole)
{
	return id ? xstrndup(id, whole ? strlen(id) : SHORT_ID_LEN) : xstrdup("");
}

static void add_members(struct json_object *o, const struct pod *p, bool whole)
{
	cleanup_strv char **ids = NULL, **names = NULL, **statuses = NULL;
	cleanup_free char *id_list = NULL, *name_list = NULL, *status_list = NULL;

	for (size_t i = 0; i < p->members.n; i++) {
		const struct container *c = &p->members.items[i];

		strv_add_take(&ids, id_text(c->record.id, whole));
		strv_add(&names, c->record.name);
		strv_add(&statuses, status_word(c->status));
	}
	id_list = strv_join(ids, ",");
	name_list = strv_join(names, ",");
	status_list = strv_join(statuses, ",");
	json_add_str(o, "ContainerIds", id_list);
	json_add_str(o, "ContainerNames", name_list);
	json_add_str(o, "ContainerStatuses", status_list);
	json_add_i64(o, "NumberOfContainers", (int64_t)p->members.n);
}

/* What templates see besides the members of --format json, and as text. */
static struct json_object *row(const struct ps_values *v, const struct pod *p,
			       int64_t now_usec)
{
	struct json_object *o = pod_summary(p);
	cleanup_free char *id = id_text(p->record.id, v->no_trunc);
	cleanup_free char *infra = id_text(p->record.infra, v->no_trunc);
	char span[TIME_TEXT_MAX];
	cleanup_free char *age =
		xasprintf("%s ago", time_human(now_usec - p->record.created_usec, span));

	json_add_str(o, "ID", id);
	json_add_str(o, "Id", id);
	json_add_str(o, "InfraID", infra);
	json_add_str(o, "Created", age);
	add_members(o, p, v->no_trunc);
	return o;
}

static char *table_of(const struct ps_values *v)
{
	return xasprintf(
		"{{.ID}}\t{{.Name}}\t{{.Status}}\t{{.Created}}\t{{.InfraID}}%s%s%s%s",
		v->ctr_ids ? "\t{{.ContainerIds}}" : "",
		v->ctr_names ? "\t{{.ContainerNames}}" : "",
		v->ctr_status ? "\t{{.ContainerStatuses}}" : "",
		v->ctr_ids || v->ctr_names || v->ctr_status
			? ""
			: "\t{{.NumberOfContainers}}");
}

static const struct template_heading headings[] = {
	{"ID", "POD ID"},
	{"Id", "POD ID"},
	{"InfraID", "INFRA ID"},
	{"ContainerIds", "IDS"},
	{"ContainerNames", "NAMES"},
	{"ContainerStatuses", "STATUS"},
	{"NumberOfContainers", "# OF CONTAINERS"},
	{NULL, NULL},
};

static int print(const struct ps_values *v, const struct pod *const *shown, size_t n,
		 struct error *err)
{
	cleanup_json struct json_object *rows = json_object_new_array();
	cleanup_free char *table = table_of(v);
	const struct format_list list = {.format = v->format,
					 .table = table,
					 .headings = headings,
					 .no_heading = v->no_heading};
	int64_t now_usec = time_now_usec();

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *id = id_text(shown[i]->record.id, v->no_trunc);

		if (v->quiet)
			printf("%s\n", id);
		else
			json_object_array_add(rows, format_is_json(v->format)
							    ? pod_summary(shown[i])
							    : row(v, shown[i], now_usec));
	}
	if (v->quiet)
		return 0;
	return format_is_json(v->format) ? format_print_json(rows, err)
					 : format_print_list(&list, rows, err);
}

static int run_ps(const struct command_call *call, struct error *err)
{
	struct ps_values *v = call->values;
	cleanup_pods struct pods all = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free const struct pod **shown = NULL;
	size_t n = 0;
	int r = pod_filter_check(v->filters, err);

	if (r >= 0 && v->quiet && v->format)
		r = error_set(err, ERR_INVALID, 0,
			      "quiet and format cannot be used together");
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = pod_list(&e, &all, err);
	if (r < 0)
		return r;
	shown = xcalloc(all.n + 1, sizeof(*shown));
	for (size_t i = v->latest && all.n ? all.n - 1 : 0; i < all.n; i++)
		if (pod_filter_matches(v->filters, &all.items[i]))
			shown[n++] = &all.items[i];
	qsort_r(shown, n, sizeof(*shown), compare, &v->sort);
	return print(v, shown, n, err);
}

static const char *const ps_aliases[] = {"ls", "list", NULL};

const struct command cmd_pod_ps = {
	.name = "ps",
	.aliases = ps_aliases,
	.group = "Pods",
	.usage = "[options]",
	.summary = "list pods",
	.examples = "cubby pod ps\n"
		    "cubby pod ps --ctr-names --ctr-status\n"
		    "cubby pod ps -q --filter status=exited",
	.options = ps_options,
	.values_size = sizeof(struct ps_values),
	.run = run_ps,
};

struct inspect_values {
	bool latest;
	const char *format;
};

static const struct option_spec inspect_options[] = {
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{.State}}'"),
	OPT_BOOL(struct inspect_values, latest, "latest", 'l', "the pod made last"),
	OPT_END,
};

/* One as an object, several as a list, as podman. */
static int run_inspect(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;
	cleanup_json struct json_object *list = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	size_t n = v->latest || call->n_args == 0 ? 1 : call->n_args;
	int r = cubby_open(call, &e, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup_pod struct pod p = {0};

		r = i == 0 ? pod_select_one(call, &e, v->latest, &p, err)
			   : pod_find(&e, call->args[i], &p, err);
		if (r >= 0)
			json_object_array_add(list, pod_document(&p));
	}
	if (r < 0)
		return r;
	for (size_t i = 0; v->format && !format_is_json(v->format) && i < n; i++) {
		r = format_print_object(v->format, json_object_array_get_idx(list, i),
					err);
		if (r < 0)
			return r;
	}
	if (v->format && !format_is_json(v->format))
		return 0;
	return format_print_json(n == 1 ? json_object_array_get_idx(list, 0) : list, err);
}

const struct command cmd_pod_inspect = {
	.name = "inspect",
	.group = "Pods",
	.usage = "[options] POD [POD...]",
	.summary = "show all about pods, as JSON",
	.examples = "cubby pod inspect shop\n"
		    "cubby pod inspect -f '{{.State}} {{.InfraContainerID}}' shop",
	.options = inspect_options,
	.values_size = sizeof(struct inspect_values),
	.max_args = COMMAND_ANY,
	.run = run_inspect,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/image_rows.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct images_values {
	bool all, digests, history, no_trunc, no_heading, quiet;
	const char *format;
	char **filters;
	int sort;
};

/* in the order of enum image_sort */
static const char *const sort_words[] = {"created", "id",  "repository",
					 "size",    "tag", NULL};

static const struct option_spec options[] = {
	OPT_BOOL(struct images_values, all, "all", 'a',
		 "show those too that are only the lower layers of others"),
	OPT_BOOL(struct images_values, digests, "digests", 0, "show digests"),
	OPT_LIST(
		struct images_values, filters, "filter", 'f', "KEY=VALUE",
		"show those only that match: after, before, since (an image), containers, dangling, intermediate, readonly (true or false), digest, id, label, reference, until"),
	OPT_STRING(struct images_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Repository}}:{{.Tag}}'"),
	OPT_BOOL(struct images_values, history, "history", 0, "show the names it has"),
	OPT_BOOL(struct images_values, no_trunc, "no-trunc", 0, "show whole IDs"),
	OPT_BOOL(struct images_values, no_heading, "noheading", 'n',
		 "leave out the headings"),
	OPT_BOOL(struct images_values, quiet, "quiet", 'q', "print IDs only"),
	OPT_WORD(struct images_values, sort, "sort", 0, sort_words, "order of the lines"),
	OPT_END,
};

static const struct template_heading headings[] = {
	{"ID", "IMAGE ID"},
	{"ReadOnly", "R/O"},
	{NULL, NULL},
};

/* Each once, however many names it has. */
static void print_ids(const struct images_values *v, const struct image_rows *l)
{
	cleanup_strv char **printed = NULL;

	for (size_t i = 0; i < l->n; i++) {
		cleanup_free char *id = image_row_id(l->items[i].image, v->no_trunc);

		if (strv_has(printed, id))
			continue;
		printf("%s\n", id);
		strv_add(&printed, id);
	}
}

static int print_json(const struct engine *e, const struct image_rows *l,
		      struct error *err)
{
	cleanup_json struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(list, image_row_json(e, l, &l->items[i]));
	return format_print_json(list, err);
}

static int print_rows(const struct engine *e, const struct images_values *v,
		      const struct image_rows *l, struct error *err)
{
	cleanup_json struct json_object *rows = json_object_new_array();
	cleanup_free char *table = xasprintf(
		"{{.Repository}}\t{{.Tag}}\t%s{{.ID}}\t{{.Created}}\t{{.Size}}%s",
		v->digests ? "{{.Digest}}\t" : "",
		v->history ? "\t{{if .History}}{{.History}}{{else}}<none>{{end}}" : "");
	const struct format_list list = {
		.format = v->format,
		.table = table,
		.headings = headings,
		.whole = v->no_trunc,
		.no_heading = v->no_heading,
	};

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(
			rows, image_row_template(e, l, &l->items[i], v->no_trunc));
	return format_print_list(&list, rows, err);
}

static int run(const struct command_call *call, struct error *err)
{
	struct images_values *v = call->values;
	cleanup_image_rows struct image_rows rows = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct image_rows_options o = {.intermediate = v->all,
				       .sort = (enum image_sort)v->sort};
	int r;

	if (call->n_args && v->filters)
		return error_set(err, ERR_INVALID, 0,
				 "cannot specify an image and a filter(s)");
	if (call->n_args)
		strv_addf(&v->filters, "reference=%s", call->args[0]);
	o.filters = v->filters;
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = image_rows_list(&e, &o, &rows, err);
	if (r < 0)
		return r;
	if (format_is_json(v->format))
		return print_json(&e, &rows, err);
	if (!v->quiet)
		return print_rows(&e, v, &rows, err);
	print_ids(v, &rows);
	return 0;
}

static const char *const list_aliases[] = {"ls", NULL};

#define IMAGES(command_name, command_aliases)                                         \
	{                                                                             \
		.name = (command_name), .common = true, .aliases = (command_aliases), \
		.group = "Images", .usage = "[options] [IMAGE]",                      \
		.summary = "list images",                                             \
		.examples =                                                           \
			"cubby images\n"                                              \
			"cubby images -q --filter dangling=true\n"                    \
			"cubby images --sort size debian\n"                           \
			"cubby images --format '{{.Repository}}:{{.Tag}} {{.Size}}'", \
		.options = options, .values_size = sizeof(struct images_values),      \
		.max_args = 1, .run = run,                                            \
	}

const struct command cmd_images = IMAGES("images", NULL);
const struct command cmd_image_list = IMAGES("list", list_aliases);

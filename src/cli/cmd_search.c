/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/registry_table.h"
#include "engine/image_send.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define DESCRIPTION_SHOWN 44

struct search_values {
	struct registry_values registry;
	bool compatible, list_tags, no_trunc;
	const char *format;
	char **filters;
	int limit;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct search_values, compatible, "compatible", 0,
		 "show stars, official and automated too, as Docker does"),
	OPT_LIST(struct search_values, filters, "filter", 'f', "KEY=VALUE",
		 "show those only that match: stars, is-official, is-automated"),
	OPT_STRING(struct search_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}}'"),
	OPT_INT(struct search_values, limit, "limit", 0, "N",
		"how many at most (default 25; tags: 50)", .max = 100000),
	OPT_BOOL(struct search_values, list_tags, "list-tags", 0,
		 "list the tags of a repository"),
	OPT_BOOL(struct search_values, no_trunc, "no-trunc", 0,
		 "show whole descriptions"),
	OPT_INCLUDE_AT(struct search_values, registry, registry_table),
	OPT_END,
};

static void defaults(void *values)
{
	registry_values_defaults(&((struct search_values *)values)->registry);
}

struct filter {
	int64_t stars;
	int official, automated; /* 1, 0; -1: no matter */
};

static int parse_flag(const char *typed, const char *value, int *ret, struct error *err)
{
	if (!*value || str_eq(value, "true") || str_eq(value, "1"))
		*ret = 1;
	else if (str_eq(value, "false") || str_eq(value, "0"))
		*ret = 0;
	else
		return error_set(err, ERR_INVALID, 0,
				 "filter \"%s\": expected true or false", typed);
	return 0;
}

static int parse_filter(const char *typed, struct filter *f, struct error *err)
{
	size_t len = strcspn(typed, "=");
	cleanup_free char *key = xstrndup(typed, len);
	const char *value = typed + len + (typed[len] == '=');

	if (str_eq(key, "is-official"))
		return parse_flag(typed, value, &f->official, err);
	if (str_eq(key, "is-automated"))
		return parse_flag(typed, value, &f->automated, err);
	if (!str_eq(key, "stars")) {
		error_set(err, ERR_INVALID, 0, "invalid filter \"%s\"", typed);
		return error_hint(err,
				  "The filters are stars, is-official, is-automated");
	}
	if (str_to_i64(value, &f->stars) < 0)
		return error_set(err, ERR_INVALID, 0, "filter \"%s\": expected a number",
				 typed);
	return 0;
}

static bool flag_of(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	bool flag = false;

	return json_to_bool(json_get(o, key), key, &flag, &err) >= 0 && flag;
}

static int64_t stars_of(struct json_object *o)
{
	cleanup_error struct error err = ERROR_INIT;
	int64_t stars = 0;

	return json_to_i64(json_get(o, "stars"), "stars", &stars, &err) < 0 ? 0 : stars;
}

static bool matches(const struct filter *f, struct json_object *item)
{
	return stars_of(item) >= f->stars &&
	       (f->official < 0 || f->official == flag_of(item, "official")) &&
	       (f->automated < 0 || f->automated == flag_of(item, "automated"));
}

/* One line, cut. */
static char *description_of(const struct search_values *v, struct json_object *item)
{
	const char *text = json_get_str(item, "description");
	char *line = xstrdup(text ? text : "");

	for (char *c = line; *c; c++)
		if (strchr("\n\t\r", *c))
			*c = ' ';
	if (!v->no_trunc && strlen(line) > DESCRIPTION_SHOWN) {
		char *cut = xasprintf("%.*s...", DESCRIPTION_SHOWN, line);

		free(line);
		line = cut;
	}
	return line;
}

static struct json_object *row_of(const struct search_values *v, struct json_object *item)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *description = description_of(v, item);
	const char *tag = json_get_str(item, "tag");

	json_add_str(o, "Index", json_get_str(item, "index"));
	json_add_str(o, "Name", json_get_str(item, "name"));
	json_add_str(o, "Description", description);
	json_add_i64(o, "Stars", stars_of(item));
	json_add_str(o, "Official", flag_of(item, "official") ? "[OK]" : "");
	json_add_str(o, "Automated", flag_of(item, "automated") ? "[OK]" : "");
	json_add_str(o, "Tag", tag ? tag : "");
	return o;
}

/* podman's form for tags: one object for the repository. */
static struct json_object *tags_of(struct json_object *rows)
{
	struct json_object *list = json_object_new_array(), *o = json_object_new_object(),
			   *tags = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (i == 0)
			json_add_str(o, "Name", json_get_str(row, "Name"));
		json_object_array_add(tags, json_object_get(json_get(row, "Tag")));
	}
	json_add(o, "Tags", tags);
	json_object_array_add(list, o);
	return list;
}

static int print_rows(const struct search_values *v, struct json_object *rows,
		      struct error *err)
{
	const struct format_list list = {
		.format = v->format,
		.table = v->list_tags    ? "{{.Name}}\t{{.Tag}}"
			 : v->compatible ? "{{.Name}}\t{{.Description}}\t{{.Stars}}\t"
					   "{{.Official}}\t{{.Automated}}"
					 : "{{.Name}}\t{{.Description}}",
	};
	cleanup_json struct json_object *tags = NULL;

	if (!format_is_json(v->format))
		return format_print_list(&list, rows, err);
	if (!v->list_tags)
		return format_print_json(rows, err);
	tags = tags_of(rows);
	return format_print_json(tags, err);
}

static struct json_object *new_request(const struct search_values *v, const char *term)
{
	struct transfer_registry_options registry;
	struct json_object *o = json_object_new_object();

	registry_values_fill(&v->registry, &registry);
	json_add(o, "registry", transfer_registry_options_to_json(&registry));
	json_add_str(o, "term", term);
	if (v->limit)
		json_add_i64(o, "limit", v->limit);
	json_add_bool(o, "list_tags", v->list_tags);
	return o;
}

static void tell_left_out(struct json_object *result)
{
	cleanup_error struct error err = ERROR_INIT;
	uint64_t n = 0;

	if (json_get(result, "left_out") &&
	    json_to_u64(json_get(result, "left_out"), "left_out", &n, &err) >= 0 && n)
		cubby_warn("there are more than can be shown");
}

static int run(const struct command_call *call, struct error *err)
{
	const struct search_values *v = call->values;
	struct filter filter = {.official = -1, .automated = -1};
	cleanup_json struct json_object *request = new_request(v, call->args[0]),
					*result = NULL, *rows = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	struct json_object *items;
	int r = 0;

	strv_foreach (typed, v->filters)
		if (r >= 0)
			r = parse_filter(*typed, &filter, err);
	if (v->list_tags && v->filters)
		return error_set(err, ERR_INVALID, 0, "--list-tags takes no filters");
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = image_registry_call(&e, "search", request, &result, err);
	if (r < 0)
		return r;
	items = json_get(result, "items");
	for (size_t i = 0; items && i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (matches(&filter, item))
			json_object_array_add(rows, row_of(v, item));
	}
	tell_left_out(result);
	return print_rows(v, rows, err);
}

const struct command cmd_search = {
	.name = "search",
	.group = "Images",
	.usage = "[options] TERM",
	.summary = "search a registry for images",
	.examples = "cubby search debian\n"
		    "cubby search --limit 5 --filter is-official quay.io/debian\n"
		    "cubby search --list-tags docker.io/library/debian",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct search_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

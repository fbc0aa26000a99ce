/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "engine/id_summary.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define SHORT_DIGITS 12

struct ls_values {
	bool quiet, no_heading, no_trunc;
	const char *format;
};

static const struct option_spec options[] = {
	OPT_STRING(struct ls_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}} {{.UIDs}}'"),
	OPT_BOOL(struct ls_values, no_heading, "noheading", 'n',
		 "leave out the headings"),
	OPT_BOOL(struct ls_values, no_trunc, "no-trunc", 0, "show whole IDs"),
	OPT_BOOL(struct ls_values, quiet, "quiet", 'q', "print container IDs only"),
	OPT_END,
};

static const struct template_heading headings[] = {
	{"ContainerID", "CONTAINER ID"},
	{"UserNS", "USERNS"},
	{"UIDs", "UIDS"},
	{"GIDs", "GIDS"},
	{NULL, NULL},
};

static uint64_t number_of(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	int64_t n = 0;

	return json_to_i64(json_get(o, key), key, &n, &err) < 0 ? 0 : (uint64_t)n;
}

static bool groups_differ(struct json_object *rows)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (!str_eq(json_get_str(row, "UIDs"), json_get_str(row, "GIDs")))
			return true;
	}
	return false;
}

static void cut_ids(struct json_object *rows)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		cleanup_free char *cut =
			xasprintf("%.*s", SHORT_DIGITS, json_get_str(row, "ContainerID"));

		json_add_str(row, "ContainerID", cut);
	}
}

static void print_side(struct json_object *pool, const char *key, const char *words)
{
	struct json_object *o = json_get(pool, key);
	const char *ranges = json_get_str(o, "Ranges");
	uint64_t total = number_of(o, "Total"), rest = number_of(o, "Free");

	if (str_empty(ranges)) {
		printf("No pool%s: %s are empty\n", words, json_get_str(pool, "Source"));
		return;
	}
	printf("Pool%s: %s (%s): %" PRIu64 " of %" PRIu64 " free", words, ranges,
	       json_get_str(pool, "Source"), rest, total);
	if (number_of(o, "Largest") < rest)
		printf(", at most %" PRIu64 " in a row", number_of(o, "Largest"));
	printf("\n");
}

static void print_pool(struct json_object *pool)
{
	cleanup_free char *uids = json_text(json_get(pool, "UIDs"), false);
	cleanup_free char *gids = json_text(json_get(pool, "GIDs"), false);

	if (str_eq(uids, gids)) {
		print_side(pool, "UIDs", "");
		return;
	}
	print_side(pool, "UIDs", " of user ids");
	print_side(pool, "GIDs", " of group ids");
}

static int print(const struct ls_values *v, struct json_object *rows,
		 struct json_object *pool, struct error *err)
{
	bool plain = !v->format || str_eq(v->format, "table");
	const struct format_list list = {
		.format = v->format,
		.table =
			groups_differ(rows)
				? "{{.ContainerID}}\t{{.Name}}\t{{.UserNS}}\t{{.UIDs}}\t{{.GIDs}}\t{{.Status}}"
				: "{{.ContainerID}}\t{{.Name}}\t{{.UserNS}}\t{{.UIDs}}\t{{.Status}}",
		.headings = headings,
		.no_heading = v->no_heading,
	};
	int r;

	if (format_is_json(v->format))
		return format_print_json(rows, err);
	if (!v->no_trunc)
		cut_ids(rows);
	if (v->quiet) {
		for (size_t i = 0; i < json_object_array_length(rows); i++)
			printf("%s\n", json_get_str(json_object_array_get_idx(rows, i),
						    "ContainerID"));
		return 0;
	}
	if (plain && json_object_array_length(rows) == 0) {
		print_pool(pool);
		return 0;
	}
	r = format_print_list(&list, rows, err);
	if (r >= 0 && plain && !v->no_heading) {
		printf("\n");
		print_pool(pool);
	}
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct ls_values *v = call->values;
	cleanup_json struct json_object *rows = NULL, *pool = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = id_summary(&e, &rows, &pool, err);
	return r < 0 ? r : print(v, rows, pool, err);
}

static const char *const aliases[] = {"list", NULL};

const struct command cmd_idmap_ls = {
	.name = "ls",
	.aliases = aliases,
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "list who holds which ids of the host",
	.description =
		"Containers with a range of their own (--userns=auto) and those with an "
		"explicit map (--uidmap), of all your stores, and what is left of the pool.",
	.examples = "cubby idmap ls\n"
		    "cubby idmap ls --format '{{.Name}} {{.UIDs}}'",
	.options = options,
	.values_size = sizeof(struct ls_values),
	.run = run,
};

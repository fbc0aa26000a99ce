/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/human.h"
#include "engine/image.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SHORT_DIGITS     12
#define CREATED_BY_SHOWN 45

struct history_values {
	bool human, no_trunc, quiet;
	const char *format;
};

static const struct option_spec options[] = {
	OPT_STRING(struct history_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.CreatedBy}}'"),
	OPT_BOOL(struct history_values, human, "human", 'H',
		 "sizes and times for people (default true)"),
	OPT_BOOL(struct history_values, no_trunc, "no-trunc", 0,
		 "show whole IDs and instructions"),
	OPT_BOOL(struct history_values, quiet, "quiet", 'q', "print IDs only"),
	OPT_END,
};

static void defaults(void *values)
{
	((struct history_values *)values)->human = true;
}

static const char *text_of(struct json_object *o, const char *key)
{
	const char *text = json_get_str(o, key);

	return text ? text : "";
}

static int64_t number_of(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	int64_t number = 0;

	if (json_to_i64(json_get(o, key), key, &number, &err) < 0)
		return 0;
	return number;
}

static char *id_text(const struct history_values *v, struct json_object *entry)
{
	const char *id = text_of(entry, "id");

	return v->no_trunc ? xstrdup(id) : xstrndup(id, SHORT_DIGITS);
}

static char *created_by_text(const struct history_values *v, struct json_object *entry)
{
	const char *text = text_of(entry, "createdBy");

	if (v->no_trunc || strlen(text) <= CREATED_BY_SHOWN)
		return xstrdup(text);
	return xasprintf("%.*s...", CREATED_BY_SHOWN - 3, text);
}

static void add_times(struct json_object *row, const struct history_values *v,
		      struct json_object *entry)
{
	const char *created = text_of(entry, "created");
	char ago[HUMAN_TEXT_MAX], at[HUMAN_TEXT_MAX];
	int64_t usec = 0;

	if (time_parse(created, &usec) < 0)
		usec = 0;
	human_ago(usec, time_now_usec(), ago);
	json_add_str(row, "Created", v->human ? ago : created);
	json_add_str(row, "CreatedText", v->human ? ago : created);
	json_add_str(row, "CreatedSince", ago);
	json_add_str(row, "CreatedAt", human_go_time(usec, at));
}

/* What a template sees of one entry. */
static struct json_object *row_of(const struct history_values *v,
				  struct json_object *entry)
{
	struct json_object *row = json_object_new_object();
	cleanup_free char *id = id_text(v, entry), *by = created_by_text(v, entry);
	int64_t size = number_of(entry, "size");
	char text[HUMAN_TEXT_MAX];

	if (v->human)
		human_size(size, text);
	else
		snprintf(text, sizeof(text), "%" PRId64, size);
	json_add_str(row, "ID", id);
	add_times(row, v, entry);
	json_add_str(row, "CreatedBy", by);
	json_add_str(row, "Size", text);
	json_add_str(row, "Comment", text_of(entry, "comment"));
	json_add(row, "Tags", json_object_get(json_get(entry, "tags")));
	json_add(row, "EmptyLayer", json_object_get(json_get(entry, "emptyLayer")));
	return row;
}

/* podman's members, as odd as they are. */
static struct json_object *json_of(struct json_object *entry)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "id", text_of(entry, "id"));
	json_add_str(o, "created", text_of(entry, "created"));
	json_add_str(o, "Created", text_of(entry, "created"));
	json_add_str(o, "CreatedBy", text_of(entry, "createdBy"));
	json_add_i64(o, "size", number_of(entry, "size"));
	json_add_str(o, "comment", text_of(entry, "comment"));
	json_add(o, "tags", json_object_get(json_get(entry, "tags")));
	return o;
}

/* A member "Created" that is a time is printed as Go's; --human=false wants it as it is. */
static const struct template_heading headings[] = {{"CreatedText", "CREATED"},
						   {NULL, NULL}};

static int print_history(const struct history_values *v, struct json_object *history,
			 struct error *err)
{
	const struct format_list list = {
		.format = v->format,
		.table =
			"{{.ID}}\t{{.CreatedText}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
		.headings = headings,
		.whole = v->no_trunc,
	};
	cleanup_json struct json_object *rows = json_object_new_array();
	bool json = format_is_json(v->format);

	for (size_t i = 0; i < json_object_array_length(history); i++) {
		struct json_object *entry = json_object_array_get_idx(history, i);
		cleanup_free char *id = id_text(v, entry);

		if (v->quiet)
			printf("%s\n", id);
		else
			json_object_array_add(rows,
					      json ? json_of(entry) : row_of(v, entry));
	}
	if (v->quiet)
		return 0;
	return json ? format_print_json(rows, err) : format_print_list(&list, rows, err);
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_json struct json_object *history = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = image_find(&e, call->args[0], &record, NULL, err);
	if (r >= 0)
		r = image_history(&e, &record, &history, err);
	return r < 0 ? r : print_history(call->values, history, err);
}

const struct command cmd_history = {
	.name = "history",
	.group = "Images",
	.usage = "[options] IMAGE",
	.summary = "show how an image was made",
	.examples =
		"cubby history debian:12\n"
		"cubby history --no-trunc --format '{{.Size}} {{.CreatedBy}}' debian:12",
	.options = options,
	.values_size = sizeof(struct history_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

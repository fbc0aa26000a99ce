/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/yaml.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static bool looks_like_number(const char *text)
{
	char *end;

	(void)strtod(text, &end);
	return *text && !*end;
}

/* Whether it would be read as something else than this text. */
static bool needs_quotes(const char *text)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no",
					    "on",   "off",   "y",    "n",   "~"};

	if (!*text || looks_like_number(text) || isspace((unsigned char)*text) ||
	    strchr("-?:,[]{}#&*!|>'\"%@`", *text) || strstr(text, ": ") ||
	    strstr(text, " #") || str_ends(text, ":") || str_ends(text, " "))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i], text) == 0)
			return true;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return true;
	return false;
}

static void add_indent(struct buf *b, int depth)
{
	(void)buf_printf(b, "%*s", 2 * depth, "");
}

static void add_text(struct buf *b, const char *text)
{
	cleanup_free char *quoted = NULL;

	if (!needs_quotes(text)) {
		(void)buf_printf(b, "%s\n", text);
		return;
	}
	quoted = str_quote(text);
	(void)buf_printf(b, "%s\n", quoted);
}

static void add_lines(struct buf *b, const char *text, int depth)
{
	cleanup_strv char **lines = str_split(text, '\n');

	(void)buf_add_str(b, "|-\n");
	strv_foreach (line, lines) {
		add_indent(b, depth);
		(void)buf_printf(b, "%s\n", *line);
	}
}

static void add_value(struct buf *b, struct json_object *o, int depth);

static void add_members(struct buf *b, struct json_object *o, int depth)
{
	json_object_object_foreach (o, key, value) {
		add_indent(b, depth);
		(void)buf_printf(b, "%s:", key);
		add_value(b, value, depth);
	}
}

static void add_items(struct buf *b, struct json_object *o, int depth)
{
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		struct json_object *item = json_object_array_get_idx(o, i);
		bool first = true;

		add_indent(b, depth);
		(void)buf_add_str(b, "-");
		if (!json_object_is_type(item, json_type_object) ||
		    json_object_object_length(item) == 0) {
			add_value(b, item, depth + 1);
			continue;
		}
		json_object_object_foreach (item, key, value) {
			if (first)
				(void)buf_add_str(b, " ");
			else
				add_indent(b, depth + 1);
			first = false;
			(void)buf_printf(b, "%s:", key);
			add_value(b, value, depth + 1);
		}
	}
}

/* After "key:" or "-". */
static void add_value(struct buf *b, struct json_object *o, int depth)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	const char *word;

	if (json_object_is_type(o, json_type_object) && json_object_object_length(o)) {
		(void)buf_add_str(b, "\n");
		add_members(b, o, depth + 1);
	} else if (json_object_is_type(o, json_type_array) &&
		   json_object_array_length(o)) {
		(void)buf_add_str(b, "\n");
		add_items(b, o, depth);
	} else if (json_object_is_type(o, json_type_string) &&
		   json_to_str(o, "", &word, &err) >= 0) {
		(void)buf_add_str(b, " ");
		if (strchr(word, '\n'))
			add_lines(b, word, depth + 1);
		else
			add_text(b, word);
	} else {
		text = o ? json_text(o, false) : xstrdup("null");
		(void)buf_printf(b, " %s\n", text);
	}
}

void yaml_add(struct buf *b, struct json_object *o)
{
	if (json_object_is_type(o, json_type_object) && json_object_object_length(o))
		add_members(b, o, 0);
	else if (json_object_is_type(o, json_type_array) && json_object_array_length(o))
		add_items(b, o, 0);
	else
		add_value(b, o, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/json_path.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* Keys of maps come from whoever wrote the document. */
#define PATH_TEXT_MAX 4096
#define KEY_TEXT_MAX  200

static bool is_identifier(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return *name != '\0';
}

static void add_name(struct buf *b, const char *name)
{
	if (is_identifier(name)) {
		buf_printf(b, b->len ? ".%.*s" : "%.*s", KEY_TEXT_MAX, name);
		return;
	}
	cleanup_free char *shown = xstrndup(name, KEY_TEXT_MAX);
	cleanup_free char *quoted = str_quote(shown);
	buf_printf(b, "[%s]", quoted);
}

static void add_step(struct buf *b, const struct json_path *at)
{
	if (!at->up) {
		if (!at->unnamed_root)
			buf_add_str(b, at->name);
		return;
	}
	add_step(b, at->up);
	if (at->name)
		add_name(b, at->name);
	else
		buf_printf(b, "[%zu]", at->index);
}

char *json_path_text(const struct json_path *at)
{
	cleanup_buf struct buf b;

	buf_init(&b, PATH_TEXT_MAX);
	add_step(&b, at);
	if (!b.len) /* the root itself */
		buf_add_str(&b, at->name);
	return buf_take(&b);
}

int json_path_error(const struct json_path *at, struct error *err, const char *fmt, ...)
{
	cleanup_free char *path = json_path_text(at);
	char line[1024]; /* a value is shown cut (json_describe) */
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return error_set(err, ERR_INVALID, 0, "%s: %s", path, line);
}

int json_path_mismatch(const struct json_path *at, const char *expected,
		       struct json_object *got, struct error *err)
{
	cleanup_free char *shown = json_describe(got);

	return json_path_error(at, err, "expected %s, got %s", expected, shown);
}

int json_path_mismatch_str(const struct json_path *at, const char *expected,
			   const char *got, struct error *err)
{
	cleanup_json struct json_object *value = json_object_new_string(got);

	return json_path_mismatch(at, expected, value, err);
}

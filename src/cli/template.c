/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template.h"

#include <ctype.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static int unsupported(const char *expression, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0, "--format: {{%s}} is not supported yet",
		  expression);
	return error_hint(
		err, "There are {{.Field.Member}}, {{json .Field}} and --format json");
}

static int no_member(struct json_object *o, const char *name, struct error *err)
{
	cleanup_strv char **names = NULL;
	const char *nearest;

	json_object_object_foreach (o, key, value) {
		(void)value;
		strv_add(&names, key);
	}
	nearest = names ? str_nearest(name, (const char *const *)names) : NULL;
	error_set(err, ERR_INVALID, 0, "--format: there is no field \"%s\"", name);
	if (nearest)
		return error_hint(err, "Did you mean %s?", nearest);
	return error_hint(err, "--format json shows them all");
}

/* ".A.B" from o; *ret is borrowed and NULL for a JSON null. */
static int resolve(const char *path, struct json_object *o, struct json_object **ret,
		   struct error *err)
{
	cleanup_strv char **names = str_split(path + 1, '.');

	*ret = o;
	if (path[1] == '\0')
		return 0;
	strv_foreach (name, names) {
		struct json_object *member;

		if (!json_object_is_type(*ret, json_type_object))
			return error_set(err, ERR_INVALID, 0,
					 "--format: there is no field \"%s\" in %s",
					 *name, path);
		if (!json_object_object_get_ex(*ret, *name, &member))
			return no_member(*ret, *name, err);
		*ret = member;
	}
	return 0;
}

static void print_value(struct json_object *o, struct buf *out);

/* As Go prints slices and maps. */
static void print_array(struct json_object *o, struct buf *out)
{
	(void)!buf_add_str(out, "[");
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		if (i)
			(void)!buf_add_str(out, " ");
		print_value(json_object_array_get_idx(o, i), out);
	}
	(void)!buf_add_str(out, "]");
}

static void print_object(struct json_object *o, struct buf *out)
{
	const char *separator = "";

	(void)!buf_add_str(out, "map[");
	json_object_object_foreach (o, key, value) {
		(void)!buf_printf(out, "%s%s:", separator, key);
		print_value(value, out);
		separator = " ";
	}
	(void)!buf_add_str(out, "]");
}

static void print_value(struct json_object *o, struct buf *out)
{
	cleanup_error struct error not_text = ERROR_INIT;
	cleanup_free char *number = NULL;
	const char *text;

	if (json_object_is_type(o, json_type_array)) {
		print_array(o, out);
	} else if (json_object_is_type(o, json_type_object)) {
		print_object(o, out);
	} else if (json_object_is_type(o, json_type_string)) {
		if (json_to_str(o, "", &text, &not_text) >= 0)
			(void)!buf_add_str(out, text);
	} else if (o) {
		number = json_text(o, false);
		(void)!buf_add_str(out, number);
	}
}

static bool is_path(const char *text)
{
	if (text[0] != '.')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '.' && *text != '_')
			return false;
	return true;
}

static int render_expression(const char *expression, struct json_object *o,
			     struct buf *out, struct error *err)
{
	bool as_json = str_starts(expression, "json ");
	const char *path =
		as_json ? expression + 5 + strspn(expression + 5, " ") : expression;
	cleanup_free char *text = NULL;
	struct json_object *value;
	int r;

	if (!is_path(path))
		return unsupported(expression, err);
	r = resolve(path, o, &value, err);
	if (r < 0)
		return r;
	if (!as_json) {
		print_value(value, out);
		return 0;
	}
	text = json_text(value, false);
	return buf_add_str(out, text);
}

static char *trim(const char *text, size_t len)
{
	while (len && text[0] == ' ') {
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	return xstrndup(text, len);
}

/* Text up to the next "{{", with \t and \n understood. */
static const char *copy_text(const char *p, struct buf *out)
{
	for (; *p && !str_starts(p, "{{"); p++) {
		const char *c = p;
		size_t len = 1;

		if (p[0] == '\\' && (p[1] == 't' || p[1] == 'n'))
			c = *++p == 't' ? "\t" : "\n";
		(void)!buf_add(out, c, len);
	}
	return p;
}

int template_render(const char *format, struct json_object *o, struct buf *out,
		    struct error *err)
{
	const char *p = format;

	for (;;) {
		cleanup_free char *expression = NULL;
		const char *end;
		int r;

		p = copy_text(p, out);
		if (!*p)
			break;
		end = strstr(p, "}}");
		if (!end)
			return error_set(err, ERR_INVALID, 0,
					 "--format \"%s\": a {{ has no }}", format);
		expression = trim(p + 2, (size_t)(end - p) - 2);
		r = render_expression(expression, o, out, err);
		if (r < 0)
			return error_is_set(err)
				       ? r
				       : error_set(err, ERR_SYSTEM, -r, "--format");
		p = end + 2;
	}
	if (out->overflow)
		return error_set(err, ERR_SYSTEM, E2BIG, "--format");
	return 0;
}

/* "{{.CreatedAt}}" -> "CREATED AT" */
static void add_heading(struct buf *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = (char)toupper((unsigned char)name[i]);

		if (i && isupper((unsigned char)name[i]) &&
		    islower((unsigned char)name[i - 1]))
			(void)!buf_add_str(out, " ");
		(void)!buf_add(out, &c, 1);
	}
}

char *template_headings(const char *format)
{
	cleanup_buf struct buf out = {0};
	const char *p = format;

	buf_init(&out, 4096);
	for (;;) {
		const char *end, *name;

		p = copy_text(p, &out);
		end = *p ? strstr(p, "}}") : NULL;
		if (!end)
			break;
		name = memrchr(p, '.', (size_t)(end - p));
		if (name)
			add_heading(&out, name + 1, strcspn(name + 1, " }"));
		p = end + 2;
	}
	return buf_take(&out);
}

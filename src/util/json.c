/* SPDX-License-Identifier: Apache-2.0 */
#include "util/json.h"

#include <math.h>
#include <string.h>

#include "util/json_check.h"
#include "util/mem.h"
#include "util/str.h"

#define DESCRIBE_LEN_MAX 60

int json_parse(const char *text, size_t len, const char *what, struct json_object **ret,
	       struct error *err)
{
	/* json-c alone takes a key that stands twice, NULs, and texts that end too soon.
	 */
	int r = json_check(text, len, what, err);
	return r < 0 ? r : json_parse_own(text, len, what, ret, err);
}

int json_parse_own(const char *text, size_t len, const char *what,
		   struct json_object **ret, struct error *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_CHECK_DEPTH_MAX + 1);
	if (!tokener)
		return error_set(err, ERR_SYSTEM, ENOMEM, "read %s", what);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *o = json_tokener_parse_ex(tokener, text, (int)len);
	enum json_tokener_error problem = json_tokener_get_error(tokener);
	/* A number at the very end may go on, for all that json-c knows: end it. */
	if (problem == json_tokener_continue) {
		o = json_tokener_parse_ex(tokener, "", 1);
		problem = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (problem != json_tokener_success) {
		json_object_put(o);
		return error_set(err, ERR_INVALID, 0, "%s: %s", what,
				 json_tokener_error_desc(problem));
	}
	*ret = o;
	return 0;
}

char *json_describe(struct json_object *o)
{
	switch (json_object_get_type(o)) {
	case json_type_null:
		return xstrdup("null");
	case json_type_object:
		return xstrdup("an object");
	case json_type_array:
		return xstrdup("an array");
	case json_type_string: {
		const char *s = json_object_get_string(o);
		if (strlen(s) <= DESCRIBE_LEN_MAX)
			return str_quote(s);
		cleanup_free char *start = xasprintf("%.*s...", DESCRIBE_LEN_MAX, s);
		return str_quote(start);
	}
	case json_type_boolean:
	case json_type_int:
	case json_type_double:
		break;
	}
	return xstrdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
}

static int mismatch(struct json_object *o, const char *path, const char *expected,
		    struct error *err)
{
	cleanup_free char *got = json_describe(o);
	return error_set(err, ERR_INVALID, 0, "%s: expected %s, got %s", path, expected,
			 got);
}

/* A whole number; the sign and range remain to be looked at. */
static int check_int(struct json_object *o, const char *path, struct error *err)
{
	if (json_object_is_type(o, json_type_double))
		return mismatch(o, path, "a whole number", err);
	if (!json_object_is_type(o, json_type_int))
		return mismatch(o, path, "a number", err);
	return 0;
}

int json_to_u64(struct json_object *o, const char *path, uint64_t *ret, struct error *err)
{
	int r = check_int(o, path, err);
	if (r < 0)
		return r;
	if (json_object_get_int64(o) < 0)
		return mismatch(o, path, "a number that is not negative", err);
	*ret = json_object_get_uint64(o);
	return 0;
}

int json_to_i64(struct json_object *o, const char *path, int64_t *ret, struct error *err)
{
	int r = check_int(o, path, err);
	if (r < 0)
		return r;
	/* 0 for negative numbers, which all fit */
	if (json_object_get_uint64(o) > (uint64_t)INT64_MAX)
		return mismatch(o, path, "a number up to 9223372036854775807", err);
	*ret = json_object_get_int64(o);
	return 0;
}

int json_to_bool(struct json_object *o, const char *path, bool *ret, struct error *err)
{
	if (!json_object_is_type(o, json_type_boolean))
		return mismatch(o, path, "true or false", err);
	*ret = json_object_get_boolean(o);
	return 0;
}

int json_to_double(struct json_object *o, const char *path, double *ret,
		   struct error *err)
{
	if (!json_object_is_type(o, json_type_double) &&
	    !json_object_is_type(o, json_type_int))
		return mismatch(o, path, "a number", err);
	double value = json_object_get_double(o);
	if (!isfinite(value))
		return mismatch(o, path, "a number in range", err);
	*ret = value;
	return 0;
}

int json_to_str(struct json_object *o, const char *path, const char **ret,
		struct error *err)
{
	if (!json_object_is_type(o, json_type_string))
		return mismatch(o, path, "a string", err);
	*ret = json_object_get_string(o);
	return 0;
}

int json_to_bytes(struct json_object *o, const char *path, const char **ret,
		  size_t *ret_len, struct error *err)
{
	int r = json_to_str(o, path, ret, err);

	if (r == 0)
		*ret_len = (size_t)json_object_get_string_len(o);
	return r;
}

int json_to_strv(struct json_object *o, const char *path, char ***ret, struct error *err)
{
	cleanup_strv char **v = NULL;

	if (!json_object_is_type(o, json_type_array))
		return mismatch(o, path, "an array of strings", err);
	size_t n = json_object_array_length(o);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(o, i);
		if (!json_object_is_type(item, json_type_string)) {
			cleanup_free char *item_path = xasprintf("%s[%zu]", path, i);
			return mismatch(item, item_path, "a string", err);
		}
		strv_add(&v, json_object_get_string(item));
	}
	*ret = TAKE_PTR(v);
	return 0;
}

struct json_object *json_get(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;
	if (!json_object_is_type(o, json_type_object))
		return NULL;
	return json_object_object_get_ex(o, key, &value) ? value : NULL;
}

const char *json_get_str(struct json_object *o, const char *key)
{
	struct json_object *value = json_get(o, key);

	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

void json_add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

void json_add_str(struct json_object *o, const char *key, const char *value)
{
	if (value)
		json_add(o, key, json_object_new_string(value));
}

void json_add_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_add(o, key, json_object_new_uint64(value));
}

void json_add_i64(struct json_object *o, const char *key, int64_t value)
{
	json_add(o, key, json_object_new_int64(value));
}

void json_add_bool(struct json_object *o, const char *key, bool value)
{
	json_add(o, key, json_object_new_boolean(value));
}

void json_add_strv(struct json_object *o, const char *key, char *const *v)
{
	struct json_object *array = json_object_new_array();
	strv_foreach (item, v)
		json_object_array_add(array, json_object_new_string(*item));
	json_add(o, key, array);
}

/*
 * json-c prints an empty array or object over two lines, jq does not. A line break cannot
 * stand in a string, so the pattern is never part of one.
 */
static void join_empty(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		char c = *to++ = *from++;
		if ((c != '[' && c != '{') || *from != '\n')
			continue;
		const char *next = from + 1 + strspn(from + 1, " ");
		if (*next == (c == '[' ? ']' : '}'))
			from = next;
	}
	*to = '\0';
}

char *json_text(struct json_object *o, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	char *text = xstrdup(json_object_to_json_string_ext(o, flags));
	if (pretty)
		join_empty(text);
	return text;
}

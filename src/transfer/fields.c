/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/fields.h"

#include <string.h>

#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define STRV_MAX 4096 /* items of one list of strings */

/* A member of the struct at base: char **, char ***, bool *, ... */
static void *member(const void *base, size_t offset)
{
	return (char *)(uintptr_t)base + offset;
}

static struct json_object *encode_list(const struct field *f, const void *base)
{
	struct json_object *list = json_object_new_array();
	const char *items = *(char **)member(base, f->offset);
	size_t n = *(size_t *)member(base, f->count_offset);

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list,
				      fields_to_json(f->sub, items + i * f->sub->size));
	return list;
}

static void encode_field(struct json_object *o, const struct field *f, const void *base)
{
	void *value = member(base, f->offset);

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_DIGEST:
		json_add_str(o, f->key, *(char **)value);
		break;
	case FIELD_STRV:
		if (*(char ***)value)
			json_add_strv(o, f->key, *(char ***)value);
		break;
	case FIELD_BOOL:
		if (*(bool *)value)
			json_add_bool(o, f->key, true);
		break;
	case FIELD_I64:
		json_add_i64(o, f->key, *(int64_t *)value);
		break;
	case FIELD_INT:
		json_add_i64(o, f->key, *(int *)value);
		break;
	case FIELD_STRUCT:
		json_add(o, f->key, fields_to_json(f->sub, value));
		break;
	case FIELD_LIST:
		json_add(o, f->key, encode_list(f, base));
		break;
	}
}

struct json_object *fields_to_json(const struct field_table *t, const void *base)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "event", t->event);
	for (size_t i = 0; i < t->n_fields; i++)
		encode_field(o, &t->fields[i], base);
	return o;
}

void fields_release(const struct field_table *t, void *base)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		void *value = member(base, f->offset);

		if (f->kind == FIELD_TEXT || f->kind == FIELD_DIGEST) {
			free(*(char **)value);
		} else if (f->kind == FIELD_STRV) {
			strv_free(*(char ***)value);
		} else if (f->kind == FIELD_STRUCT) {
			fields_release(f->sub, value);
		} else if (f->kind == FIELD_LIST) {
			size_t n = *(size_t *)member(base, f->count_offset);
			char *items = *(char **)value;
			for (size_t k = 0; k < n; k++)
				fields_release(f->sub, items + k * f->sub->size);
			free(items);
		}
	}
	memset(base, 0, t->size);
}

static int decode(const struct field_table *t, struct json_object *o, const char *path,
		  void *base, struct error *err);

static int decode_text(const struct field *f, struct json_object *o, const char *path,
		       char **ret, struct error *err)
{
	const char *text = NULL;
	int r = json_to_str(o, path, &text, err);

	if (r < 0)
		return r;
	if (f->kind == FIELD_DIGEST && !digest_valid(text)) {
		cleanup_free char *got = json_describe(o);
		return error_set(err, ERR_INVALID, 0, "%s: expected a digest, got %s",
				 path, got);
	}
	if (f->needed && *text == '\0')
		return error_set(err, ERR_INVALID, 0, "%s: is empty", path);
	*ret = xstrdup(text);
	return 0;
}

static int decode_strv(struct json_object *o, const char *path, char ***ret,
		       struct error *err)
{
	if (json_object_is_type(o, json_type_array) &&
	    json_object_array_length(o) > STRV_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: more than %d items", path,
				 STRV_MAX);
	return json_to_strv(o, path, ret, err);
}

static int decode_number(const struct field *f, struct json_object *o, const char *path,
			 int64_t *ret, struct error *err)
{
	int r = json_to_i64(o, path, ret, err);

	if (r == 0 && (*ret < f->min || *ret > f->max))
		return error_set(err, ERR_INVALID, 0, "%s: %lld is out of its range",
				 path, (long long)*ret);
	return r;
}

static int decode_list(const struct field *f, struct json_object *o, const char *path,
		       void *base, struct error *err)
{
	if (!json_object_is_type(o, json_type_array) ||
	    json_object_array_length(o) > (size_t)f->max)
		return error_set(err, ERR_INVALID, 0,
				 "%s: expected an array of at most %lld %ss", path,
				 (long long)f->max, f->sub->what);
	size_t n = json_object_array_length(o);
	char *items = xcalloc(n ? n : 1, f->sub->size);
	*(char **)member(base, f->offset) = items;
	*(size_t *)member(base, f->count_offset) = n;
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *at = xasprintf("%s[%zu]", path, i);
		int r = decode(f->sub, json_object_array_get_idx(o, i), at,
			       items + i * f->sub->size, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_field(const struct field *f, struct json_object *o, const char *path,
			void *base, struct error *err)
{
	void *value = member(base, f->offset);
	int64_t number = 0;
	int r = 0;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_DIGEST:
		return decode_text(f, o, path, value, err);
	case FIELD_STRV:
		return decode_strv(o, path, value, err);
	case FIELD_BOOL:
		return json_to_bool(o, path, value, err);
	case FIELD_I64:
		return decode_number(f, o, path, value, err);
	case FIELD_INT:
		r = decode_number(f, o, path, &number, err);
		*(int *)value = r < 0 ? 0 : (int)number;
		return r;
	case FIELD_STRUCT:
		return decode(f->sub, o, path, value, err);
	case FIELD_LIST:
		return decode_list(f, o, path, base, err);
	}
	return 0;
}

/* A member that must be there, and isn't. Numbers are always written, so one that is missing is
 * an error too: 0 may mean something else than what is meant by leaving it out. */
static bool is_missed(const struct field *f)
{
	return f->needed || f->kind == FIELD_I64 || f->kind == FIELD_INT ||
	       f->kind == FIELD_STRUCT || f->kind == FIELD_LIST;
}

static bool is_event(struct json_object *value, const char *event)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *text = NULL;

	return event && json_to_str(value, "event", &text, &err) == 0 &&
	       str_eq(text, event);
}

static int refuse_unknown(const struct field_table *t, struct json_object *o,
			  const char *path, struct error *err)
{
	json_object_object_foreach (o, key, value) {
		bool known = str_eq(key, "event") && is_event(value, t->event);
		for (size_t i = 0; i < t->n_fields && !known; i++)
			known = str_eq(key, t->fields[i].key);
		if (known)
			continue;
		cleanup_free char *quoted = str_quote(key);
		return error_set(err, ERR_INVALID, 0, "%s: unexpected member %s", path,
				 quoted);
	}
	return 0;
}

static int decode(const struct field_table *t, struct json_object *o, const char *path,
		  void *base, struct error *err)
{
	if (!json_object_is_type(o, json_type_object)) {
		cleanup_free char *got = json_describe(o);
		return error_set(err, ERR_INVALID, 0, "%s: expected an object, got %s",
				 path, got);
	}
	int r = refuse_unknown(t, o, path, err);
	for (size_t i = 0; i < t->n_fields && r == 0; i++) {
		const struct field *f = &t->fields[i];
		cleanup_free char *at = xasprintf("%s.%s", path, f->key);
		struct json_object *value = json_get(o, f->key);

		if (value)
			r = decode_field(f, value, at, base, err);
		else if (is_missed(f))
			r = error_set(err, ERR_INVALID, 0, "%s: is missing", at);
	}
	return r;
}

/* The whole struct or nothing. */
int fields_parse(const struct field_table *t, struct json_object *o, void *base,
		 struct error *err)
{
	memset(base, 0, t->size);
	int r = decode(t, o, t->what, base, err);
	if (r < 0)
		fields_release(t, base);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs -> JSON, next to the document that they came from. Known members are written
 * from the struct alone, so what the program took away stays away; then the document's
 * unknown members follow. An element of an array finds its place in the document by its
 * key member (a mount's destination, ...); where there is none, by position, if as many
 * are still there.
 */
#include <json-c/json.h>

#include "spec/descriptor.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/str.h"

static struct json_object *encode_bool(const struct member *m, const void *object,
				       bool in_document)
{
	bool value = *(bool *)member_at(object, m->offset);

	if (m->required || (m->has_flag ? member_has(m, object) : value || in_document))
		return json_object_new_boolean(value);
	return NULL;
}

static struct json_object *encode_number(const struct member *m, const void *object,
					 bool in_document)
{
	struct member_number value = member_get_number(m, object);
	bool is_default = !value.i && !value.u;

	if (!m->required &&
	    (m->has_flag ? !member_has(m, object) : is_default && !in_document))
		return NULL;
	return value.i < 0 ? json_object_new_int64(value.i)
			   : json_object_new_uint64(value.u);
}

static struct json_object *encode_strings(char **v)
{
	if (!v)
		return NULL;
	struct json_object *array = json_object_new_array();
	strv_foreach (item, v)
		json_object_array_add(array, json_object_new_string(*item));
	return array;
}

static struct json_object *encode_u32s(const struct member *m, const void *object)
{
	const uint32_t *v = member_pointer(m, object);

	if (!v)
		return NULL;
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < *member_count(m, object); i++)
		json_object_array_add(array, json_object_new_uint64(v[i]));
	return array;
}

static struct json_object *encode_object(const struct member *m, const void *object,
					 struct json_object *document)
{
	const void *sub = member_pointer(m, object);

	if (!sub)
		return NULL;
	struct json_object *o = descriptor_encode(m->sub, sub, document);
	if (m->omit_empty && !document && json_object_object_length(o) == 0) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

static bool has_key(const struct descriptor *d, struct json_object *o, const char *key)
{
	struct json_object *value = json_get(o, d->key);

	return json_object_is_type(value, json_type_string) &&
	       str_eq(json_object_get_string(value), key);
}

/* Element i of n in the document's array, or NULL. */
static struct json_object *find_element(const struct descriptor *d, const void *element,
					struct json_object *document, size_t i, size_t n)
{
	if (!json_object_is_type(document, json_type_array))
		return NULL;
	size_t length = json_object_array_length(document);
	struct json_object *same =
		i < length ? json_object_array_get_idx(document, i) : NULL;
	if (!d->key)
		return length == n ? same : NULL;
	const char *key = *(char **)member_at(element, d->key_offset);
	if (same && has_key(d, same, key))
		return same;
	for (size_t k = 0; k < length; k++) {
		struct json_object *other = json_object_array_get_idx(document, k);
		if (has_key(d, other, key))
			return other;
	}
	return NULL;
}

static struct json_object *encode_array(const struct member *m, const void *object,
					struct json_object *document)
{
	const char *element = member_pointer(m, object);
	size_t n = *member_count(m, object);

	if (!element)
		return NULL;
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < n; i++, element += m->sub->size) {
		struct json_object *from = find_element(m->sub, element, document, i, n);
		json_object_array_add(array, descriptor_encode(m->sub, element, from));
	}
	return array;
}

static struct json_object *encode_map(const struct member *m, const void *object,
				      struct json_object *document)
{
	const char *element = member_pointer(m, object);

	if (!element)
		return NULL;
	struct json_object *map = json_object_new_object();
	for (size_t i = 0; i < *member_count(m, object); i++, element += m->sub->size) {
		const char *key = *(char **)member_at(element, m->sub->key_offset);
		json_add(map, key,
			 descriptor_encode(m->sub, element, json_get(document, key)));
	}
	return map;
}

static struct json_object *encode_string_map(const struct member *m, const void *object)
{
	const struct spec_key_value *pairs = member_pointer(m, object);

	if (!pairs)
		return NULL;
	struct json_object *map = json_object_new_object();
	for (size_t i = 0; i < *member_count(m, object); i++)
		json_add_str(map, pairs[i].key, pairs[i].value);
	return map;
}

static struct json_object *encode_keys(char **v)
{
	if (!v)
		return NULL;
	struct json_object *o = json_object_new_object();
	strv_foreach (key, v)
		json_add(o, *key, json_object_new_object());
	return o;
}

static struct json_object *encode_member(const struct member *m, const void *object,
					 struct json_object *document)
{
	const void *field = member_at(object, m->offset);

	switch (m->type) {
	case MEMBER_BOOL:
		return encode_bool(m, object, document != NULL);
	case MEMBER_U16:
	case MEMBER_U32:
	case MEMBER_I32:
	case MEMBER_U64:
	case MEMBER_I64:
		return encode_number(m, object, document != NULL);
	case MEMBER_STRING: {
		const char *value = *(char *const *)field;
		return value ? json_object_new_string(value) : NULL;
	}
	case MEMBER_STRINGS:
		return encode_strings(*(char **const *)field);
	case MEMBER_U32S:
		return encode_u32s(m, object);
	case MEMBER_EMBEDDED:
		return descriptor_encode(m->sub, field, document);
	case MEMBER_OBJECT:
		return encode_object(m, object, document);
	case MEMBER_ARRAY:
		return encode_array(m, object, document);
	case MEMBER_MAP:
		return encode_map(m, object, document);
	case MEMBER_STRING_MAP:
		return encode_string_map(m, object);
	case MEMBER_KEYS:
		return encode_keys(*(char **const *)field);
	}
	return NULL;
}

static struct json_object *deep_copy(struct json_object *from)
{
	struct json_object *to = NULL;

	/* fails only for what was not made by the parser */
	if (from && json_object_deep_copy(from, &to, NULL) < 0)
		return NULL;
	return to;
}

static void add_unknown(const struct descriptor *d, struct json_object *document,
			struct json_object *to)
{
	size_t cursor = 0;

	json_object_object_foreach (document, key, value) {
		if (!descriptor_find(d, key, &cursor))
			json_add(to, key, deep_copy(value));
	}
}

struct json_object *descriptor_encode(const struct descriptor *d, const void *object,
				      struct json_object *document)
{
	/* The rows' names are constants and each stands once in a table. */
	const unsigned int constant =
		JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT;
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < d->n_members; i++) {
		const struct member *m = &d->members[i];
		struct json_object *value = encode_member(
			m, object, document ? json_get(document, m->name) : NULL);
		if (value)
			json_object_object_add_ex(o, m->name, value, constant);
	}
	if (json_object_is_type(document, json_type_object))
		add_unknown(d, document, o);
	return o;
}

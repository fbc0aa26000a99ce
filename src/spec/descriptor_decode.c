/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON -> structs. The members of an object are walked as the document has them and
 * looked up in the table, not the other way round: most members are absent. Counts are
 * set before elements are decoded, into zeroed memory, so that what failed half-way can
 * be released.
 */
#include <json-c/json.h>

#include "spec/descriptor.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

/* At least one, so that an empty array differs from an absent one when written back. */
static void *new_elements(size_t n, size_t size)
{
	return xcalloc(n ? n : 1, size);
}

static int decode_bool(const struct member *m, struct json_object *from, void *object,
		       const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_boolean))
		return json_path_mismatch(at, "true or false", from, err);
	*(bool *)member_at(object, m->offset) = json_object_get_boolean(from);
	if (m->has_flag)
		*(bool *)member_at(object, m->aux_offset) = true;
	return 0;
}

static int read_number(const struct member *m, struct json_object *from,
		       struct member_number *ret, const struct json_path *at,
		       struct error *err)
{
	if (json_object_is_type(from, json_type_double))
		return json_path_mismatch(at, "a whole number", from, err);
	if (!json_object_is_type(from, json_type_int))
		return json_path_mismatch(at, "a number", from, err);
	ret->i = json_object_get_int64(from);
	ret->u = json_object_get_uint64(from);
	if (member_number_fits(m, *ret))
		return 0;
	cleanup_free char *range = member_number_range(m);
	return json_path_mismatch(at, range, from, err);
}

static int decode_number(const struct member *m, struct json_object *from, void *object,
			 const struct json_path *at, struct error *err)
{
	struct member_number value = {0};

	int r = read_number(m, from, &value, at, err);
	if (r < 0)
		return r;
	member_set_number(m, object, value);
	return 0;
}

static int decode_string(struct json_object *from, char **ret, const struct json_path *at,
			 struct error *err)
{
	if (!json_object_is_type(from, json_type_string))
		return json_path_mismatch(at, "a string", from, err);
	*ret = xstrndup(json_object_get_string(from),
			(size_t)json_object_get_string_len(from));
	return 0;
}

static int decode_strings(struct json_object *from, char ***ret,
			  const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_array))
		return json_path_mismatch(at, "an array of strings", from, err);
	size_t n = json_object_array_length(from);
	char **v = *ret = new_elements(n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		struct json_path here = {.up = at, .index = i};
		int r = decode_string(json_object_array_get_idx(from, i), &v[i], &here,
				      err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_u32s(const struct member *m, struct json_object *from, void *object,
		       const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_array))
		return json_path_mismatch(at, "an array of numbers", from, err);
	size_t n = json_object_array_length(from);
	uint32_t *v = new_elements(n, sizeof(*v));
	*(uint32_t **)member_at(object, m->offset) = v;
	*member_count(m, object) = n;
	for (size_t i = 0; i < n; i++) {
		struct json_path here = {.up = at, .index = i};
		struct member_number value = {0};
		int r = read_number(m, json_object_array_get_idx(from, i), &value, &here,
				    err);
		if (r < 0)
			return r;
		v[i] = (uint32_t)value.u;
	}
	return 0;
}

static int decode_object(const struct member *m, struct json_object *from, void *object,
			 const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_object))
		return json_path_mismatch(at, "an object", from, err);
	void *sub = xcalloc(1, m->sub->size);
	*(void **)member_at(object, m->offset) = sub;
	return descriptor_decode(m->sub, from, sub, at, err);
}

static int decode_array(const struct member *m, struct json_object *from, void *object,
			const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_array))
		return json_path_mismatch(at, "an array of objects", from, err);
	size_t n = json_object_array_length(from);
	char *elements = new_elements(n, m->sub->size);
	*(void **)member_at(object, m->offset) = elements;
	*member_count(m, object) = n;
	for (size_t i = 0; i < n; i++) {
		struct json_path here = {.up = at, .index = i};
		int r = descriptor_decode(m->sub, json_object_array_get_idx(from, i),
					  elements + i * m->sub->size, &here, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_map(const struct member *m, struct json_object *from, void *object,
		      const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_object))
		return json_path_mismatch(at, "an object", from, err);
	size_t n = (size_t)json_object_object_length(from);
	char *element = new_elements(n, m->sub->size);
	*(void **)member_at(object, m->offset) = element;
	*member_count(m, object) = n;
	json_object_object_foreach (from, key, value) {
		struct json_path here = {.up = at, .name = key};
		*(char **)member_at(element, m->sub->key_offset) = xstrdup(key);
		int r = descriptor_decode(m->sub, value, element, &here, err);
		if (r < 0)
			return r;
		element += m->sub->size;
	}
	return 0;
}

static int decode_string_map(const struct member *m, struct json_object *from,
			     void *object, const struct json_path *at, struct error *err)
{
	if (!json_object_is_type(from, json_type_object))
		return json_path_mismatch(at, "an object", from, err);
	size_t n = (size_t)json_object_object_length(from);
	struct spec_key_value *pair = new_elements(n, sizeof(*pair));
	*(void **)member_at(object, m->offset) = pair;
	*member_count(m, object) = n;
	json_object_object_foreach (from, key, value) {
		struct json_path here = {.up = at, .name = key};
		pair->key = xstrdup(key);
		int r = decode_string(value, &pair->value, &here, err);
		if (r < 0)
			return r;
		pair++;
	}
	return 0;
}

static int decode_keys(struct json_object *from, char ***ret, const struct json_path *at,
		       struct error *err)
{
	if (!json_object_is_type(from, json_type_object))
		return json_path_mismatch(at, "an object", from, err);
	size_t n = 0;
	char **v = *ret =
		new_elements((size_t)json_object_object_length(from) + 1, sizeof(*v));
	json_object_object_foreach (from, key, value) {
		struct json_path here = {.up = at, .name = key};
		if (value && !json_object_is_type(value, json_type_object))
			return json_path_mismatch(&here, "an object", value, err);
		v[n++] = xstrdup(key);
	}
	return 0;
}

static int decode_member(const struct member *m, struct json_object *from, void *object,
			 const struct json_path *at, struct error *err)
{
	void *field = member_at(object, m->offset);

	switch (m->type) {
	case MEMBER_BOOL:
		return decode_bool(m, from, object, at, err);
	case MEMBER_U16:
	case MEMBER_U32:
	case MEMBER_I32:
	case MEMBER_U64:
	case MEMBER_I64:
		return decode_number(m, from, object, at, err);
	case MEMBER_STRING:
		return decode_string(from, field, at, err);
	case MEMBER_STRINGS:
		return decode_strings(from, field, at, err);
	case MEMBER_U32S:
		return decode_u32s(m, from, object, at, err);
	case MEMBER_EMBEDDED:
		return descriptor_decode(m->sub, from, field, at, err);
	case MEMBER_OBJECT:
		return decode_object(m, from, object, at, err);
	case MEMBER_ARRAY:
		return decode_array(m, from, object, at, err);
	case MEMBER_MAP:
		return decode_map(m, from, object, at, err);
	case MEMBER_STRING_MAP:
		return decode_string_map(m, from, object, at, err);
	case MEMBER_KEYS:
		return decode_keys(from, field, at, err);
	}
	return 0;
}

/* Numbers and booleans can't be NULL: whether they were there is known only here. */
static int check_present(const struct descriptor *d, uint64_t seen,
			 const struct json_path *at, struct error *err)
{
	for (size_t i = 0; i < d->n_members; i++) {
		const struct member *m = &d->members[i];
		if (!m->required || seen & UINT64_C(1) << i)
			continue;
		struct json_path here = {.up = at, .name = m->name};
		if (member_is_number(m) || m->type == MEMBER_BOOL)
			return json_path_error(&here, err, "missing");
	}
	return 0;
}

int descriptor_decode(const struct descriptor *d, struct json_object *from, void *object,
		      const struct json_path *at, struct error *err)
{
	uint64_t seen = 0;
	size_t cursor = 0;

	if (!json_object_is_type(from, json_type_object))
		return json_path_mismatch(at, "an object", from, err);
	json_object_object_foreach (from, key, value) {
		const struct member *m = descriptor_find(d, key, &cursor);
		if (!m || !value)
			continue;
		struct json_path here = {.up = at, .name = m->name};
		int r = decode_member(m, value, object, &here, err);
		if (r < 0)
			return r;
		seen |= UINT64_C(1) << (m - d->members);
	}
	return check_present(d, seen, at, err);
}

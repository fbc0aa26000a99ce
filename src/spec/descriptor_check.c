/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables demand of structs, whether they were read or built in C. */
#include <inttypes.h>

#include "spec/descriptor.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/str.h"

static int check_number(const struct member *m, const void *object,
			const struct json_path *at, struct error *err)
{
	struct member_number value = member_get_number(m, object);

	if (!m->max || !member_has(m, object) || member_number_fits(m, value))
		return 0;
	cleanup_free char *range = member_number_range(m);
	if (value.i < 0)
		return json_path_error(at, err, "expected %s, got %" PRId64, range,
				       value.i);
	return json_path_error(at, err, "expected %s, got %" PRIu64, range, value.u);
}

static int unknown_word(const struct word_list *list, const char *value,
			const struct json_path *at, struct error *err)
{
	cleanup_json struct json_object *json = json_object_new_string(value);
	cleanup_free char *shown = json_describe(json); /* cut, where it is long */
	const char *meant = str_nearest(value, list->words);

	int r = json_path_error(at, err, "unknown %s %s", list->noun, shown);
	return meant ? error_hint(err, "did you mean \"%s\"?", meant) : r;
}

/* A string, one of an array, or a key. */
static int check_text(const struct member *m, const char *value,
		      const struct json_path *at, struct error *err)
{
	if (m->words && !strv_has((char *const *)m->words->words, value))
		return unknown_word(m->words, value, at, err);
	const char *expected = m->form ? m->form(value) : NULL;
	return expected ? json_path_mismatch_str(at, expected, value, err) : 0;
}

static int check_string(const struct member *m, const char *value,
			const struct json_path *at, struct error *err)
{
	if (!value)
		return m->required ? json_path_error(at, err, "missing") : 0;
	if (m->not_empty && !*value)
		return json_path_error(at, err, "is empty");
	return check_text(m, value, at, err);
}

static int check_strings(const struct member *m, char **v, const struct json_path *at,
			 struct error *err)
{
	if (!v)
		return m->required ? json_path_error(at, err, "missing") : 0;
	if (m->not_empty && !*v)
		return json_path_error(at, err, "is empty");
	if (!m->words && !m->form)
		return 0;
	for (size_t i = 0; v[i]; i++) {
		struct json_path here = {.up = at, .index = i};
		int r = check_text(m, v[i], &here, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_elements(const struct member *m, const void *object,
			  const struct json_path *at, struct error *err)
{
	const char *element = member_pointer(m, object);

	for (size_t i = 0; i < *member_count(m, object); i++, element += m->sub->size) {
		struct json_path here = {.up = at, .index = i};
		int r = 0;
		if (m->type == MEMBER_MAP) {
			here.name = *(char **)member_at(element, m->sub->key_offset);
			r = check_text(m, here.name, at, err);
		}
		if (r == 0)
			r = descriptor_check(m->sub, element, &here, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_string_map(const struct member *m, const void *object,
			    const struct json_path *at, struct error *err)
{
	const struct spec_key_value *pairs = member_pointer(m, object);

	for (size_t i = 0; i < *member_count(m, object); i++) {
		struct json_path here = {.up = at, .name = pairs[i].key};
		int r = check_text(m, pairs[i].key, at, err);
		if (r < 0)
			return r;
		if (!pairs[i].value)
			return json_path_error(&here, err, "missing");
	}
	return 0;
}

static int check_object(const struct member *m, const void *sub,
			const struct json_path *at, struct error *err)
{
	if (!sub)
		return m->required ? json_path_error(at, err, "missing") : 0;
	return descriptor_check(m->sub, sub, at, err);
}

static int check_member(const struct member *m, const void *object,
			const struct json_path *at, struct error *err)
{
	switch (m->type) {
	case MEMBER_U16:
	case MEMBER_U32:
	case MEMBER_I32:
	case MEMBER_U64:
	case MEMBER_I64:
		return check_number(m, object, at, err);
	case MEMBER_STRING:
		return check_string(m, member_pointer(m, object), at, err);
	case MEMBER_STRINGS:
	case MEMBER_KEYS:
		return check_strings(m, member_pointer(m, object), at, err);
	case MEMBER_EMBEDDED:
		return check_object(m, member_at(object, m->offset), at, err);
	case MEMBER_OBJECT:
		return check_object(m, member_pointer(m, object), at, err);
	case MEMBER_ARRAY:
	case MEMBER_MAP:
		return check_elements(m, object, at, err);
	case MEMBER_STRING_MAP:
		return check_string_map(m, object, at, err);
	case MEMBER_BOOL:
	case MEMBER_U32S: /* ranges were checked when read; nothing else can be wrong */
		break;
	}
	return 0;
}

int descriptor_check(const struct descriptor *d, const void *object,
		     const struct json_path *at, struct error *err)
{
	for (size_t i = 0; i < d->n_members; i++) {
		const struct member *m = &d->members[i];
		struct json_path here = {.up = at, .name = m->name};
		int r = check_member(m, object, &here, err);
		if (r < 0)
			return r;
	}
	return d->check ? d->check(object, at, err) : 0;
}

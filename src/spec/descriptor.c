/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/descriptor.h"

#include <inttypes.h>
#include <string.h>

#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

const struct member *descriptor_find(const struct descriptor *d, const char *name,
				     size_t *cursor)
{
	for (size_t i = 0; i < d->n_members; i++) {
		size_t at = *cursor + i;
		if (at >= d->n_members)
			at -= d->n_members;
		if (strcmp(d->members[at].name, name) == 0) {
			*cursor = at + 1 < d->n_members ? at + 1 : 0;
			return &d->members[at];
		}
	}
	return NULL;
}

bool member_is_number(const struct member *m)
{
	switch (m->type) {
	case MEMBER_U16:
	case MEMBER_U32:
	case MEMBER_I32:
	case MEMBER_U64:
	case MEMBER_I64:
		return true;
	case MEMBER_BOOL:
	case MEMBER_STRING:
	case MEMBER_STRINGS:
	case MEMBER_U32S:
	case MEMBER_EMBEDDED:
	case MEMBER_OBJECT:
	case MEMBER_ARRAY:
	case MEMBER_MAP:
	case MEMBER_STRING_MAP:
	case MEMBER_KEYS:
		break;
	}
	return false;
}

static bool is_signed(enum member_type type)
{
	return type == MEMBER_I32 || type == MEMBER_I64;
}

struct member_number member_get_number(const struct member *m, const void *object)
{
	const void *from = member_at(object, m->offset);
	struct member_number value = {0};

	if (m->type == MEMBER_U16)
		value.u = *(const uint16_t *)from;
	else if (m->type == MEMBER_U32)
		value.u = *(const uint32_t *)from;
	else if (m->type == MEMBER_I32)
		value.i = *(const int32_t *)from;
	else if (m->type == MEMBER_U64)
		value.u = *(const uint64_t *)from;
	else if (m->type == MEMBER_I64)
		value.i = *(const int64_t *)from;
	if (is_signed(m->type))
		value.u = value.i < 0 ? 0 : (uint64_t)value.i;
	else
		value.i = value.u > INT64_MAX ? INT64_MAX : (int64_t)value.u;
	return value;
}

void member_set_number(const struct member *m, void *object, struct member_number value)
{
	void *to = member_at(object, m->offset);

	if (m->type == MEMBER_U16)
		*(uint16_t *)to = (uint16_t)value.u;
	else if (m->type == MEMBER_U32)
		*(uint32_t *)to = (uint32_t)value.u;
	else if (m->type == MEMBER_I32)
		*(int32_t *)to = (int32_t)value.i;
	else if (m->type == MEMBER_U64)
		*(uint64_t *)to = value.u;
	else if (m->type == MEMBER_I64)
		*(int64_t *)to = value.i;
	if (m->has_flag)
		*(bool *)member_at(object, m->aux_offset) = true;
}

static void number_range(const struct member *m, int64_t *min, uint64_t *max)
{
	*min = 0;
	*max = UINT64_MAX;
	if (m->max) {
		*min = m->min;
		*max = m->max;
	} else if (m->type == MEMBER_U16) {
		*max = UINT16_MAX;
	} else if (m->type == MEMBER_U32 || m->type == MEMBER_U32S) {
		*max = UINT32_MAX;
	} else if (m->type == MEMBER_I32) {
		*min = INT32_MIN;
		*max = INT32_MAX;
	} else if (m->type == MEMBER_I64) {
		*min = INT64_MIN;
		*max = INT64_MAX;
	}
}

bool member_number_fits(const struct member *m, struct member_number value)
{
	int64_t min;
	uint64_t max;

	number_range(m, &min, &max);
	return value.i >= min && value.u <= max;
}

char *member_number_range(const struct member *m)
{
	int64_t min;
	uint64_t max;

	number_range(m, &min, &max);
	return xasprintf("a number from %" PRId64 " to %" PRIu64, min, max);
}

static void release_elements(const struct member *m, void *object)
{
	char *elements = member_pointer(m, object);

	for (size_t i = 0; i < *member_count(m, object); i++) {
		void *element = elements + i * m->sub->size;
		descriptor_release(m->sub, element);
		if (m->type == MEMBER_MAP)
			free(*(char **)member_at(element, m->sub->key_offset));
	}
	free(elements);
}

static void release_string_map(const struct member *m, void *object)
{
	struct spec_key_value *pairs = member_pointer(m, object);

	for (size_t i = 0; i < *member_count(m, object); i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
	free(pairs);
}

static void release_member(const struct member *m, void *object)
{
	switch (m->type) {
	case MEMBER_STRING:
	case MEMBER_U32S:
		free(member_pointer(m, object));
		break;
	case MEMBER_STRINGS:
	case MEMBER_KEYS:
		strv_free(member_pointer(m, object));
		break;
	case MEMBER_EMBEDDED:
		descriptor_release(m->sub, member_at(object, m->offset));
		break;
	case MEMBER_OBJECT:
		descriptor_free(m->sub, member_pointer(m, object));
		break;
	case MEMBER_ARRAY:
	case MEMBER_MAP:
		release_elements(m, object);
		break;
	case MEMBER_STRING_MAP:
		release_string_map(m, object);
		break;
	case MEMBER_BOOL:
	case MEMBER_U16:
	case MEMBER_U32:
	case MEMBER_I32:
	case MEMBER_U64:
	case MEMBER_I64:
		break;
	}
}

void descriptor_release(const struct descriptor *d, void *object)
{
	for (size_t i = 0; i < d->n_members; i++)
		release_member(&d->members[i], object);
}

void descriptor_free(const struct descriptor *d, void *object)
{
	if (!object)
		return;
	descriptor_release(d, object);
	free(object);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: tables that say which JSON member belongs to which field of a C struct.
 * One reader, checker, writer and destructor work for every struct by walking its table,
 * so a new member of the specification is one more row.
 *
 * A struct owns all it points to. A row's C type is taken from the struct itself by the
 * macros below; a row that doesn't fit its field doesn't compile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/json_path.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

enum member_type {
	MEMBER_BOOL,
	MEMBER_U16,
	MEMBER_U32,
	MEMBER_I32,
	MEMBER_U64,
	MEMBER_I64,
	MEMBER_STRING,   /* char * */
	MEMBER_STRINGS,  /* char **, NULL-terminated; [] is not NULL but empty */
	MEMBER_U32S,     /* uint32_t *, counted */
	MEMBER_EMBEDDED, /* struct x */
	MEMBER_OBJECT,   /* struct x * */
	MEMBER_ARRAY,    /* struct x *, counted, from a JSON array of objects */
	MEMBER_MAP, /* struct x *, counted, from a JSON object of objects; x has the key
		     */
	MEMBER_STRING_MAP, /* struct spec_key_value *, counted, from a JSON object of
			      strings */
	MEMBER_KEYS, /* char **, NULL-terminated: the keys of a JSON object whose values
			say nothing, each {} or null */
};

/* The words that a string may be; the noun is for 'unknown NOUN "foo"'. */
struct word_list {
	const char *noun;
	const char *const *words; /* NULL-terminated */
};

struct member {
	const char *name; /* in JSON */
	enum member_type type;
	bool required, not_empty;
	bool has_flag;   /* aux_offset is that of the has_ flag */
	bool omit_empty; /* an object without members is not written */
	size_t offset;
	size_t aux_offset; /* of the has_ flag (numbers) or of the count (arrays, maps) */
	const struct descriptor *sub;
	/* For strings, each of an array of strings, or the keys of a map: */
	const struct word_list *words;
	const char *(*form)(const char *value); /* NULL, or what was expected instead */
	int64_t min;                            /* for numbers, if max isn't 0 */
	uint64_t max;
};

struct descriptor {
	size_t size;
	const struct member *members;
	size_t n_members;  /* at most 64 */
	const char *key;   /* JSON name of the member that tells array elements apart, or
			      NULL */
	size_t key_offset; /* of that member, or of a map element's key: a char * */
	/* What no single member can tell; runs after the members were found good. */
	int (*check)(const void *object, const struct json_path *at, struct error *err);
};

/*
 * descriptor_decode() - fill *object, which is zeroed, from JSON: types, ranges of
 * numbers, and that required numbers are there. null is the same as absent; unknown
 * members are skipped. On failure *object is half filled; descriptor_release() it.
 * ERR_INVALID only.
 */
int descriptor_decode(const struct descriptor *d, struct json_object *from, void *object,
		      const struct json_path *at, struct error *err) _must_check_;

/* descriptor_check() - everything else that tables and check functions say. ERR_INVALID
 * only. */
int descriptor_check(const struct descriptor *d, const void *object,
		     const struct json_path *at, struct error *err) _must_check_;

/*
 * descriptor_encode() - the JSON of an object; caller owns. `document`, where the object
 * came from (may be NULL): its unknown members are written again, and so are members that
 * were there with their default value (false, 0).
 */
struct json_object *descriptor_encode(const struct descriptor *d, const void *object,
				      struct json_object *document);

/* descriptor_release() - free what *object owns; descriptor_free() - and the object
 * itself. */
void descriptor_release(const struct descriptor *d, void *object);
void descriptor_free(const struct descriptor *d, void *object);

/* descriptor_find() - the row of a JSON name, or NULL. *cursor (0 at first) is where to
 * look first: documents mostly keep the order of the tables. */
const struct member *descriptor_find(const struct descriptor *d, const char *name,
				     size_t *cursor);

/* A number of any of the types: what is below 0 is 0 in u, what is over INT64_MAX is
 * INT64_MAX in i. */
struct member_number {
	int64_t i;
	uint64_t u;
};
bool member_is_number(const struct member *m);
struct member_number member_get_number(const struct member *m, const void *object);
void member_set_number(const struct member *m, void *object, struct member_number value);
/* member_number_fits() - the row's range, or else that of its type. */
bool member_number_fits(const struct member *m, struct member_number value);
/* member_number_range() - "a number from 0 to 65535". Caller frees. */
char *member_number_range(const struct member *m);

static inline void *member_at(const void *object, size_t offset)
{
	return (char *)object + offset;
}

static inline size_t *member_count(const struct member *m, const void *object)
{
	return member_at(object, m->aux_offset);
}

static inline void *member_pointer(const struct member *m, const void *object)
{
	return *(void **)member_at(object, m->offset);
}

static inline bool member_has(const struct member *m, const void *object)
{
	return !m->has_flag || *(bool *)member_at(object, m->aux_offset);
}

/* Rows. `s` and `element` are struct tags, `m` a field, `json` its name in JSON. */
#define FIELD_(s, m) (((struct s *)0)->m)
#define VALUE_TYPE_(field) \
	_Generic((field),              \
		bool: MEMBER_BOOL,     \
		uint16_t: MEMBER_U16,  \
		uint32_t: MEMBER_U32,  \
		int32_t: MEMBER_I32,   \
		uint64_t: MEMBER_U64,  \
		int64_t: MEMBER_I64,   \
		char *: MEMBER_STRING, \
		char **: MEMBER_STRINGS)
/* offsetof, which compiles only for a field of this type */
#define OFFSET_(s, m, type)                                                       \
	(offsetof(struct s, m) +                                                  \
	 0 * sizeof(char[__builtin_types_compatible_p(typeof(FIELD_(s, m)), type) \
				 ? 1                                              \
				 : -1]))

#define VALUE(s, m, json, ...)                                     \
	{                                                          \
		.name = (json), .type = VALUE_TYPE_(FIELD_(s, m)), \
		.offset = offsetof(struct s, m), ##__VA_ARGS__     \
	}
#define OPTIONAL(s, m, json, ...)                                                    \
	VALUE(s, m, json, .has_flag = true, .aux_offset = OFFSET_(s, has_##m, bool), \
	      ##__VA_ARGS__)
#define NUMBERS(s, m, json, ...)                                       \
	{                                                              \
		.name = (json), .type = MEMBER_U32S,                   \
		.offset = OFFSET_(s, m, uint32_t *),                   \
		.aux_offset = OFFSET_(s, n_##m, size_t), ##__VA_ARGS__ \
	}
#define EMBEDDED(s, m, json, element, ...)                                             \
	{                                                                              \
		.name = (json), .type = MEMBER_EMBEDDED,                               \
		.offset = OFFSET_(s, m, struct element), .sub = &element##_descriptor, \
		##__VA_ARGS__                                                          \
	}
#define OBJECT(s, m, json, element, ...)                                                 \
	{                                                                                \
		.name = (json), .type = MEMBER_OBJECT,                                   \
		.offset = OFFSET_(s, m, struct element *), .sub = &element##_descriptor, \
		##__VA_ARGS__                                                            \
	}
#define ARRAY(s, m, json, element, ...)                                                \
	{                                                                              \
		.name = (json), .type = MEMBER_ARRAY,                                  \
		.offset = OFFSET_(s, m, struct element *),                             \
		.aux_offset = OFFSET_(s, n_##m, size_t), .sub = &element##_descriptor, \
		##__VA_ARGS__                                                          \
	}
#define MAP(s, m, json, element, ...)                                                  \
	{                                                                              \
		.name = (json), .type = MEMBER_MAP,                                    \
		.offset = OFFSET_(s, m, struct element *),                             \
		.aux_offset = OFFSET_(s, n_##m, size_t), .sub = &element##_descriptor, \
		##__VA_ARGS__                                                          \
	}
#define STRING_MAP(s, m, json, ...)                                    \
	{                                                              \
		.name = (json), .type = MEMBER_STRING_MAP,             \
		.offset = OFFSET_(s, m, struct spec_key_value *),      \
		.aux_offset = OFFSET_(s, n_##m, size_t), ##__VA_ARGS__ \
	}
#define KEYS(s, m, json, ...)                                                          \
	{                                                                              \
		.name = (json), .type = MEMBER_KEYS, .offset = OFFSET_(s, m, char **), \
		##__VA_ARGS__                                                          \
	}

/* The descriptor of struct s, from the rows in s##_members. */
#define DESCRIPTOR(s, ...)                                                              \
	const struct descriptor s##_descriptor = {.size = sizeof(struct s),             \
						  .members = s##_members,               \
						  .n_members = ARRAY_SIZE(s##_members), \
						  ##__VA_ARGS__};                       \
	_Static_assert(ARRAY_SIZE(s##_members) <= 64, "rows of " #s)
#define KEY(s, m, json) .key = (json), .key_offset = OFFSET_(s, m, char *)

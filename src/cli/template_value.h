/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that a template works with, made of JSON. Go knows structs and maps apart, JSON does
 * not: an object is a map if the member that holds it is known for that in podman's documents
 * ("Labels"), else a struct. It matters for a name that is not there (a map: nothing; a struct: an
 * error) and for printing (map[a:b] or {b}). A null is an empty list, or map, as it is in podman.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

enum tvalue_kind {
	TVALUE_NONE, /* what a map does not have: "<no value>" */
	TVALUE_NIL,
	TVALUE_BOOL,
	TVALUE_INT,
	TVALUE_FLOAT,
	TVALUE_TEXT,
	TVALUE_LIST,
	TVALUE_MAP,
	TVALUE_STRUCT,
};

struct tvalue {
	enum tvalue_kind kind;
	bool boolean;  /* BOOL */
	bool is_time;  /* TEXT: a time, RFC 3339 (template_time.h) */
	bool negative; /* INT: its sign... */
	uint64_t size; /* ...and its amount */
	double real;
	const char *text; /* TEXT: borrowed, may hold NULs */
	size_t len;
	struct json_object *o; /* LIST, MAP, STRUCT: borrowed, NULL if empty */
};

struct tvalue tvalue_int(int64_t number);
struct tvalue tvalue_bool(bool b);
struct tvalue tvalue_text(const char *text, size_t len);

/* tvalue_of_json() - o as the member `name` of something, NULL: a list's. */
struct tvalue tvalue_of_json(struct json_object *o, const char *name);

/* tvalue_member() - false if a map or struct has no such member; it may be null. */
bool tvalue_member(const struct tvalue *v, const char *name, struct tvalue *ret);

/* tvalue_is_true() - as `if` sees it. */
bool tvalue_is_true(const struct tvalue *v);
/* tvalue_count() - members, elements, bytes of a text; 0 for what has none. */
size_t tvalue_count(const struct tvalue *v);
/* tvalue_element() - of a list; i < tvalue_count(). */
struct tvalue tvalue_element(const struct tvalue *v, size_t i);
/* tvalue_keys() - of a map or struct, sorted bytewise if asked; in the arena, NULL-terminated. */
const char **tvalue_keys(const struct tvalue *v, bool sorted, struct arena *a);
/* tvalue_type() - Go's word for it: "int", "[]interface {}". */
const char *tvalue_type(const struct tvalue *v);
/* tvalue_index() - the value as a number for counting, 0..INT64_MAX, or -1. */
int64_t tvalue_index(const struct tvalue *v);
/* tvalue_is_untyped() - it is nothing at all, or nil. */
bool tvalue_is_untyped(const struct tvalue *v);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table a struct says which member of the JSON is which member of the struct, and what it may be.
 * Writing, reading and releasing all go by these tables, so that they cannot disagree. What is read
 * may come from a process that has read what strangers wrote: a member that the table doesn't name,
 * a number out of its range, a digest that is none are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

enum field_kind {
	FIELD_TEXT,
	FIELD_DIGEST,
	FIELD_STRV,
	FIELD_BOOL,
	FIELD_I64,
	FIELD_INT,
	FIELD_STRUCT, /* in the struct itself */
	FIELD_LIST,   /* a pointer to structs, and a size_t that counts them */
};

struct field_table;

struct field {
	const char *key;
	size_t offset;
	enum field_kind kind;
	bool needed;      /* texts and digests: not NULL */
	int64_t min, max; /* of numbers; how many items a list may have */
	const struct field_table *sub;
	size_t count_offset; /* FIELD_LIST */
};

struct field_table {
	const char *what; /* for messages */
	const char *event;
	size_t size;
	const struct field *fields;
	size_t n_fields;
};

/* fields_to_json() - caller owns. NULL texts and lists, and false, are left out. */
struct json_object *fields_to_json(const struct field_table *t, const void *base);

/* fields_parse() - the whole struct, or nothing. Numbers, structs and lists must be there. */
int fields_parse(const struct field_table *t, struct json_object *o, void *base,
		 struct error *err) _must_check_;

/* fields_release() - what the struct owns; it is zeroed. */
void fields_release(const struct field_table *t, void *base);

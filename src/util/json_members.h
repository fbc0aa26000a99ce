/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A struct as a JSON object, by a table of its members: for documents of our own making. Members that
 * the table doesn't have are dropped, those that the document doesn't have keep their value.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

enum json_member_type {
	JSON_MEMBER_STR,  /* char *, owned; NULL is left out */
	JSON_MEMBER_STRV, /* char **, owned; NULL is left out */
	JSON_MEMBER_BOOL, /* bool; false is left out */
	JSON_MEMBER_INT,  /* int */
	JSON_MEMBER_I64,  /* int64_t; 0 is left out: what is read has 0 there before */
	JSON_MEMBER_U64,  /* uint64_t */
};

struct json_member {
	const char *key; /* NULL ends a table */
	enum json_member_type type;
	size_t offset;
};

#define JSON_MEMBER(struct_type, json_key, json_type, member)       \
	{                                                           \
		.key = (json_key), .type = JSON_MEMBER_##json_type, \
		.offset = offsetof(struct_type, member)             \
	}

/* json_members_add() - what the struct holds, into an object. */
void json_members_add(struct json_object *o, const struct json_member *table,
		      const void *values);

/* json_members_read() - out of an object into a struct, which owns its strings then. On failure some may
 * be set: release them. */
int json_members_read(struct json_object *o, const struct json_member *table,
		      void *values, struct error *err) _must_check_;

/* json_members_release() - free the strings; what they were is left dangling. */
void json_members_release(const struct json_member *table, void *values);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers over json-c: parse with a sentence on failure, getters that check types and
 * report the JSON path ('process.user.uid: expected a number, got "root"'), whole 64-bit
 * numbers.
 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

static inline _unused_ void json_put(struct json_object *o)
{
	json_object_put(o);
}
DEFINE_CLEANUP(struct json_object *, json_put)
#define cleanup_json cleanup(json_putp)

/* json_parse() - one whole JSON text: trailing bytes, invalid UTF-8, depth over 64, and a
 * key that stands twice in an object are errors; `what` names the text in messages
 * ("config.json"), with line and column. */
int json_parse(const char *text, size_t len, const char *what, struct json_object **ret,
	       struct error *err) _must_check_;

/* json_parse_own() - a text of our own making (a line of a log): as json_parse(), but NUL
 * bytes may stand in strings and a key may stand twice. */
int json_parse_own(const char *text, size_t len, const char *what,
		   struct json_object **ret, struct error *err) _must_check_;

/* json_describe() - a value for messages: "root" in quotes, 12, true, an object, null.
 * Caller frees. */
char *json_describe(struct json_object *o);

/*
 * json_to_*() - a value, type-checked; `path` names it in the message. Numbers must be
 * integers in range (1e3 and 1.5 are refused).
 */
int json_to_u64(struct json_object *o, const char *path, uint64_t *ret,
		struct error *err) _must_check_;
int json_to_i64(struct json_object *o, const char *path, int64_t *ret,
		struct error *err) _must_check_;
int json_to_bool(struct json_object *o, const char *path, bool *ret,
		 struct error *err) _must_check_;
int json_to_double(struct json_object *o, const char *path, double *ret,
		   struct error *err) _must_check_;
int json_to_str(struct json_object *o, const char *path, const char **ret,
		struct error *err) _must_check_;
/* json_to_bytes() - as json_to_str, with the length: the text may hold NUL bytes. */
int json_to_bytes(struct json_object *o, const char *path, const char **ret,
		  size_t *ret_len, struct error *err) _must_check_;
int json_to_strv(struct json_object *o, const char *path, char ***ret,
		 struct error *err) _must_check_;

/* json_get() - member of an object, NULL if absent or null. */
struct json_object *json_get(struct json_object *o, const char *key);
/* json_get_str() - member of an object that is a string; NULL if it is absent or anything
 * else. Points into the tree. */
const char *json_get_str(struct json_object *o, const char *key);

/* Building; NULL strings add nothing. */
void json_add_str(struct json_object *o, const char *key, const char *value);
void json_add_u64(struct json_object *o, const char *key, uint64_t value);
void json_add_i64(struct json_object *o, const char *key, int64_t value);
void json_add_bool(struct json_object *o, const char *key, bool value);
void json_add_strv(struct json_object *o, const char *key,
		   char *const *v); /* [] for NULL */
void json_add(struct json_object *o, const char *key,
	      struct json_object *value); /* takes value */

/* json_text() - serialised, owned by the caller. pretty: two spaces, as jq. No escaped
 * slashes. */
char *json_text(struct json_object *o, bool pretty);

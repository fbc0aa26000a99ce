/* SPDX-License-Identifier: Apache-2.0 */
/* How a table came to be lies in its JSON object's user data, as a number: no memory is held. */
#include "toml/toml_table.h"

#include <stdint.h>
#include <string.h>

#include "toml/toml_string.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

enum origin {
	ON_THE_WAY = 0,
	DEFINED = 1,
	INLINE = 2,
	ELEMENTS = 3, /* an array of [[header]]s; other arrays are ON_THE_WAY */
	DOTTED = 4,   /* plus the number of its section */
};

static uintptr_t origin_of(struct json_object *o)
{
	return (uintptr_t)json_object_get_userdata(o);
}

static struct json_object *with_origin(struct json_object *o, uintptr_t origin)
{
	json_object_set_userdata(o, (void *)origin, NULL);
	return o;
}

struct json_object *toml_table_inline(void)
{
	return with_origin(json_object_new_object(), INLINE);
}

static bool is_table(struct json_object *o)
{
	return json_object_is_type(o, json_type_object);
}

static int fail_key(const struct toml_reader *r, size_t at, const char *name,
		    const char *problem)
{
	cleanup_free char *shown = xstrndup(name, 100);
	cleanup_free char *quoted = str_quote(shown);
	cleanup_free char *reason = xasprintf("%s %s", quoted, problem);

	return toml_fail_at(r, at, reason);
}

static int bare_key(struct toml_reader *r, char **ret)
{
	size_t start = r->at;

	while (toml_peek(r) != '\0' && strchr("abcdefghijklmnopqrstuvwxyz"
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
					      toml_peek(r)))
		r->at++;
	if (r->at == start)
		return toml_fail(r, "expected a key");
	*ret = xstrndup(r->text + start, r->at - start);
	return 0;
}

int toml_key(struct toml_reader *r, char ***ret)
{
	cleanup_strv char **key = NULL;

	do {
		char *part = NULL;
		toml_skip_blanks(r);
		bool quoted = toml_peek(r) == '"' || toml_peek(r) == '\'';
		int result = toml_enter(r);
		if (result == 0)
			result =
				quoted ? toml_string(r, true, &part) : bare_key(r, &part);
		if (result < 0)
			return result;
		strv_add_take(&key, part);
		toml_skip_blanks(r);
	} while (toml_take(r, "."));
	*ret = TAKE_PTR(key);
	return 0;
}

/* The table that a dotted key goes through. */
static int step_dotted(struct toml_reader *r, struct json_object **table,
		       const char *name, size_t at)
{
	struct json_object *next = json_get(*table, name);
	uintptr_t ours = DOTTED + r->section;

	if (!next) {
		next = json_object_new_object();
		json_add(*table, name, next);
	} else if (!is_table(next)) {
		return fail_key(r, at, name, "is a value already, not a table");
	} else if (origin_of(next) != ON_THE_WAY && origin_of(next) != ours) {
		return fail_key(r, at, name,
				"is a table that was defined elsewhere already");
	}
	*table = with_origin(next, ours);
	return 0;
}

int toml_table_add(struct toml_reader *r, struct json_object *table, char *const *key,
		   size_t at, struct json_object *value)
{
	int result = 0;

	for (; key[1] && result == 0; key++)
		result = step_dotted(r, &table, *key, at);
	if (result == 0 && json_get(table, *key))
		result = fail_key(r, at, *key, "stands twice");
	if (result < 0)
		json_object_put(value);
	else
		json_add(table, *key, value);
	return result;
}

/* The table that a header goes through: of several elements the last. */
static int step_header(struct toml_reader *r, struct json_object **table,
		       const char *name, size_t at)
{
	struct json_object *next = json_get(*table, name);

	if (!next) {
		next = json_object_new_object();
		json_add(*table, name, next);
	}
	if (json_object_is_type(next, json_type_array) && origin_of(next) == ELEMENTS)
		next = json_object_array_get_idx(next,
						 json_object_array_length(next) - 1);
	if (!is_table(next))
		return fail_key(r, at, name, "is a value already, not a table");
	if (origin_of(next) == INLINE)
		return fail_key(r, at, name, "is an inline table, which is complete");
	*table = next;
	return 0;
}

static int open_element(struct toml_reader *r, struct json_object *table,
			const char *name, size_t at, struct json_object **ret)
{
	struct json_object *array = json_get(table, name);

	if (!array) {
		array = with_origin(json_object_new_array(), ELEMENTS);
		json_add(table, name, array);
	}
	if (!json_object_is_type(array, json_type_array) || origin_of(array) != ELEMENTS)
		return fail_key(r, at, name, "is something else already");
	*ret = with_origin(json_object_new_object(), DEFINED);
	json_object_array_add(array, *ret);
	return 0;
}

static int open_table(struct toml_reader *r, struct json_object *table, const char *name,
		      size_t at, struct json_object **ret)
{
	struct json_object *o = json_get(table, name);

	if (!o) {
		o = json_object_new_object();
		json_add(table, name, o);
	}
	if (!is_table(o))
		return fail_key(r, at, name, "is something else already");
	if (origin_of(o) != ON_THE_WAY)
		return fail_key(r, at, name, "is a table that was defined already");
	*ret = with_origin(o, DEFINED);
	return 0;
}

int toml_table_open(struct toml_reader *r, struct json_object *root, char *const *key,
		    bool as_element, size_t at, struct json_object **ret)
{
	struct json_object *table = root;

	for (; key[1]; key++) {
		int result = step_header(r, &table, *key, at);
		if (result < 0)
			return result;
	}
	return as_element ? open_element(r, table, *key, at, ret)
			  : open_table(r, table, *key, at, ret);
}

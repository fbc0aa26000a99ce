/* SPDX-License-Identifier: Apache-2.0 */
#include "toml/toml_value.h"

#include "toml/toml_scalar.h"
#include "toml/toml_string.h"
#include "toml/toml_table.h"
#include "util/json.h"
#include "util/str.h"

static int take_value(struct toml_reader *r, struct json_object **ret);

static int take_array(struct toml_reader *r, struct json_object **ret)
{
	cleanup_json struct json_object *array = json_object_new_array();

	r->at++;
	for (;;) {
		struct json_object *item = NULL;
		toml_skip_lines(r);
		if (toml_take(r, "]"))
			break;
		int result = take_value(r, &item);
		if (result < 0)
			return result;
		json_object_array_add(array, item);
		toml_skip_lines(r);
		if (!toml_take(r, ",") && toml_peek(r) != ']')
			return toml_fail(r, "expected ',' or ']' in an array");
	}
	*ret = TAKE_PTR(array);
	return 0;
}

/* Its dotted keys are a section of their own. */
static int take_inline_table(struct toml_reader *r, struct json_object **ret)
{
	cleanup_json struct json_object *table = toml_table_inline();
	size_t outer = r->section;

	r->at++;
	r->section = ++r->sections;
	toml_skip_blanks(r);
	if (!toml_take(r, "}")) {
		do {
			int result = toml_pair(r, table);
			if (result < 0)
				return result;
			toml_skip_blanks(r);
		} while (toml_take(r, ","));
		if (!toml_take(r, "}"))
			return toml_fail(r, "expected ',' or '}' in an inline table");
	}
	r->section = outer;
	*ret = TAKE_PTR(table);
	return 0;
}

static int take_text(struct toml_reader *r, struct json_object **ret)
{
	cleanup_free char *text = NULL;

	int result = toml_string(r, false, &text);
	if (result == 0)
		*ret = json_object_new_string(text);
	return result;
}

static int take_value(struct toml_reader *r, struct json_object **ret)
{
	char first = toml_peek(r);

	if (first == '"' || first == '\'')
		return take_text(r, ret);
	if (first != '[' && first != '{')
		return toml_scalar(r, ret);
	int result = toml_enter(r);
	if (result == 0)
		result = first == '[' ? take_array(r, ret) : take_inline_table(r, ret);
	if (result == 0)
		toml_leave(r, 1);
	return result;
}

int toml_pair(struct toml_reader *r, struct json_object *table)
{
	cleanup_strv char **key = NULL;
	struct json_object *value = NULL;

	toml_skip_blanks(r);
	size_t at = r->at;
	int result = toml_key(r, &key);
	if (result < 0)
		return result;
	if (!toml_take(r, "="))
		return toml_fail(r, "expected '=' after the key");
	toml_skip_blanks(r);
	result = take_value(r, &value);
	if (result == 0)
		result = toml_table_add(r, table, key, at, value);
	if (result == 0)
		toml_leave(r, strv_len(key));
	return result;
}

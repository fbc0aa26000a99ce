/* SPDX-License-Identifier: Apache-2.0 */
#include "toml/toml.h"

#include "toml/toml_reader.h"
#include "toml/toml_table.h"
#include "toml/toml_value.h"
#include "util/json.h"
#include "util/str.h"

/* [a.b] or [[a.b]]; what follows belongs to *table. */
static int take_header(struct toml_reader *r, struct json_object *root,
		       struct json_object **table)
{
	cleanup_strv char **key = NULL;
	size_t at = r->at;
	bool element = toml_take(r, "[[");

	if (!element)
		r->at++;
	r->depth = 0;
	int result = toml_key(r, &key);
	if (result < 0)
		return result;
	if (!toml_take(r, element ? "]]" : "]"))
		return toml_fail(r, element ? "expected ']]' after the key"
					    : "expected ']' after the key");
	r->section = ++r->sections;
	return toml_table_open(r, root, key, element, at, table);
}

static int take_document(struct toml_reader *r, struct json_object *root)
{
	struct json_object *table = root;

	for (;;) {
		toml_skip_lines(r);
		if (r->at >= r->len)
			return 0;
		int result = toml_peek(r) == '[' ? take_header(r, root, &table)
						 : toml_pair(r, table);
		if (result < 0)
			return result;
		toml_skip_blanks(r);
		toml_skip_comment(r);
		if (r->at < r->len && !toml_take_newline(r))
			return toml_fail(r, "expected the line's end");
	}
}

int toml_parse(const char *text, size_t len, const char *what, struct json_object **ret,
	       struct error *err)
{
	struct toml_reader r = {.text = text, .what = what, .len = len, .err = err};
	cleanup_json struct json_object *root = json_object_new_object();

	int result = toml_check_text(&r);
	if (result == 0)
		result = take_document(&r, root);
	if (result == 0)
		*ret = TAKE_PTR(root);
	return result;
}

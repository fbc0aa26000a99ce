/* SPDX-License-Identifier: Apache-2.0 */
#include "build/dockerfile_reader.h"
#include "util/json.h"
#include "util/mem.h"

/* Where the array that begins here ends: behind its ]. 0: nowhere. */
static size_t array_length(struct slice s)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.s[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == '{'))
			depth++;
		else if (!quoted && (c == ']' || c == '}') && --depth == 0)
			return i + 1;
	}
	return 0;
}

static int take_elements(const struct dockerfile_reader *r, struct instruction *i,
			 struct json_object *array, struct slice rest)
{
	cleanup_error struct error ignored = ERROR_INIT;
	struct dockerfile_place place = reader_place(r, rest.s);
	size_t n = json_object_array_length(array);

	for (size_t k = 0; k < n; k++) {
		struct json_object *element = json_object_array_get_idx(array, k);
		const char *text;

		if (json_to_str(element, "element", &text, &ignored) < 0) {
			cleanup_free char *what = json_describe(element);

			reader_fail(r, rest.s, "the exec form has texts only, not %s",
				    what);
			return reader_hint(r, "Put each element into double quotes");
		}
		instruction_add(i, xstrdup(text), place);
	}
	return 0;
}

/* What isn't an array of JSON is for the shell: RUN [ -f x ] && y. What follows one counts for nothing in Docker and buildah. */
int reader_json(const struct dockerfile_reader *r, struct instruction *i,
		struct slice rest)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_json struct json_object *array = NULL;
	size_t n = rest.n > 0 && *rest.s == '[' ? array_length(rest) : 0;

	if (n == 0 || json_parse(rest.s, n, "array", &array, &ignored) < 0 ||
	    !json_object_is_type(array, json_type_array))
		return 0;
	int result = take_elements(r, i, array, rest);
	if (result < 0)
		return result;
	struct slice behind = slice_trim((struct slice){rest.s + n, rest.n - n});
	if (behind.n > 0 && *behind.s != '#')
		reader_warn(r, behind.s, "what follows the array counts for nothing");
	i->is_exec = true;
	return 1;
}

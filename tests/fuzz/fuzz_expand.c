/* SPDX-License-Identifier: Apache-2.0 */
/* A word with variables. The first line is the escape character, then a variable a line; the rest is the word. */
#include <stdint.h>
#include <string.h>

#include "build/expand.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VARIABLES 3

static void check(int r, const struct error *err)
{
	if ((r < 0) != error_is_set(err))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size), *word = NULL,
			  *plain = NULL;
	cleanup_strv char **words = NULL, **fields = NULL;
	char *vars[VARIABLES + 1] = {0}, *rest = text;
	struct expand_scope scope = {vars, *text == '`' ? '`' : '\\'};

	for (size_t i = 0; i <= VARIABLES; i++) {
		char *end = strchr(rest, '\n');

		if (!end)
			return 0;
		*end = '\0';
		if (i > 0)
			vars[i - 1] = rest;
		rest = end + 1;
	}
	for (int i = 0; i < 4; i++) {
		cleanup_error struct error err = ERROR_INIT;
		int r = i == 0   ? expand_word(rest, &scope, &word, &err)
			: i == 1 ? expand_plain(rest, &scope, &plain, &err)
			: i == 2 ? expand_words(rest, &scope, &words, &err)
				 : expand_fields(rest, &scope, &fields, &err);

		check(r, &err);
	}
	if (word && strlen(word) > EXPAND_MAX)
		__builtin_trap();
	return 0;
}

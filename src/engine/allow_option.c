/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/allow_option.h"

#include "network/allow.h"
#include "util/mem.h"
#include "util/str.h"

#define WORDS_MAX \
	1024 /* each is a rule, and every question for a name is compared with all */

static int take(const char *text, char ***ret, struct error *err)
{
	cleanup_strv char **words = str_split(text, ',');

	strv_foreach (word, words) {
		struct allow_rule rule;
		int r;

		if (!**word && strv_len(words) == 1)
			return 0;
		r = allow_parse(*word, &rule, err);
		if (r < 0)
			return error_wrap(err, "--allow-net");
		if (!strv_has(*ret, *word))
			strv_add(ret, *word);
	}
	return 0;
}

int allow_option_parse(char *const *texts, char ***ret, struct error *err)
{
	cleanup_strv char **list = NULL;

	strv_foreach (text, texts) {
		int r = take(*text, &list, err);

		if (r < 0)
			return r;
		if (strv_len(list) > WORDS_MAX)
			return error_set(err, ERR_INVALID, 0,
					 "--allow-net: more than %d words", WORDS_MAX);
	}
	*ret = TAKE_PTR(list);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/label_option.h"

#include <stdlib.h>
#include <string.h>

#include "engine/environment.h"
#include "engine/ulimit_option.h"
#include "util/mem.h"
#include "util/str.h"

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int label_option_collect(const char *option, char *const *words, bool optional_value,
			 char ***ret, struct error *err)
{
	strv_foreach (text, words) {
		cleanup_free char *key = NULL, *value = NULL, *whole = NULL;
		int r = key_value_split(option, *text, optional_value, &key, &value, err);

		if (r < 0)
			return r;
		whole = xasprintf("%s=%s", key, value);
		environment_set(ret, whole);
	}
	if (*ret)
		qsort(*ret, strv_len(*ret), sizeof(**ret), compare_text);
	return 0;
}

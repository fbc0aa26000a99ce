/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/etc_words.h"

#include <stddef.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/str.h"

#define AT(w, offset, type) ((type *)(void *)((char *)(w) + (offset)))

static const size_t texts[] = {
	offsetof(struct etc_words, hosts_base),  offsetof(struct etc_words, hosts_text),
	offsetof(struct etc_words, passwd),      offsetof(struct etc_words, group),
	offsetof(struct etc_words, passwd_more), offsetof(struct etc_words, group_more),
	offsetof(struct etc_words, localtime),
};

static const size_t lists[] = {
	offsetof(struct etc_words, dns),
	offsetof(struct etc_words, dns_searches),
	offsetof(struct etc_words, dns_options),
};

void etc_words_release(struct etc_words *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*AT(w, texts[i], char *));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_free(*AT(w, lists[i], char **));
	*w = (struct etc_words){0};
}

void etc_words_copy(const struct etc_words *from, struct etc_words *ret)
{
	*ret = *from;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *text = *AT(from, texts[i], char *);

		*AT(ret, texts[i], char *) = text ? xstrdup(text) : NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		*AT(ret, lists[i], char **) = strv_copy(*AT(from, lists[i], char **));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "build/key.h"

#include <string.h>

#include "util/str.h"

void key_init(struct key *k)
{
	sha256_init(&k->sha);
}

void key_add_raw(struct key *k, const void *bytes, size_t n)
{
	sha256_add(&k->sha, bytes, n);
}

void key_add(struct key *k, const char *name, const void *bytes, size_t n)
{
	uint64_t lengths[2] = {strlen(name), bytes ? (uint64_t)n + 1 : 0};

	key_add_raw(k, lengths, sizeof(lengths));
	key_add_raw(k, name, strlen(name));
	if (bytes)
		key_add_raw(k, bytes, n);
}

void key_add_text(struct key *k, const char *name, const char *text)
{
	key_add(k, name, text, text ? strlen(text) : 0);
}

void key_add_strv(struct key *k, const char *name, char *const *v)
{
	uint64_t n = strv_len(v);

	key_add(k, name, &n, sizeof(n));
	strv_foreach (item, v)
		key_add_text(k, "", *item);
}

void key_end(struct key *k, char ret[static KEY_TEXT_MAX])
{
	sha256_end(&k->sha, ret);
}

char *key_digest(const void *bytes, size_t n)
{
	return sha256_digest(bytes, n);
}

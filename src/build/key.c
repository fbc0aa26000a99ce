/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's low-level functions: they need no provider to be loaded, and 10 kB of the static library. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "build/key.h"

#include <stdio.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

void key_init(struct key *k)
{
	SHA256_Init(&k->sha);
}

void key_add_raw(struct key *k, const void *bytes, size_t n)
{
	SHA256_Update(&k->sha, bytes, n);
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
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256_Final(digest, &k->sha);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

char *key_digest(const void *bytes, size_t n)
{
	char hex[KEY_TEXT_MAX];
	struct key k;

	key_init(&k);
	key_add_raw(&k, bytes, n);
	key_end(&k, hex);
	return xasprintf("sha256:%s", hex);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The low-level functions: no provider is loaded, no configuration read, and linked in they cost a start nothing. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "image/hash.h"

#include <openssl/sha.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

struct hash {
	bool is_512;
	union {
		SHA256_CTX small;
		SHA512_CTX large;
	} context;
};

static void begin(struct hash *h)
{
	if (h->is_512)
		SHA512_Init(&h->context.large);
	else
		SHA256_Init(&h->context.small);
}

int hash_new(const char *digest, struct hash **ret, struct error *err)
{
	cleanup_hash struct hash *h = xcalloc(1, sizeof(*h));

	h->is_512 = digest && str_starts(digest, "sha512:");
	if (digest && !h->is_512 && !str_starts(digest, "sha256:"))
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "compute the digest %.20s...: neither sha256 nor sha512",
				 digest);
	begin(h);
	*ret = TAKE_PTR(h);
	return 0;
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	if (h->is_512)
		SHA512_Update(&h->context.large, data, len);
	else
		SHA256_Update(&h->context.small, data, len);
}

int hash_end(struct hash *h, char ret[static DIGEST_TEXT_MAX], struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	const char *prefix = h->is_512 ? "sha512:" : "sha256:";
	size_t len = h->is_512 ? SHA512_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
	unsigned char value[SHA512_DIGEST_LENGTH];
	size_t at = strlen(prefix);

	if (h->is_512)
		SHA512_Final(value, &h->context.large);
	else
		SHA256_Final(value, &h->context.small);
	begin(h);
	memcpy(ret, prefix, at);
	for (size_t i = 0; i < len; i++) {
		ret[at++] = digits[value[i] >> 4];
		ret[at++] = digits[value[i] & 15];
	}
	ret[at] = '\0';
	(void)err; /* another implementation may fail */
	return 0;
}

void hash_free(struct hash *h)
{
	free(h);
}

int hash_text(const void *data, size_t len, char **ret, struct error *err)
{
	struct hash h = {.is_512 = false};
	char text[DIGEST_TEXT_MAX];
	int r;

	begin(&h);
	hash_add(&h, data, len);
	r = hash_end(&h, text, err);
	if (r == 0)
		*ret = xstrdup(text);
	return r;
}

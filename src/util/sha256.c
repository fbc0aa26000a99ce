/* SPDX-License-Identifier: Apache-2.0 */
/* The low-level functions need no provider to be loaded. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "util/sha256.h"

#include "util/mem.h"
#include "util/str.h"

void sha256_init(struct sha256 *s)
{
	SHA256_Init(&s->context);
}

void sha256_add(struct sha256 *s, const void *bytes, size_t n)
{
	SHA256_Update(&s->context, bytes, n);
}

void sha256_end_bytes(struct sha256 *s, unsigned char ret[static SHA256_DIGEST_LENGTH])
{
	SHA256_Final(ret, &s->context);
}

void sha256_end(struct sha256 *s, char ret[static SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH];

	sha256_end_bytes(s, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		ret[2 * i] = digits[digest[i] >> 4];
		ret[2 * i + 1] = digits[digest[i] & 15];
	}
	ret[SHA256_HEX_SIZE - 1] = '\0';
}

char *sha256_digest(const void *bytes, size_t n)
{
	char hex[SHA256_HEX_SIZE];
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, bytes, n);
	sha256_end(&s, hex);
	return xasprintf("sha256:%s", hex);
}

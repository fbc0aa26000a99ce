/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) by OpenSSL's code, for programs that don't load OpenSSL: 10 kB of its static library. */
#pragma once

#include <openssl/sha.h>
#include <stddef.h>

#define SHA256_HEX_SIZE (2 * SHA256_DIGEST_LENGTH + 1) /* hexadecimal digits and NUL */

struct sha256 {
	SHA256_CTX context;
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t n);
void sha256_end(struct sha256 *s, char ret[static SHA256_HEX_SIZE]);
void sha256_end_bytes(struct sha256 *s, unsigned char ret[static SHA256_DIGEST_LENGTH]);

/* sha256_digest() - "sha256:..." of bytes; caller frees. */
char *sha256_digest(const void *bytes, size_t n);

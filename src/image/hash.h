/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests computed: SHA-256 and SHA-512 over a stream, their text out (util/digest.h has
 * the form), by OpenSSL's code, which is linked in. Transfer and layer program only.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/digest.h"
#include "util/error.h"

struct hash; /* opaque; heap */

/* hash_new() - by the algorithm that `digest` starts with ("sha256:...", "sha512:..."); NULL is
 * SHA-256. ERR_UNSUPPORTED if it is another. */
int hash_new(const char *digest, struct hash **ret, struct error *err) _must_check_;

void hash_add(struct hash *h, const void *data, size_t len);

/* hash_end() - the digest as text; afterwards h is as new and may be used again. */
int hash_end(struct hash *h, char ret[static DIGEST_TEXT_MAX],
	     struct error *err) _must_check_;

void hash_free(struct hash *h);
DEFINE_CLEANUP(struct hash *, hash_free)
#define cleanup_hash cleanup(hash_freep)

/* hash_text() - SHA-256 of bytes in memory, "sha256:..."; caller frees. */
int hash_text(const void *data, size_t len, char **ret, struct error *err) _must_check_;

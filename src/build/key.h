/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step's result depends on, as one SHA-256: parts with their names and lengths, so that no two lists of parts are the same
 * bytes. Also plain digests of bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/sha256.h"

#define KEY_TEXT_MAX SHA256_HEX_SIZE /* hexadecimal digits and NUL */

struct key {
	struct sha256 sha;
};

void key_init(struct key *k);
/* key_add() - name says what the part is; bytes may be NULL: that differs from an empty text. */
void key_add(struct key *k, const char *name, const void *bytes, size_t n);
void key_add_text(struct key *k, const char *name, const char *text);
void key_add_strv(struct key *k, const char *name, char *const *v);
/* key_add_raw() - no name, no length: digests of streams. */
void key_add_raw(struct key *k, const void *bytes, size_t n);
void key_end(struct key *k, char ret[static KEY_TEXT_MAX]);

/* key_digest() - "sha256:..." of bytes; caller frees. */
char *key_digest(const void *bytes, size_t n);

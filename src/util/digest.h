/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests as text, "sha256:" and 64 lower-case hexadecimal digits (or "sha512:" and 128):
 * form only, nothing is computed here. Source: OCI image specification, descriptor.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT_MAX (sizeof("sha512:") + 128) /* with the NUL */

/* digest_valid() - strictly one of the two forms above; NULL is not. */
bool digest_valid(const char *digest);

/* digest_hex() - the digits of a valid digest; points into it. */
const char *digest_hex(const char *digest);

/* digest_path() - "sha256/0123...": where a blob lies below blobs/. Caller frees. */
char *digest_path(const char *digest);

/* digest_short() - the first 12 digits, for people. Caller frees. */
char *digest_short(const char *digest);

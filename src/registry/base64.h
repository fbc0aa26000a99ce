/* SPDX-License-Identifier: Apache-2.0 */
/* Base 64 with the usual alphabet. RFC 4648, 4. */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"

/* base64_encode() - with padding. Caller frees. */
char *base64_encode(const void *data, size_t len);

/* base64_decode() - the padding may be left out; no blanks, nothing behind the end, the unused bits
 * 0. *ret is NUL-terminated; caller frees. 0 or -EINVAL. */
int base64_decode(const char *text, char **ret, size_t *ret_len) _must_check_;

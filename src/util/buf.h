/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a hard maximum, always NUL-terminated past its length. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

struct buf {
	char *data; /* owned; never NULL once something was added */
	size_t len;
	size_t max; /* buf_add fails past this */
	size_t cap;
	bool overflow; /* something did not fit; data holds what did */
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* safe on a zeroed struct */
#define cleanup_buf cleanup(buf_release)

/* Each returns 0, or -E2BIG (and sets overflow) when the maximum would be passed. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_add_str(struct buf *b, const char *s);
int buf_printf(struct buf *b, const char *fmt, ...) _printf_(2, 3);

/* buf_take() - the text, owned by the caller; the buffer is empty afterwards. Never NULL.
 */
char *buf_take(struct buf *b);

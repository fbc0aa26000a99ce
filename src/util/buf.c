/* SPDX-License-Identifier: Apache-2.0 */
#include "util/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "util/mem.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
	int saved_errno = errno;
	free(b->data);
	*b = (struct buf){0};
	errno = saved_errno;
}

/* Room for len more bytes and the NUL. The caller has checked len against the maximum. */
static void reserve(struct buf *b, size_t len)
{
	size_t want = b->len + len + 1;
	if (want <= b->cap)
		return;
	size_t cap = b->cap < 64 ? 64 : b->cap;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	b->data = xreallocarray(b->data, cap, 1);
	b->cap = cap;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	size_t room = b->max > b->len ? b->max - b->len : 0;
	size_t n = len < room ? len : room;

	reserve(b, n);
	if (n > 0)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
	if (n == len)
		return 0;
	b->overflow = true;
	return -E2BIG;
}

int buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[256];
	cleanup_free char *large = NULL;
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(small))
		return buf_add(b, small, (size_t)n);

	va_start(args, fmt);
	n = vasprintf(&large, fmt, args);
	va_end(args);
	if (n < 0) {
		large = NULL;
		b->overflow = true;
		return -E2BIG;
	}
	return buf_add(b, large, (size_t)n);
}

char *buf_take(struct buf *b)
{
	reserve(b, 0);
	b->data[b->len] = '\0';
	char *data = TAKE_PTR(b->data);
	buf_init(b, b->max);
	return data;
}

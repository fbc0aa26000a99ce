/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event_lines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

#define CHUNK (64 * 1024)

void event_lines_release(struct event_lines *l)
{
	fd_cleanup_(&l->fd);
	free(l->data);
	*l = EVENT_LINES_INIT;
}

static void make_room(struct event_lines *l)
{
	if (l->cap - l->len >= CHUNK)
		return;
	l->cap = l->len + CHUNK;
	l->data = xreallocarray(l->data, l->cap, 1);
}

/* What is not whole yet stays. */
static int cut(struct event_lines *l,
	       int (*each)(void *data, const char *line, size_t len, struct error *err),
	       void *data, struct error *err)
{
	size_t start = 0;
	int r = 0;

	for (char *end; r >= 0 && (end = memchr(l->data + start, '\n', l->len - start));
	     start = (size_t)(end - l->data) + 1) {
		size_t len = (size_t)(end - l->data) - start;

		if (!l->skipping && len > 0)
			r = each(data, l->data + start, len, err);
		l->skipping = false;
	}
	l->len -= start;
	memmove(l->data, l->data + start, l->len);
	if (l->len > EVENT_LINE_MAX) {
		l->skipping = true;
		l->len = 0;
	}
	return r;
}

int event_lines_read(struct event_lines *l,
		     int (*each)(void *data, const char *line, size_t len,
				 struct error *err),
		     void *data, struct error *err)
{
	for (;;) {
		ssize_t n;
		int r;

		make_room(l);
		n = read(l->fd, l->data + l->len, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read events");
		if (n == 0)
			return 1;
		l->len += (size_t)n;
		r = cut(l, each, data, err);
		if (r < 0)
			return r;
	}
}

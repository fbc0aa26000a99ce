/* SPDX-License-Identifier: Apache-2.0 */
/* A file descriptor's bytes cut into lines, for those who read events as they come. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct event_lines {
	int fd; /* owned */
	char *data;
	size_t len, cap;
	bool skipping; /* the rest of a line that is too long */
};
#define EVENT_LINES_INIT ((struct event_lines){.fd = -EBADF})
void event_lines_release(struct event_lines *l);
#define cleanup_event_lines cleanup(event_lines_release)

#define EVENT_LINE_MAX (256 * 1024) /* longer ones are passed over */

/*
 * event_lines_read() - what there is now, up to end of file or EAGAIN; each whole line (without
 * its end, not empty) goes to each(). Return: 1 if end of file was met, 0 if not, -errno with *err.
 */
int event_lines_read(struct event_lines *l,
		     int (*each)(void *data, const char *line, size_t len,
				 struct error *err),
		     void *data, struct error *err) _must_check_;

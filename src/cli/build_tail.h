/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of what a program writes, as a terminal would show them: a carriage return begins the line anew, what moves the cursor or
 * changes colours is left out. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/cleanup.h"

#define BUILD_TAIL_LINES    100
#define BUILD_TAIL_LINE_MAX 4096 /* bytes; what is longer is cut */

struct build_tail {
	char *lines[BUILD_TAIL_LINES]; /* owned; a ring */
	size_t first, n;
	char *open; /* owned; the line that has no end yet, NULL: none */
	size_t open_len;
	bool is_back; /* a carriage return came last */
	int escape;   /* within a sequence of the terminal's: enum in the .c file */
	size_t total; /* lines that there ever were */
};
void build_tail_release(struct build_tail *t);
#define cleanup_build_tail cleanup(build_tail_release)

void build_tail_add(struct build_tail *t, const char *bytes, size_t n);

/* build_tail_line() - the i-th from the end, 0 the last, NULL: there is none; what is still open counts as one. Control characters are shown.
 * Caller frees. */
char *build_tail_line(const struct build_tail *t, size_t i);

/* build_tail_print() - at most so many of the last lines, each behind the prefix. Return: how many. */
size_t build_tail_print(const struct build_tail *t, size_t most, const char *prefix,
			struct buf *out);

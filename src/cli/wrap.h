/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences broken at blanks to fit a terminal. */
#pragma once

#include <stddef.h>

struct buf;

struct wrap {
	size_t columns;           /* 0: never broken */
	const char *first, *next; /* what the first line begins with, and each other */
};

/*
 * wrap_add() - the text with a line feed at its end. A word longer than a line stays whole. A no-break space
 * (U+00A0) is written as a blank.
 */
void wrap_add(struct buf *to, const struct wrap *w, const char *text);

/* wrap_hold() - the words joined by `separator`, lines being broken only there. Caller frees. */
char *wrap_hold(char *const *words, const char *separator);

/* wrap_columns() - of the terminal that fd is, but at most `most` (0: no bound); 0 if it is none. */
size_t wrap_columns(int fd, size_t most);

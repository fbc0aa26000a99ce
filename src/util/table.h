/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns for people: each column as wide as its widest cell, two spaces between, no
 * trailing blanks, wide and combining UTF-8 characters counted as a terminal shows them.
 * Control bytes in cells are shown escaped.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct table;

/* table_new() - headings as a NULL-terminated list; NULL headings: no heading line. */
struct table *table_new(const char *const *headings, size_t n_columns);
void table_add(struct table *t,
	       const char *const *cells); /* n_columns cells, copied; NULL is "" */

/*
 * table_fit() - shorten cells, which then end with an ellipsis, until a line takes no more than so many columns of
 * the terminal: those of the widest column first, none below its column's `least` (SIZE_MAX: they stay whole).
 * If that is not enough lines stay longer.
 */
void table_fit(struct table *t, size_t columns, const size_t *least);

int table_print(struct table *t, FILE *out, bool with_heading); /* 0 or -errno */
void table_free(struct table *t);

/* text_width() - columns that a UTF-8 text takes on a terminal. */
size_t text_width(const char *s);

/* SPDX-License-Identifier: Apache-2.0 */
#include "util/table.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/width_table.h"

#define GAP 2

struct table {
	size_t n_columns;
	char **headings; /* NULL: none */
	char **cells;    /* row by row, escaped already */
	size_t n_cells, cells_cap;
};

/* Whether one of the sorted ranges holds the character. */
static bool in_ranges(const struct width_range *ranges, size_t n, uint32_t c)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && c >= ranges[low].first;
}

static size_t char_width(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return 0;
	if (c < 0x300)
		return 1;
	if (in_ranges(width_zero, ARRAY_SIZE(width_zero), c))
		return 0;
	return in_ranges(width_two, ARRAY_SIZE(width_two), c) ? 2 : 1;
}

size_t text_width(const char *s)
{
	size_t width = 0, len = strlen(s);

	while (len > 0) {
		uint32_t c = 0;
		int n = str_utf8_decode(s, len, &c);
		width += n < 0 ? 1 : char_width(c);
		s += n < 0 ? 1 : n;
		len -= n < 0 ? 1 : (size_t)n;
	}
	return width;
}

struct table *table_new(const char *const *headings, size_t n_columns)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->n_columns = n_columns;
	if (headings) {
		t->headings = xcalloc(n_columns + 1, sizeof(*t->headings));
		for (size_t i = 0; i < n_columns; i++)
			t->headings[i] = str_visible(headings[i] ? headings[i] : "", "");
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	strv_free(t->headings);
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

void table_add(struct table *t, const char *const *cells)
{
	if (t->n_cells + t->n_columns > t->cells_cap) {
		t->cells_cap = 2 * t->cells_cap + 16 * t->n_columns;
		t->cells = xreallocarray(t->cells, t->cells_cap, sizeof(*t->cells));
	}
	for (size_t i = 0; i < t->n_columns; i++)
		t->cells[t->n_cells++] = str_visible(cells[i] ? cells[i] : "", "");
}

static void widen(const struct table *t, char *const *row, size_t *widths)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		size_t width = text_width(row[i]);
		if (width > widths[i])
			widths[i] = width;
	}
}

static void measure(const struct table *t, bool heading, size_t *widths)
{
	if (heading)
		widen(t, t->headings, widths);
	for (size_t i = 0; i < t->n_cells; i += t->n_columns)
		widen(t, t->cells + i, widths);
}

/* The widest column that may be narrower; n_columns: none. */
static size_t widest(const struct table *t, const size_t *widths, const size_t *least)
{
	size_t found = t->n_columns;

	for (size_t i = 0; i < t->n_columns; i++)
		if (widths[i] > least[i] &&
		    (found == t->n_columns || widths[i] > widths[found]))
			found = i;
	return found;
}

#define ELLIPSIS "\xe2\x80\xa6" /* U+2026 */

static void shorten(char **cell, size_t width)
{
	size_t taken = 0, len = strlen(*cell), at = 0;

	if (text_width(*cell) <= width)
		return;
	while (at < len) {
		uint32_t c = 0;
		int n = str_utf8_decode(*cell + at, len - at, &c);
		size_t next = n < 0 ? 1 : char_width(c);

		if (taken + next > width - 1)
			break;
		taken += next;
		at += n < 0 ? 1 : (size_t)n;
	}
	while (at > 0 && (*cell)[at - 1] == ' ')
		at--;
	char *shorter = xasprintf("%.*s" ELLIPSIS, (int)at, *cell);

	free(*cell);
	*cell = shorter;
}

void table_fit(struct table *t, size_t columns, const size_t *least)
{
	cleanup_free size_t *widths = xcalloc(t->n_columns, sizeof(*widths));
	size_t total = GAP * (t->n_columns - 1), at;

	measure(t, t->headings != NULL, widths);
	for (size_t i = 0; i < t->n_columns; i++)
		total += widths[i];
	while (total > columns && (at = widest(t, widths, least)) < t->n_columns) {
		widths[at]--;
		total--;
	}
	for (size_t row = 0; row < t->n_cells; row += t->n_columns)
		for (size_t i = 0; i < t->n_columns; i++)
			shorten(&t->cells[row + i], widths[i]);
}

static void print_row(const struct table *t, char *const *row, const size_t *widths,
		      FILE *out)
{
	size_t blanks = 0; /* written only when something follows */

	for (size_t i = 0; i < t->n_columns; i++) {
		if (row[i][0] != '\0') {
			fprintf(out, "%*s%s", (int)blanks, "", row[i]);
			blanks = 0;
		}
		blanks += widths[i] - text_width(row[i]) + GAP;
	}
	fputc('\n', out);
}

int table_print(struct table *t, FILE *out, bool with_heading)
{
	cleanup_free size_t *widths = xcalloc(t->n_columns, sizeof(*widths));
	bool heading = with_heading && t->headings;

	measure(t, heading, widths);
	errno = 0;
	if (heading)
		print_row(t, t->headings, widths, out);
	for (size_t i = 0; i < t->n_cells; i += t->n_columns)
		print_row(t, t->cells + i, widths, out);
	if (fflush(out) != 0 || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

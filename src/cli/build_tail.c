/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_tail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define TAB 8

/* Where in a sequence of the terminal's one is. Source: ECMA-48. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_BEGUN,  /* after ESC */
	ESCAPE_CSI,    /* after ESC [: up to a byte from @ to ~ */
	ESCAPE_STRING, /* after ESC ] and the like: up to BEL or ESC \ */
	ESCAPE_STRING_END,
};

void build_tail_release(struct build_tail *t)
{
	for (size_t i = 0; i < BUILD_TAIL_LINES; i++)
		free(t->lines[i]);
	free(t->open);
	*t = (struct build_tail){0};
}

/* Return: whether the byte belongs to a sequence, and so is not shown. */
static bool is_escape(struct build_tail *t, unsigned char c)
{
	switch ((enum escape)t->escape) {
	case ESCAPE_NONE:
		if (c != 0x1b)
			return false;
		t->escape = ESCAPE_BEGUN;
		return true;
	case ESCAPE_BEGUN:
		t->escape = c == '['                  ? ESCAPE_CSI
			    : strchr("]PX^_", c) && c ? ESCAPE_STRING
			    : c >= 0x20 && c <= 0x2f  ? ESCAPE_BEGUN
						      : ESCAPE_NONE;
		return true;
	case ESCAPE_CSI:
		if (c >= 0x40 && c <= 0x7e)
			t->escape = ESCAPE_NONE;
		return true;
	case ESCAPE_STRING:
		if (c == 0x07)
			t->escape = ESCAPE_NONE;
		else if (c == 0x1b)
			t->escape = ESCAPE_STRING_END;
		return true;
	case ESCAPE_STRING_END:
		t->escape = c == '\\' ? ESCAPE_NONE : ESCAPE_STRING;
		return true;
	}
	return false;
}

static void keep(struct build_tail *t)
{
	size_t at = (t->first + t->n) % BUILD_TAIL_LINES;

	if (t->n == BUILD_TAIL_LINES) {
		free(t->lines[t->first]);
		at = t->first;
		t->first = (t->first + 1) % BUILD_TAIL_LINES;
	} else {
		t->n++;
	}
	t->lines[at] = t->open ? TAKE_PTR(t->open) : xstrdup("");
	t->open_len = 0;
	t->total++;
}

static void add_byte(struct build_tail *t, char c)
{
	size_t stop;

	/* what a carriage return goes back over is written anew */
	if (t->is_back)
		t->open_len = 0;
	t->is_back = false;
	stop = c == '\t' ? (t->open_len / TAB + 1) * TAB : t->open_len + 1;
	if (!t->open)
		t->open = xcalloc(1, BUILD_TAIL_LINE_MAX + 1);
	while (t->open_len < stop && t->open_len < BUILD_TAIL_LINE_MAX)
		t->open[t->open_len++] = c && c != '\t' ? c : ' ';
	t->open[t->open_len] = '\0';
}

void build_tail_add(struct build_tail *t, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			t->escape = ESCAPE_NONE;
			t->is_back = false;
			keep(t);
		} else if (bytes[i] == '\r') {
			t->is_back = true; /* unless a line feed follows */
		} else if (!is_escape(t, (unsigned char)bytes[i])) {
			add_byte(t, bytes[i]);
		}
	}
}

char *build_tail_line(const struct build_tail *t, size_t i)
{
	if (t->open && t->open_len && i-- == 0)
		return str_visible(t->open, "\t");
	if (i >= t->n)
		return NULL;
	return str_visible(t->lines[(t->first + t->n - 1 - i) % BUILD_TAIL_LINES], "\t");
}

size_t build_tail_print(const struct build_tail *t, size_t most, const char *prefix,
			struct buf *out)
{
	size_t all = t->n + (t->open && t->open_len ? 1 : 0);
	size_t n = all < most ? all : most;

	for (size_t i = n; i > 0; i--) {
		cleanup_free char *line = build_tail_line(t, i - 1);

		(void)!buf_printf(out, "%s%s\n", prefix, line);
	}
	return n;
}

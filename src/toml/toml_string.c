/* SPDX-License-Identifier: Apache-2.0 */
#include "toml/toml_string.h"

#include <stdint.h>
#include <string.h>

#include "util/buf.h"

static int hex_digit(char d)
{
	if (d >= '0' && d <= '9')
		return d - '0';
	if (d >= 'a' && d <= 'f')
		return d - 'a' + 10;
	if (d >= 'A' && d <= 'F')
		return d - 'A' + 10;
	return -1;
}

static void add_utf8(struct buf *b, uint32_t point)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	char bytes[4];

	for (size_t i = n; i-- > 1; point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(lead[n] | point);
	buf_add(b, bytes, n);
}

/* \uXXXX and \UXXXXXXXX: any character but halves of surrogate pairs. */
static int take_unicode(struct toml_reader *r, int n_digits, struct buf *b)
{
	size_t start = r->at;
	uint32_t point = 0;

	for (int i = 0; i < n_digits; i++) {
		int digit = hex_digit(toml_peek(r));
		if (digit < 0)
			return toml_fail(r, "expected a hexadecimal digit");
		point = point << 4 | (uint32_t)digit;
		r->at++;
	}
	if (point == 0)
		return toml_fail_at(r, start, "NUL cannot stand in a string");
	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return toml_fail_at(r, start, "there is no such character");
	add_utf8(b, point);
	return 0;
}

/* A backslash at a line's end: all blanks and line ends up to the next character are left out. */
static bool take_line_end(struct toml_reader *r)
{
	struct toml_reader ahead = *r;

	toml_skip_blanks(&ahead);
	if (!toml_take_newline(&ahead))
		return false;
	do
		toml_skip_blanks(&ahead);
	while (toml_take_newline(&ahead));
	r->at = ahead.at;
	return true;
}

/* What follows a backslash. */
static int take_escape(struct toml_reader *r, bool multi_line, struct buf *b)
{
	static const char names[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";

	if (toml_take(r, "u"))
		return take_unicode(r, 4, b);
	if (toml_take(r, "U"))
		return take_unicode(r, 8, b);
	if (multi_line && take_line_end(r))
		return 0;
	char c = toml_peek(r);
	const char *name = c == '\0' ? NULL : strchr(names, c);
	if (!name)
		return toml_fail(r, "unknown escape in a string");
	r->at++;
	buf_add(b, &meanings[name - names], 1);
	return 0;
}

/* Up to two quotes may stand before the closing three. */
static bool take_closing(struct toml_reader *r, const char *quotes, struct buf *b)
{
	if (!toml_take(r, quotes))
		return false;
	for (int i = 0; quotes[1] && i < 2 && toml_peek(r) == quotes[0]; i++) {
		buf_add(b, quotes, 1);
		r->at++;
	}
	return true;
}

static int take_body(struct toml_reader *r, const char *quotes, struct buf *b)
{
	bool multi_line = quotes[1], escapes = quotes[0] == '"';
	size_t start = r->at;

	if (multi_line)
		toml_take_newline(r); /* the first is not part of it */
	while (!take_closing(r, quotes, b)) {
		size_t before = r->at;
		if (r->at >= r->len)
			return toml_fail_at(r, start, "the string has no end");
		if (escapes && toml_take(r, "\\")) {
			int result = take_escape(r, multi_line, b);
			if (result < 0)
				return result;
		} else if (toml_take_newline(r)) {
			if (!multi_line)
				return toml_fail_at(
					r, before, "the string does not end on its line");
			buf_add(b, "\n", 1);
		} else {
			buf_add(b, r->text + r->at++, 1);
		}
	}
	return 0;
}

int toml_string(struct toml_reader *r, bool one_line, char **ret)
{
	static const char *const kinds[] = {"\"\"\"", "'''", "\"", "'"};
	cleanup_buf struct buf b;
	size_t kind = 0;

	buf_init(&b, r->len);
	while (!toml_starts(r, kinds[kind]))
		kind++; /* one of them does */
	if (one_line && kinds[kind][1])
		return toml_fail(r, "a key cannot be a string of several lines");
	r->at += strlen(kinds[kind]);
	int result = take_body(r, kinds[kind], &b);
	if (result == 0)
		*ret = buf_take(&b);
	return result;
}

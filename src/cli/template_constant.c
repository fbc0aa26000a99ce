/* SPDX-License-Identifier: Apache-2.0 */
/* Constants as Go writes them. Source: the Go language specification, "Lexical elements". */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/template_lex.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define NUMBER_LEN_MAX 64

/* n digits of a base; -1 if there are not so many. */
static int64_t take_digits(const char *s, size_t n, unsigned int base)
{
	int64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *d = s[i] ? strchr(digits, s[i] | 0x20) : NULL;

		if (!d || (size_t)(d - digits) >= base)
			return -1;
		value = value * base + (d - digits);
	}
	return value;
}

static void add_utf8(struct buf *b, uint32_t c)
{
	char text[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(n == 1 ? c : (0xf00 >> n) | c);
	(void)!buf_add(b, text, n);
}

/* What stands after a backslash: its length or 0; *ret_byte: it is a byte, not a character. */
static size_t take_escape(const char *s, char quote, uint32_t *ret, bool *ret_byte)
{
	static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	static const struct {
		char letter;
		size_t skip, n;
		unsigned int base;
	} forms[] = {{'x', 1, 2, 16}, {'u', 1, 4, 16}, {'U', 1, 8, 16}, {0, 0, 3, 8}};
	const char *letter = s[0] ? strchr(letters, s[0]) : NULL;

	*ret_byte = false;
	if (letter || s[0] == quote) {
		*ret = (unsigned char)(letter ? values[letter - letters] : quote);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int64_t c;

		if (forms[i].letter && forms[i].letter != s[0])
			continue;
		c = take_digits(s + forms[i].skip, forms[i].n, forms[i].base);
		*ret_byte = forms[i].letter == 'x' || !forms[i].letter;
		if (c < 0 || c > (*ret_byte ? 0xff : 0x10ffff) ||
		    (!*ret_byte && c >= 0xd800 && c < 0xe000))
			return 0;
		*ret = (uint32_t)c;
		return forms[i].skip + forms[i].n;
	}
	return 0;
}

/* One character or escape of a quoted text at s (of len bytes), to b; its length, or -1. */
static ssize_t take_character(const char *s, size_t len, char quote, struct buf *b,
			      uint32_t *ret)
{
	bool is_byte = false;
	size_t n;
	int r;

	if (s[0] != '\\') {
		r = str_utf8_decode(s, len, ret);
		if (r < 0)
			*ret = 0xfffd;
		n = r < 0 ? 1 : (size_t)r;
		(void)!buf_add(b, s, n);
		return (ssize_t)n;
	}
	n = take_escape(s + 1, quote, ret, &is_byte);
	if (n == 0)
		return -1;
	if (is_byte)
		(void)!buf_add(b, &(char){(char)*ret}, 1);
	else
		add_utf8(b, *ret);
	return (ssize_t)n + 1;
}

static ssize_t quoted(const char *s, size_t len, struct arena *a, struct tvalue *ret,
		      const char **ret_problem)
{
	cleanup_buf struct buf b = {0};
	size_t at = 1;
	uint32_t c;

	buf_init(&b, len + 1);
	while (at < len && s[at] != '"') {
		ssize_t n = s[at] == '\n' ? -1
					  : take_character(s + at, len - at, '"', &b, &c);

		*ret_problem = s[at] == '\n' ? "the string has no closing \""
					     : "the string has a \\ that is not known";
		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	*ret_problem = "the string has no closing \"";
	if (at >= len)
		return -1;
	*ret = tvalue_text(arena_text(a, b.data ? b.data : "", b.len), b.len);
	return (ssize_t)at + 1;
}

static ssize_t raw(const char *s, size_t len, struct arena *a, struct tvalue *ret,
		   const char **ret_problem)
{
	const char *end = memchr(s + 1, '`', len - 1);

	*ret_problem = "the raw string has no closing `";
	if (!end)
		return -1;
	*ret = tvalue_text(arena_text(a, s + 1, (size_t)(end - s) - 1),
			   (size_t)(end - s) - 1);
	return end - s + 1;
}

static ssize_t character(const char *s, size_t len, struct tvalue *ret,
			 const char **ret_problem)
{
	cleanup_buf struct buf nothing = {0}; /* of maximum 0 */
	uint32_t c = 0;
	ssize_t n;

	*ret_problem = "a character constant is one character between ' and '";
	if (len < 3 || s[1] == '\'' || s[1] == '\n')
		return -1;
	n = take_character(s + 1, len - 1, '\'', &nothing, &c);
	if (n < 0 || (size_t)n + 1 >= len || s[n + 1] != '\'')
		return -1;
	*ret = tvalue_int(c);
	return n + 2;
}

static bool is_number_char(const char *s, size_t i)
{
	char c = s[i];

	if ((c == '+' || c == '-') && i > 0)
		return strchr("eEpP", s[i - 1]) &&
		       !(s[0] == '0' && (s[1] | 0x20) == 'x' && (s[i - 1] | 0x20) == 'e');
	return c == '+' || c == '-' || c == '.' || c == '_' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits with an optional 0x, 0o, 0b or 0. */
static bool parse_int(const char *s, bool negative, struct tvalue *ret)
{
	unsigned int base = 10;
	char *end;

	if (s[0] == '0' && s[1]) {
		char c = (char)(s[1] | 0x20);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (take_digits(s, 1, base) < 0)
		return false;
	errno = 0;
	*ret = (struct tvalue){.kind = TVALUE_INT, .negative = negative};
	ret->size = strtoull(s, &end, (int)base);
	return !*end && errno == 0 &&
	       ret->size <= (uint64_t)INT64_MAX + (negative ? 1 : 0);
}

static bool parse_float(const char *s, bool negative, struct tvalue *ret)
{
	char *end;

	if (!((*s >= '0' && *s <= '9') || *s == '.') || !strpbrk(s, ".eEpP"))
		return false;
	ret->kind = TVALUE_FLOAT;
	ret->real = strtod(s, &end);
	if (*end || !isfinite(ret->real))
		return false;
	ret->real = negative ? -ret->real : ret->real;
	return true;
}

static ssize_t number(const char *s, size_t len, struct tvalue *ret,
		      const char **ret_problem)
{
	bool sign = *s == '+' || *s == '-', negative = *s == '-';
	char digits[NUMBER_LEN_MAX];
	size_t n = 0, n_digits = 0;

	*ret_problem = "bad number";
	while (n < len && is_number_char(s, n) && n_digits < sizeof(digits) - 1) {
		if (s[n] != '_' && (n > 0 || !sign))
			digits[n_digits++] = s[n];
		n++;
	}
	digits[n_digits] = '\0';
	if (!n_digits || (n < len && is_number_char(s, n)))
		return -1;
	if (!parse_int(digits, negative, ret) && !parse_float(digits, negative, ret))
		return -1;
	return (ssize_t)n;
}

ssize_t lex_constant(const char *s, size_t len, struct arena *a, struct tvalue *ret,
		     const char **ret_problem)
{
	*ret = (struct tvalue){0};
	switch (*s) {
	case '"':
		return quoted(s, len, a, ret, ret_problem);
	case '`':
		return raw(s, len, a, ret, ret_problem);
	case '\'':
		return character(s, len, ret, ret_problem);
	default:
		return number(s, len, ret, ret_problem);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_verb.h"

#include <inttypes.h>
#include <string.h>

#include "util/str.h"

#define RUNE_MAX 0x10ffff
#define RUNE_BAD 0xfffd

/* Characters that are shown as they are: all that is no control character. */
static bool is_printable(uint32_t c, bool ascii_only)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa1))
		return false;
	return ascii_only ? c < 0x7f
			  : c != 0xad && c != 0xfeff && !(c >= 0x2028 && c <= 0x202e);
}

static void add_character(struct buf *out, uint32_t c)
{
	char text[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(n == 1 ? c : (0xf00 >> n) | c);
	(void)!buf_add(out, text, n);
}

static void add_quoted(struct buf *out, uint32_t c, char quote, bool ascii_only)
{
	static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	const char *letter = c && c < 0x20 ? strchr(values, (int)c) : NULL;

	if (c == (uint32_t)quote || c == '\\')
		(void)!buf_printf(out, "\\%c", (char)c);
	else if (letter)
		(void)!buf_printf(out, "\\%c", letters[letter - values]);
	else if (is_printable(c, ascii_only))
		add_character(out, c);
	else if (c < 0x20 || c == 0x7f)
		(void)!buf_printf(out, "\\x%02x", (unsigned int)c);
	else if (c < 0x10000)
		(void)!buf_printf(out, "\\u%04x", (unsigned int)c);
	else
		(void)!buf_printf(out, "\\U%08x", (unsigned int)c);
}

/* Whether it can stand in ` `. */
static bool is_raw(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '`' || text[i] == 0x7f ||
		    ((unsigned char)text[i] < 0x20 && text[i] != '\t'))
			return false;
	return true;
}

void tverb_quote(struct buf *out, const struct tverb *verb, const char *text, size_t len)
{
	if (verb->sharp && verb->letter[0] == 'q' && is_raw(text, len)) {
		(void)!buf_add_str(out, "`");
		(void)!buf_add(out, text, len);
		(void)!buf_add_str(out, "`");
		return;
	}
	(void)!buf_add_str(out, "\"");
	while (len > 0 && !out->overflow) {
		uint32_t c = 0;
		int n = str_utf8_decode(text, len, &c);

		if (n < 0)
			(void)!buf_printf(out, "\\x%02x", (unsigned char)*text);
		else
			add_quoted(out, c, '"', verb->plus);
		text += n < 0 ? 1 : n;
		len -= n < 0 ? 1 : (size_t)n;
	}
	(void)!buf_add_str(out, "\"");
}

void tverb_hex(struct buf *out, const struct tverb *verb, const char *text, size_t len)
{
	bool upper = verb->letter[0] == 'X';
	const char *prefix = !verb->sharp ? "" : upper ? "0X" : "0x";

	if (verb->has_precision && verb->precision < len)
		len = verb->precision;
	for (size_t i = 0; i < len && !out->overflow; i++) {
		if (i == 0 || verb->space)
			(void)!buf_printf(out, "%s%s", i ? " " : "", prefix);
		(void)!buf_printf(out, upper ? "%02X" : "%02x", (unsigned char)text[i]);
	}
}

bool tverb_rune(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	bool is_rune = v->size <= RUNE_MAX && !v->negative &&
		       (v->size < 0xd800 || v->size >= 0xe000);
	uint32_t c = is_rune ? (uint32_t)v->size : RUNE_BAD;

	switch (verb->letter[0]) {
	case 'c':
		add_character(out, c);
		return true;
	case 'q':
		(void)!buf_add_str(out, "'");
		add_quoted(out, c, '\'', verb->plus);
		(void)!buf_add_str(out, "'");
		return true;
	case 'U':
		(void)!buf_printf(out, "U+%04" PRIX64, v->size);
		return true;
	default:
		return false;
	}
}

size_t tverb_cut(const char *text, size_t len, size_t n)
{
	size_t at = 0;

	for (; n > 0 && at < len; n--) {
		uint32_t c;
		int length = str_utf8_decode(text + at, len - at, &c);

		at += length < 0 ? 1 : (size_t)length;
	}
	return at;
}

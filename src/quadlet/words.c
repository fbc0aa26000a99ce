/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/words.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/str.h"

#define BLANKS " \t\r\n"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* n digits of the base at s; false if they are not there or mean 0, which no argument can have. */
static bool number(const char *s, int n, int base, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < n; i++) {
		if (!s[i] || digit(s[i]) >= base)
			return false;
		value = value * base + digit(s[i]);
	}
	*ret = value;
	return value > 0;
}

static void add_utf8(struct buf *word, uint32_t c)
{
	char out[4];
	int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)c;
	} else {
		for (int i = n - 1; i > 0; i--, c >>= 6)
			out[i] = (char)(0x80 | (c & 0x3f));
		out[0] = (char)((0xf00 >> n & 0xff) | c);
	}
	buf_add(word, out, n);
}

/* The escape that starts at s, a backslash: how many bytes it has; 0 if it is none. */
static size_t unescape(const char *s, struct buf *word)
{
	static const char plain[] = "abfnrtvs\\\"'", meant[] = "\a\b\f\n\r\t\v \\\"'";
	const char *known = s[1] ? strchr(plain, s[1]) : NULL;
	uint32_t c;

	if (known) {
		buf_add(word, &meant[known - plain], 1);
		return 2;
	}
	if (s[1] == 'x' && number(s + 2, 2, 16, &c)) {
		buf_add(word, &(char){(char)c}, 1);
		return 4;
	}
	if (number(s + 1, 3, 8, &c) && c < 256) {
		buf_add(word, &(char){(char)c}, 1);
		return 4;
	}
	size_t n = s[1] == 'u' ? 4 : s[1] == 'U' ? 8 : 0;
	if (n && number(s + 2, (int)n, 16, &c) && c <= 0x10ffff &&
	    (c < 0xd800 || c > 0xdfff)) {
		add_utf8(word, c);
		return n + 2;
	}
	return 0;
}

/* One word from *s on; false: a quote did not end. */
static bool take_word(const char **s, struct buf *word)
{
	char quote = 0;
	const char *c = *s;

	while (*c && (quote || !strchr(BLANKS, *c))) {
		size_t n = *c == '\\' ? unescape(c, word) : 0;

		if (n) {
			c += n;
		} else if (*c == '\\' && c[1]) {
			buf_add(word, c, 2);
			c += 2;
		} else if (quote ? *c == quote : *c == '"' || *c == '\'') {
			quote = quote ? 0 : *c;
			c++;
		} else {
			buf_add(word, c++, 1);
		}
	}
	*s = c;
	return !quote;
}

int words_split(const struct unit_entry *e, char ***v, struct error *err)
{
	const char *s = e->value + strspn(e->value, BLANKS);

	while (*s) {
		cleanup_buf struct buf word;

		buf_init(&word, UNIT_FILE_MAX);
		buf_add(&word, "", 0);
		if (!take_word(&s, &word))
			return unit_error(err, e, "has a quote that does not end");
		/* systemd.service(5): a ; by itself ends a command, and is written \; */
		strv_add(v, str_eq(word.data, "\\;") ? ";" : word.data);
		s += strspn(s, BLANKS);
	}
	return 0;
}

/* A word that systemd reads as it stands. The first of them must not look like what systemd has other meanings for, a ; alone. */
static bool is_plain(const char *word)
{
	for (const char *c = word; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '"' || *c == '\'' ||
		    *c == '\\')
			return false;
	return *word && !str_eq(word, ";") && str_is_utf8(word);
}

void words_add(struct buf *line, const char *word)
{
	static const char meant[] = "\a\b\f\n\r\t\v\\\"", plain[] = "abfnrtv\\\"";

	if (line->len)
		buf_add(line, " ", 1);
	if (is_plain(word)) {
		buf_add_str(line, word);
		return;
	}
	bool is_text = str_is_utf8(word);
	buf_add(line, "\"", 1);
	for (const char *c = word; *c; c++) {
		const char *known = strchr(meant, *c);

		if (known)
			buf_printf(line, "\\%c", plain[known - meant]);
		else if ((unsigned char)*c < ' ' || *c == 0x7f ||
			 (!is_text && (unsigned char)*c >= 0x80))
			buf_printf(line, "\\x%02x", (unsigned char)*c);
		else
			buf_add(line, c, 1);
	}
	buf_add(line, "\"", 1);
}

bool words_is_flag(const char *text, bool *ret)
{
	static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"},
				 *const no[] = {"0", "no", "n", "false", "f", "off"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		bool is_yes = strcasecmp(text, yes[i]) == 0;

		if (!is_yes && strcasecmp(text, no[i]) != 0)
			continue;
		*ret = is_yes;
		return true;
	}
	return false;
}

int words_flag(const struct unit_entry *e, bool *ret, struct error *err)
{
	if (words_is_flag(e->value, ret))
		return 0;
	return unit_error(err, e, "is \"%s\", neither yes nor no", e->value);
}

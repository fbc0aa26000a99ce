/* SPDX-License-Identifier: Apache-2.0 */
#include "toml/toml_reader.h"

#include <stdint.h>
#include <string.h>

#include "util/str.h"

int toml_fail_at(const struct toml_reader *r, size_t at, const char *reason)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < r->len; i++) {
		if (r->text[i] == '\n')
			line++, column = 1;
		else if (((unsigned char)r->text[i] & 0xc0) != 0x80)
			column++; /* in characters, as editors count */
	}
	return error_set(r->err, ERR_INVALID, 0, "%s: line %zu, column %zu: %s", r->what,
			 line, column, reason);
}

int toml_fail(const struct toml_reader *r, const char *reason)
{
	return toml_fail_at(r, r->at,
			    r->at >= r->len ? "the text ends too soon" : reason);
}

static bool is_newline(const struct toml_reader *r, size_t at)
{
	return r->text[at] == '\n' ||
	       (r->text[at] == '\r' && at + 1 < r->len && r->text[at + 1] == '\n');
}

int toml_check_text(const struct toml_reader *r)
{
	for (size_t at = 0; at < r->len;) {
		uint32_t point = 0;
		int n = str_utf8_decode(r->text + at, r->len - at, &point);
		if (n < 0)
			return toml_fail_at(r, at, "not UTF-8");
		if ((point < 0x20 && point != '\t' && !is_newline(r, at)) ||
		    point == 0x7f)
			return toml_fail_at(r, at, "a control character");
		at += (size_t)n;
	}
	return 0;
}

int toml_enter(struct toml_reader *r)
{
	if (r->depth >= TOML_DEPTH_MAX)
		return toml_fail_at(r, r->at, "more than 64 levels deep");
	r->depth++;
	return 0;
}

void toml_leave(struct toml_reader *r, size_t n)
{
	r->depth -= n;
}

char toml_peek(const struct toml_reader *r)
{
	return r->at < r->len ? r->text[r->at] : '\0';
}

bool toml_starts(const struct toml_reader *r, const char *word)
{
	size_t len = strlen(word);

	return r->len - r->at >= len && memcmp(r->text + r->at, word, len) == 0;
}

bool toml_take(struct toml_reader *r, const char *word)
{
	if (!toml_starts(r, word))
		return false;
	r->at += strlen(word);
	return true;
}

bool toml_take_newline(struct toml_reader *r)
{
	return toml_take(r, "\n") || toml_take(r, "\r\n");
}

void toml_skip_blanks(struct toml_reader *r)
{
	while (toml_peek(r) == ' ' || toml_peek(r) == '\t')
		r->at++;
}

void toml_skip_comment(struct toml_reader *r)
{
	if (toml_peek(r) != '#')
		return;
	while (r->at < r->len && !is_newline(r, r->at))
		r->at++;
}

void toml_skip_lines(struct toml_reader *r)
{
	do {
		toml_skip_blanks(r);
		toml_skip_comment(r);
	} while (toml_take_newline(r));
}

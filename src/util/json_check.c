/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the text, recursing at most JSON_CHECK_DEPTH_MAX deep. The keys of all
 * open objects stand in one array, innermost last; when an object ends its keys are
 * sorted and neighbours compared, so a hostile object of a million keys costs n log n.
 * Keys are compared as what they mean: "a" and "\u0061" are the same one.
 */
#include "util/json_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

struct key {
	const char
		*text; /* in the JSON text, or owned where escapes had to be resolved */
	size_t len;
	size_t at; /* offset, to report it */
	char *owned;
};

struct checker {
	const char *text, *what;
	size_t len, at;
	int depth;
	struct key *keys;
	size_t n_keys, keys_cap;
	struct error *err;
};

static int check_value(struct checker *c);

static int fail_at(struct checker *c, size_t at, const char *reason)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < c->len; i++) {
		if (c->text[i] == '\n')
			line++, column = 1;
		else if (((unsigned char)c->text[i] & 0xc0) != 0x80)
			column++; /* in characters, as editors count */
	}
	return error_set(c->err, ERR_INVALID, 0, "%s: line %zu, column %zu: %s", c->what,
			 line, column, reason);
}

static int fail(struct checker *c, const char *reason)
{
	return fail_at(c, c->at, c->at >= c->len ? "the text ends too soon" : reason);
}

static char peek(const struct checker *c)
{
	return c->at < c->len ? c->text[c->at] : '\0';
}

static bool take(struct checker *c, char wanted)
{
	if (c->at >= c->len || c->text[c->at] != wanted)
		return false;
	c->at++;
	return true;
}

static void skip_blanks(struct checker *c)
{
	while (c->at < c->len && strchr(" \t\r\n", c->text[c->at]) &&
	       c->text[c->at] != '\0')
		c->at++;
}

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

/* Four hexadecimal digits. */
static int check_hex4(struct checker *c, uint32_t *ret)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(peek(c));
		if (digit < 0)
			return fail(c, "expected four hexadecimal digits after \\u");
		value = value << 4 | (uint32_t)digit;
		c->at++;
	}
	*ret = value;
	return 0;
}

/* What follows "\u", a second \uXXXX included where the first is half of a pair. */
static int check_unicode_escape(struct checker *c, uint32_t *ret)
{
	size_t start = c->at;
	uint32_t low = 0;

	int r = check_hex4(c, ret);
	if (r < 0)
		return r;
	if (*ret == 0)
		return fail_at(c, start, "\\u0000 cannot stand in a string");
	if (*ret < 0xd800 || *ret > 0xdfff)
		return 0;
	if (*ret > 0xdbff || !take(c, '\\') || !take(c, 'u'))
		return fail_at(c, start, "half of a surrogate pair");
	r = check_hex4(c, &low);
	if (r < 0)
		return r;
	if (low < 0xdc00 || low > 0xdfff)
		return fail_at(c, start, "half of a surrogate pair");
	*ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
	return 0;
}

static void add_utf8(struct buf *b, uint32_t point)
{
	char bytes[4];
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(lead[n] | point);
	buf_add(b, bytes, n);
}

/* What follows a backslash; the character it means goes to decoded. */
static int check_escape(struct checker *c, struct buf *decoded)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	uint32_t point = 0;

	if (take(c, 'u')) {
		int r = check_unicode_escape(c, &point);
		if (r < 0)
			return r;
		add_utf8(decoded, point);
		return 0;
	}
	const char *name = peek(c) == '\0' ? NULL : strchr(names, peek(c));
	if (!name)
		return fail(c, "unknown escape in a string");
	c->at++;
	buf_add(decoded, &meanings[name - names], 1);
	return 0;
}

/* One character of a string that is no escape. */
static int check_char(struct checker *c)
{
	uint32_t point = 0;

	if (c->at >= c->len)
		return fail(c, "");
	int n = str_utf8_decode(c->text + c->at, c->len - c->at, &point);
	if (n < 0)
		return fail(c, "not UTF-8");
	if (point < 0x20)
		return fail(
			c, "a control character stands in a string (an unclosed quote?)");
	c->at += (size_t)n;
	return n;
}

/*
 * A string, from its opening quote. If ret is given it gets the value: where it has no
 * escapes that is simply a part of the text.
 */
static int check_string(struct checker *c, struct key *ret)
{
	cleanup_buf struct buf decoded;
	size_t start = c->at + 1;
	bool escapes = false;

	buf_init(&decoded, c->len);
	if (!take(c, '"'))
		return fail(c, "expected a string in double quotes");
	while (!take(c, '"')) {
		size_t before = c->at;
		int r;
		if (!take(c, '\\')) {
			r = check_char(c);
			if (r > 0 && escapes)
				buf_add(&decoded, c->text + before, (size_t)r);
		} else {
			if (!escapes)
				buf_add(&decoded, c->text + start, before - start);
			escapes = true;
			r = check_escape(c, &decoded);
		}
		if (r < 0)
			return r;
	}
	if (!ret)
		return 0;
	*ret = (struct key){
		.text = c->text + start, .len = c->at - 1 - start, .at = start - 1};
	if (escapes) {
		ret->len = decoded.len;
		ret->text = ret->owned = buf_take(&decoded);
	}
	return 0;
}

static size_t skip_digits(struct checker *c)
{
	size_t start = c->at;
	while (peek(c) >= '0' && peek(c) <= '9')
		c->at++;
	return c->at - start;
}

/* Whether the whole number text[start..at) fits: json-c would clamp it silently. */
static bool fits_64_bits(const struct checker *c, size_t start)
{
	char digits[32];
	size_t len = c->at - start;
	uint64_t u;
	int64_t i;

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, c->text + start, len);
	digits[len] = '\0';
	return digits[0] == '-' ? str_to_i64(digits, &i) == 0
				: str_to_u64(digits, &u) == 0;
}

static int check_number(struct checker *c)
{
	size_t start = c->at;
	bool whole = true;

	take(c, '-');
	if (!take(c, '0') && skip_digits(c) == 0)
		return fail(c, "expected a digit");
	if (peek(c) >= '0' && peek(c) <= '9')
		return fail_at(c, start, "a number with a leading zero");
	if (take(c, '.')) {
		whole = false;
		if (skip_digits(c) == 0)
			return fail(c, "expected a digit after the decimal point");
	}
	if (take(c, 'e') || take(c, 'E')) {
		whole = false;
		if (!take(c, '+'))
			take(c, '-');
		if (skip_digits(c) == 0)
			return fail(c, "expected a digit in the exponent");
	}
	if (whole && !fits_64_bits(c, start))
		return fail_at(c, start, "a number beyond 64 bits");
	return 0;
}

static int check_word(struct checker *c)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);
		if (c->len - c->at >= len &&
		    memcmp(c->text + c->at, words[i], len) == 0) {
			c->at += len;
			return 0;
		}
	}
	return fail(c, "expected a value");
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *one = a, *other = b;
	size_t len = one->len < other->len ? one->len : other->len;
	int order = memcmp(one->text, other->text, len);

	if (order == 0 && one->len != other->len)
		order = one->len < other->len ? -1 : 1;
	if (order ==
	    0) /* so that the first of two comes first, and the second is reported */
		order = one->at < other->at ? -1 : 1;
	return order;
}

static void drop_keys(struct checker *c, size_t first)
{
	for (size_t i = first; i < c->n_keys; i++)
		free(c->keys[i].owned);
	c->n_keys = first;
}

/* At the end of an object, whose keys are those from `first` on. */
static int check_keys(struct checker *c, size_t first)
{
	size_t n = c->n_keys - first;

	if (n > 1)
		qsort(c->keys + first, n, sizeof(*c->keys), compare_keys);
	for (size_t i = first + 1; i < c->n_keys; i++) {
		const struct key *one = &c->keys[i - 1], *other = &c->keys[i];
		if (one->len != other->len ||
		    memcmp(one->text, other->text, one->len) != 0)
			continue;
		cleanup_free char *name = xstrndup(one->text, one->len);
		cleanup_free char *quoted = str_quote(name);
		cleanup_free char *reason = xasprintf("the key %s stands twice", quoted);
		return fail_at(c, other->at, reason);
	}
	drop_keys(c, first);
	return 0;
}

static int check_member(struct checker *c)
{
	struct key key = {0};

	skip_blanks(c);
	if (peek(c) != '"')
		return fail(c, "expected a key in double quotes");
	int r = check_string(c, &key);
	if (r < 0)
		return r;
	if (c->n_keys == c->keys_cap) {
		c->keys_cap = c->keys_cap ? 2 * c->keys_cap : 64;
		c->keys = xreallocarray(c->keys, c->keys_cap, sizeof(*c->keys));
	}
	c->keys[c->n_keys++] = key;
	skip_blanks(c);
	if (!take(c, ':'))
		return fail(c, "expected a colon after the key");
	return check_value(c);
}

static int check_object(struct checker *c)
{
	size_t first = c->n_keys;

	c->at++;
	skip_blanks(c);
	if (take(c, '}'))
		return 0;
	do {
		int r = check_member(c);
		if (r < 0)
			return r;
		skip_blanks(c);
	} while (take(c, ','));
	if (!take(c, '}'))
		return fail(c, "expected a comma or } after a member");
	return check_keys(c, first);
}

static int check_array(struct checker *c)
{
	c->at++;
	skip_blanks(c);
	if (take(c, ']'))
		return 0;
	do {
		int r = check_value(c);
		if (r < 0)
			return r;
		skip_blanks(c);
	} while (take(c, ','));
	return take(c, ']') ? 0 : fail(c, "expected a comma or ] after an element");
}

static int check_value(struct checker *c)
{
	skip_blanks(c);
	char first = peek(c);
	if (first == '"')
		return check_string(c, NULL);
	if (first == '-' || (first >= '0' && first <= '9'))
		return check_number(c);
	if (first != '{' && first != '[')
		return check_word(c);

	if (c->depth == JSON_CHECK_DEPTH_MAX)
		return fail(c, "more than 64 levels deep");
	c->depth++;
	int r = first == '{' ? check_object(c) : check_array(c);
	c->depth--;
	return r;
}

int json_check(const char *text, size_t len, const char *what, struct error *err)
{
	struct checker c = {.text = text, .len = len, .what = what, .err = err};

	if (len > INT32_MAX) /* json-c counts in int */
		return error_set(err, ERR_INVALID, EFBIG, "read %s", what);
	skip_blanks(&c);
	if (c.at == c.len)
		return error_set(err, ERR_INVALID, 0, "%s: there is nothing in it", what);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail_at(&c, 0, "a byte order mark, which JSON does not have");
	int r = check_value(&c);
	skip_blanks(&c);
	if (r == 0 && c.at < c.len)
		r = fail(&c, "something stands after the end");
	drop_keys(&c, 0);
	free(c.keys);
	return r;
}

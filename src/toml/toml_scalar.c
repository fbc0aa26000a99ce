/* SPDX-License-Identifier: Apache-2.0 */
#include "toml/toml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define DIGITS       "0123456789"
#define WORD_LEN_MAX 400 /* numbers may have many digits, and underscores */
#define DATE_LEN     10

/* Two digits at s as a number, or -1. */
static int two_digits(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return 10 * (s[0] - '0') + s[1] - '0';
}

static bool in_range(const char *s, int min, int max)
{
	int value = two_digits(s);

	return value >= min && value <= max;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

/* "1979-05-27"; returns what follows, or NULL. */
static const char *skip_date(const char *s)
{
	if (strspn(s, DIGITS) != 4 || s[4] != '-')
		return NULL;
	int year = 100 * two_digits(s) + two_digits(s + 2), month = two_digits(s + 5);
	if (month < 1 || month > 12 || s[7] != '-' ||
	    !in_range(s + 8, 1, days_in(year, month)))
		return NULL;
	return s + DATE_LEN;
}

/* "07:32:00" with any number of decimals. */
static const char *skip_time(const char *s)
{
	if (!in_range(s, 0, 23) || s[2] != ':' || !in_range(s + 3, 0, 59) ||
	    s[5] != ':' || !in_range(s + 6, 0, 59))
		return NULL;
	s += 8;
	if (*s != '.')
		return s;
	size_t decimals = strspn(s + 1, DIGITS);
	return decimals ? s + 1 + decimals : NULL;
}

/* "Z" or "+07:00", or nothing. */
static const char *skip_offset(const char *s)
{
	if (*s == 'Z' || *s == 'z')
		return s + 1;
	if (*s != '+' && *s != '-')
		return s;
	if (!in_range(s + 1, 0, 23) || s[3] != ':' || !in_range(s + 4, 0, 59))
		return NULL;
	return s + 6;
}

static bool is_date_or_time(const char *word)
{
	const char *s = skip_date(word);

	if (!s)
		s = skip_time(word);
	else if (*s == 'T' || *s == 't' || *s == ' ') {
		s = skip_time(s + 1);
		s = s ? skip_offset(s) : NULL;
	}
	return s && *s == '\0';
}

/* The digits of a number, each underscore between two of them. Returns what follows, or NULL. */
static const char *take_digits(const char *s, const char *digits, char **to)
{
	for (;;) {
		size_t n = strspn(s, digits);
		if (n == 0)
			return NULL;
		memcpy(*to, s, n);
		*to += n;
		s += n;
		if (*s != '_')
			return s;
		s++;
	}
}

static struct json_object *parse_based(const char *word)
{
	static const struct {
		const char *prefix, *digits;
		int base;
	} kinds[] = {{"0x", "0123456789abcdefABCDEF", 16},
		     {"0o", "01234567", 8},
		     {"0b", "01", 2}};
	char digits[WORD_LEN_MAX + 1], *to = digits;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_starts(word, kinds[i].prefix))
			continue;
		const char *end = take_digits(word + 2, kinds[i].digits, &to);
		if (!end || *end)
			return NULL;
		*to = '\0';
		errno = 0;
		long long value = strtoll(digits, NULL, kinds[i].base);
		return errno ? NULL : json_object_new_int64(value);
	}
	return NULL;
}

/* "inf", "-nan" */
static struct json_object *parse_special(const char *word)
{
	bool negative = *word == '-';

	if (*word == '+' || *word == '-')
		word++;
	if (str_eq(word, "inf"))
		return json_object_new_double(negative ? -INFINITY : INFINITY);
	return str_eq(word, "nan") ? json_object_new_double(NAN) : NULL;
}

/* A whole number or one with fraction or exponent. */
static struct json_object *parse_decimal(const char *word)
{
	char digits[WORD_LEN_MAX + 1], *to = digits;
	const char *s = word;
	int64_t value = 0;
	bool whole = true;

	if (*s == '+' || *s == '-')
		*to++ = *s++;
	if (s[0] == '0' && s[1] && strchr(DIGITS "_", s[1]))
		return NULL; /* a leading zero */
	s = take_digits(s, DIGITS, &to);
	if (s && *s == '.') {
		whole = false;
		*to++ = *s++;
		s = take_digits(s, DIGITS, &to);
	}
	if (s && (*s == 'e' || *s == 'E')) {
		whole = false;
		*to++ = *s++;
		if (*s == '+' || *s == '-')
			*to++ = *s++;
		s = take_digits(s, DIGITS, &to);
	}
	if (!s || *s)
		return NULL;
	*to = '\0';
	if (!whole)
		return json_object_new_double(strtod(digits, NULL));
	if (str_to_i64(*digits == '+' ? digits + 1 : digits, &value) < 0)
		return NULL;
	return json_object_new_int64(value);
}

static struct json_object *parse_word(const char *word)
{
	struct json_object *o = NULL;

	if (str_eq(word, "true") || str_eq(word, "false"))
		return json_object_new_boolean(word[0] == 't');
	if (is_date_or_time(word))
		return json_object_new_string(word);
	o = parse_based(word);
	if (!o)
		o = parse_special(word);
	return o ? o : parse_decimal(word);
}

/* All characters that a value of one word can have; between date and time a blank may stand. */
static size_t word_len(const struct toml_reader *r)
{
	size_t at = r->at;

	while (at < r->len && at - r->at <= WORD_LEN_MAX &&
	       (strchr(DIGITS "+-_.:abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		       r->text[at]) ||
		(r->text[at] == ' ' && at - r->at == DATE_LEN &&
		 r->text[r->at + 4] == '-' && at + 1 < r->len &&
		 strchr(DIGITS, r->text[at + 1]))))
		at++;
	return at - r->at;
}

int toml_scalar(struct toml_reader *r, struct json_object **ret)
{
	size_t len = word_len(r);

	if (len == 0)
		return toml_fail(r, "expected a value");
	if (len > WORD_LEN_MAX)
		return toml_fail(r, "a value that is too long");
	cleanup_free char *word = xstrndup(r->text + r->at, len);
	*ret = parse_word(word);
	if (!*ret)
		return toml_fail(r, "expected a value: a string in quotes, a number "
				    "within 64 bits, a date, true or false");
	r->at += len;
	return 0;
}

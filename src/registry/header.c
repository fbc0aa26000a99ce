/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/header.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define MEDIA_TYPE_LEN_MAX 255
#define LINK_LEN_MAX       8192

const char *header_next(char *const *headers, const char *name, size_t *index)
{
	size_t len = strlen(name);

	for (size_t n = strv_len(headers); *index < n;) {
		const char *line = headers[(*index)++];

		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
	}
	return NULL;
}

const char *header_get(char *const *headers, const char *name)
{
	size_t index = 0;

	return header_next(headers, name, &index);
}

/* Decimal digits, at least one; stops behind them. */
static int take_digits(const char **p, int64_t *ret)
{
	int64_t n = 0;
	const char *start = *p;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, **p - '0', &n))
			return -EINVAL;
	*ret = n;
	return *p == start ? -EINVAL : 0;
}

int header_number(const char *value, int64_t *ret)
{
	return value && take_digits(&value, ret) == 0 && !*value ? 0 : -EINVAL;
}

/* Exactly `digits` of them. */
static bool take_fixed(const char **p, int digits, int *ret)
{
	*ret = 0;
	for (int i = 0; i < digits; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*ret = *ret * 10 + (**p - '0');
	}
	return true;
}

static bool take_text(const char **p, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*p, text, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool take_month(const char **p, int *ret)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (*ret = 0; *ret < 12; (*ret)++)
		if (strncmp(*p, names + *ret * 3, 3) == 0) {
			*p += 3;
			return true;
		}
	return false;
}

/* "08:49:37" */
static bool take_clock(const char **p, struct tm *tm)
{
	return take_fixed(p, 2, &tm->tm_hour) && take_text(p, ":") &&
	       take_fixed(p, 2, &tm->tm_min) && take_text(p, ":") &&
	       take_fixed(p, 2, &tm->tm_sec) && tm->tm_hour < 24 && tm->tm_min < 60 &&
	       tm->tm_sec <= 60;
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool parse_imf(const char *p, struct tm *tm)
{
	return take_fixed(&p, 2, &tm->tm_mday) && take_text(&p, " ") &&
	       take_month(&p, &tm->tm_mon) && take_text(&p, " ") &&
	       take_fixed(&p, 4, &tm->tm_year) && take_text(&p, " ") &&
	       take_clock(&p, tm) && take_text(&p, " GMT") && !*p;
}

/* "06-Nov-94 08:49:37 GMT"; a year that seems over 50 years ahead is one of the past. */
static bool parse_rfc850(const char *p, int this_year, struct tm *tm)
{
	if (!take_fixed(&p, 2, &tm->tm_mday) || !take_text(&p, "-") ||
	    !take_month(&p, &tm->tm_mon) || !take_text(&p, "-") ||
	    !take_fixed(&p, 2, &tm->tm_year) || !take_text(&p, " ") ||
	    !take_clock(&p, tm) || !take_text(&p, " GMT") || *p)
		return false;
	tm->tm_year += this_year - this_year % 100;
	if (tm->tm_year > this_year + 50)
		tm->tm_year -= 100;
	return true;
}

/* "Nov  6 08:49:37 1994" */
static bool parse_asctime(const char *p, struct tm *tm)
{
	return take_month(&p, &tm->tm_mon) && take_text(&p, " ") &&
	       take_fixed(&p, take_text(&p, " ") ? 1 : 2, &tm->tm_mday) &&
	       take_text(&p, " ") && take_clock(&p, tm) && take_text(&p, " ") &&
	       take_fixed(&p, 4, &tm->tm_year) && !*p;
}

int header_date(const char *value, int64_t now_usec, int64_t *ret_usec)
{
	const char *p = value ? strpbrk(value, ", ") : NULL;
	time_t now = (time_t)(now_usec / USEC_PER_SEC);
	struct tm tm = {0}, now_tm = {0};

	if (!p || p == value || !gmtime_r(&now, &now_tm))
		return -EINVAL;
	/* The day's name says nothing that the date does not. */
	bool ok = *p == ' ' ? parse_asctime(p + 1, &tm)
			    : p[1] == ' ' &&
				      (parse_imf(p + 2, &tm) ||
				       parse_rfc850(p + 2, now_tm.tm_year + 1900, &tm));
	if (!ok || tm.tm_mday < 1 || tm.tm_mday > 31)
		return -EINVAL;
	tm.tm_year -= 1900;
	*ret_usec = (int64_t)timegm(&tm) * USEC_PER_SEC;
	return 0;
}

int header_retry_after(const char *value, int64_t now_usec, int64_t *ret_usec)
{
	int64_t n;

	if (!value)
		return -EINVAL;
	if (*value >= '0' && *value <= '9') {
		const char *p = value;

		if (value[strspn(value, "0123456789")])
			return -EINVAL;
		/* more than fits is only very long */
		if (take_digits(&p, &n) < 0 ||
		    n > HEADER_RETRY_AFTER_MAX_USEC / USEC_PER_SEC)
			n = HEADER_RETRY_AFTER_MAX_USEC / USEC_PER_SEC;
		*ret_usec = n * USEC_PER_SEC;
		return 0;
	}
	if (header_date(value, now_usec, &n) < 0)
		return -EINVAL;
	n -= now_usec;
	*ret_usec = n < 0                             ? 0
		    : n > HEADER_RETRY_AFTER_MAX_USEC ? HEADER_RETRY_AFTER_MAX_USEC
						      : n;
	return 0;
}

bool header_is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool header_value_safe(const char *value)
{
	for (; *value; value++)
		if (*value < ' ' || *value > '~')
			return false;
	return true;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Is "next" one of the relation types in this (quoted or bare) parameter value? */
static bool has_next(const char *value, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t start;

		while (i < len && (value[i] == ' ' || value[i] == '\t'))
			i++;
		for (start = i; i < len && value[i] != ' ' && value[i] != '\t'; i++)
			;
		if (i - start == 4 && strncasecmp(value + start, "next", 4) == 0)
			return true;
	}
	return false;
}

/* The parameters behind a target: ";rel=next;title="a, b"". Says whether one is rel=next; *p ends
 * behind them. */
static bool take_link_params(const char **p)
{
	bool next = false;

	for (*p = skip_blanks(*p); **p == ';'; *p = skip_blanks(*p)) {
		const char *name = *p = skip_blanks(*p + 1);
		while (header_is_token_char(**p))
			(*p)++;
		size_t name_len = (size_t)(*p - name), len;
		*p = skip_blanks(*p);
		if (**p != '=')
			continue;
		const char *value = skip_blanks(*p + 1);
		if (*value == '"') {
			for (len = 0, value++; value[len] && value[len] != '"'; len++)
				if (value[len] == '\\' && value[len + 1])
					len++;
			*p = value + len + (value[len] == '"');
		} else {
			len = strcspn(value, " \t;,");
			*p = value + len;
		}
		if (name_len == 3 && strncasecmp(name, "rel", 3) == 0)
			next = next || has_next(value, len);
	}
	return next;
}

char *header_link_next(const char *value)
{
	const char *p = value;

	while (p && *(p = skip_blanks(p)) == '<') {
		const char *target = p + 1;
		size_t len = strcspn(target, ">");

		if (target[len] != '>')
			return NULL;
		p = target + len + 1;
		if (take_link_params(&p))
			return len && len <= LINK_LEN_MAX ? xstrndup(target, len) : NULL;
		if (*p != ',')
			return NULL;
		p++;
	}
	return NULL;
}

int header_content_range(const char *value, int64_t *ret_first, int64_t *ret_last,
			 int64_t *ret_total)
{
	const char *p = value;

	if (!p || strncasecmp(p, "bytes ", 6) != 0)
		return -EINVAL;
	p += 6;
	if (take_digits(&p, ret_first) < 0 || !take_text(&p, "-") ||
	    take_digits(&p, ret_last) < 0 || !take_text(&p, "/"))
		return -EINVAL;
	*ret_total = -1;
	if (!take_text(&p, "*") && take_digits(&p, ret_total) < 0)
		return -EINVAL;
	return !*p && *ret_first <= *ret_last &&
			       (*ret_total < 0 || *ret_last < *ret_total)
		       ? 0
		       : -EINVAL;
}

int header_upload_range(const char *value, int64_t *ret_have)
{
	int64_t first, last;
	const char *p = value;

	if (!p)
		return -EINVAL;
	if (!take_text(&p, "bytes="))
		take_text(&p, "bytes ");
	if (take_digits(&p, &first) < 0 || !take_text(&p, "-") ||
	    take_digits(&p, &last) < 0 || *p || first != 0 || last == INT64_MAX)
		return -EINVAL;
	*ret_have = last ? last + 1 : 0;
	return 0;
}

char *header_media_type(const char *value)
{
	size_t len = 0, slashes = 0;

	for (; value && (header_is_token_char(value[len]) || value[len] == '/'); len++)
		slashes += value[len] == '/';
	if (slashes != 1 || len > MEDIA_TYPE_LEN_MAX || value[0] == '/' ||
	    value[len - 1] == '/' || (value[len] && !strchr("; \t,", value[len])))
		return NULL;
	char *type = xstrndup(value, len);
	for (char *p = type; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return type;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "util/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

bool str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), suffix_len = strlen(suffix);
	return len >= suffix_len && strcmp(s + len - suffix_len, suffix) == 0;
}

bool str_empty(const char *s)
{
	return !s || *s == '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int str_to_u64(const char *s, uint64_t *ret)
{
	uint64_t value = 0;
	bool overflow = false;

	if (str_empty(s))
		return -EINVAL;
	for (; *s; s++) {
		if (!is_digit(*s))
			return -EINVAL;
		/* Malformed is the stronger verdict, so go on to the end. */
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			overflow = true;
	}
	if (overflow)
		return -ERANGE;
	*ret = value;
	return 0;
}

int str_to_u32(const char *s, uint32_t *ret)
{
	uint64_t value = 0;
	int r = str_to_u64(s, &value);
	if (r < 0)
		return r;
	if (value > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

int str_to_i64(const char *s, int64_t *ret)
{
	uint64_t value = 0;
	bool negative = s && *s == '-';
	int r = str_to_u64(negative ? s + 1 : s, &value);
	if (r < 0)
		return r;
	if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

int str_to_mode(const char *s, uint32_t *ret)
{
	uint32_t value = 0;

	if (str_empty(s))
		return -EINVAL;
	for (const char *p = s; *p; p++) {
		if (*p < '0' || *p > '7')
			return -EINVAL;
	}
	for (; *s; s++) {
		value = value * 8 + (uint32_t)(*s - '0');
		if (value > 07777)
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

/* The power of 1024 of a size suffix, or -EINVAL. */
static int size_suffix(const char *s)
{
	static const char letters[] = "bkmgtp";

	if (*s == '\0')
		return 0;
	const char *letter = strchr(letters, tolower((unsigned char)*s));
	if (!letter)
		return -EINVAL;
	int power = (int)(letter - letters);
	s++;
	if (power > 0 && (*s == 'i' || *s == 'I') && (s[1] == 'b' || s[1] == 'B'))
		s++;
	if (power > 0 && (*s == 'b' || *s == 'B'))
		s++;
	return *s == '\0' ? power : -EINVAL;
}

#define FRACTION_DIGITS_MAX 9

int str_to_size(const char *s, uint64_t *ret)
{
	uint64_t whole = 0, fraction = 0, scale = 1, value = 0;
	bool overflow = false;

	if (str_empty(s) || !is_digit(*s))
		return -EINVAL;
	for (; is_digit(*s); s++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*s - '0'), &whole))
			overflow = true;
	}
	bool has_fraction = *s == '.';
	if (has_fraction && !is_digit(*++s))
		return -EINVAL;
	for (int n = 0; has_fraction && is_digit(*s); s++, n++) {
		if (n >= FRACTION_DIGITS_MAX)
			continue; /* less than a byte in all but absurd sizes */
		fraction = fraction * 10 + (uint64_t)(*s - '0');
		scale *= 10;
	}
	int power = size_suffix(s);
	if (power < 0 || (has_fraction && power == 0)) /* there is no half byte */
		return -EINVAL;

	unsigned __int128 unit = (unsigned __int128)1 << (10 * power);
	if (overflow || __builtin_mul_overflow(whole, (uint64_t)unit, &value) ||
	    __builtin_add_overflow(value, (uint64_t)(unit * fraction / scale), &value))
		return -ERANGE;
	*ret = value;
	return 0;
}

size_t strv_len(char *const *v)
{
	size_t n = 0;
	strv_foreach (item, v)
		n++;
	return n;
}

void strv_free(char **v)
{
	strv_foreach (item, v)
		free(*item);
	free(v);
}

char **strv_copy(char *const *v)
{
	char **copy = NULL;
	if (!v)
		return NULL;
	copy = xcalloc(strv_len(v) + 1, sizeof(*copy));
	for (size_t i = 0; v[i]; i++)
		copy[i] = xstrdup(v[i]);
	return copy;
}

void strv_add_take(char ***v, char *s)
{
	size_t n = strv_len(*v);

	*v = xreallocarray(*v, n + 2, sizeof(**v));
	(*v)[n] = s;
	(*v)[n + 1] = NULL;
}

void strv_add(char ***v, const char *s)
{
	strv_add_take(v, xstrdup(s));
}

void strv_addf(char ***v, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	strv_add_take(v, n < 0 ? xstrdup(fmt) : text);
}

bool strv_has(char *const *v, const char *s)
{
	strv_foreach (item, v) {
		if (strcmp(*item, s) == 0)
			return true;
	}
	return false;
}

char **str_split(const char *s, char separator)
{
	size_t n = 1;
	for (const char *p = s; (p = strchr(p, separator)) && *p; p++)
		n++;

	char **v = xcalloc(n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		const char *end = strchrnul(s, separator);
		v[i] = xstrndup(s, (size_t)(end - s));
		s = end + 1;
	}
	return v;
}

char *strv_join(char *const *v, const char *separator)
{
	size_t len = 1;
	strv_foreach (item, v)
		len += strlen(*item) + strlen(separator);

	char *text = xmalloc(len);
	char *end = text;
	*end = '\0';
	strv_foreach (item, v) {
		if (item != v)
			end = stpcpy(end, separator);
		end = stpcpy(end, *item);
	}
	return text;
}

#define NEAREST_LEN_MAX 63

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Edit distance where two neighbours in the wrong order count as one mistake. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][NEAREST_LEN_MAX + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t differs = a[i - 1] != b[j - 1];
			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		size_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

const char *str_nearest(const char *typed, const char *const *words)
{
	size_t len = strlen(typed), best = 3;
	const char *found = NULL;

	if (len > NEAREST_LEN_MAX)
		return NULL;
	for (; words && *words; words++) {
		size_t word_len = strlen(*words);
		if (word_len > NEAREST_LEN_MAX)
			continue;
		size_t distance = edit_distance(typed, len, *words, word_len);
		if (distance < best && distance * 2 < len) {
			best = distance;
			found = *words;
		}
	}
	return found;
}

static bool is_continuation(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

int str_utf8_decode(const char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	unsigned char c = (unsigned char)*s;
	size_t more;
	uint32_t point;

	if (c < 0x80) {
		*ret = c;
		return 1;
	}
	if ((c & 0xe0) == 0xc0)
		more = 1, point = c & 0x1f;
	else if ((c & 0xf0) == 0xe0)
		more = 2, point = c & 0x0f;
	else if ((c & 0xf8) == 0xf0)
		more = 3, point = c & 0x07;
	else
		return -EILSEQ;
	if (more >= len || !is_continuation(s + 1, more))
		return -EILSEQ;
	for (size_t i = 1; i <= more; i++)
		point = point << 6 | ((unsigned char)s[i] & 0x3f);
	if (point < least[more] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return -EILSEQ;
	*ret = point;
	return (int)more + 1;
}

char *str_visible(const char *s, const char *keep)
{
	cleanup_buf struct buf b;
	size_t len = strlen(s);

	buf_init(&b, SIZE_MAX / 2);
	buf_add_str(&b, "");
	while (len > 0) {
		uint32_t c = 0;
		int n = str_utf8_decode(s, len, &c);
		if (n == 1 && strchr(keep, (int)c))
			buf_add(&b, s, 1);
		else if (n < 0)
			buf_printf(&b, "\\x%02x", (unsigned char)*s);
		else if (c == '\n')
			buf_add_str(&b, "\\n");
		else if (c == '\t')
			buf_add_str(&b, "\\t");
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			buf_printf(&b, "\\x%02x", c);
		else
			buf_add(&b, s, (size_t)n);
		s += n < 0 ? 1 : n;
		len -= n < 0 ? 1 : (size_t)n;
	}
	return buf_take(&b);
}

static void quote_char(struct buf *b, const char *s, int n, uint32_t c)
{
	if (n < 0)
		buf_printf(b, "\\x%02x", (unsigned char)*s);
	else if (c == '"' || c == '\\')
		buf_printf(b, "\\%c", (int)c);
	else if (c == '\n')
		buf_add_str(b, "\\n");
	else if (c == '\t')
		buf_add_str(b, "\\t");
	else if (c < 0x20 || c == 0x7f)
		buf_printf(b, "\\x%02x", c);
	else if (c >= 0x80 && c < 0xa0) /* C1 controls: some terminals obey them */
		buf_printf(b, "\\u%04x", c);
	else
		buf_add(b, s, (size_t)n);
}

char *str_quote(const char *s)
{
	cleanup_buf struct buf b;
	size_t len = strlen(s);

	buf_init(&b, SIZE_MAX / 2);
	buf_add_str(&b, "\"");
	while (len > 0) {
		uint32_t c = 0;
		int n = str_utf8_decode(s, len, &c);
		quote_char(&b, s, n, c);
		s += n < 0 ? 1 : n;
		len -= n < 0 ? 1 : (size_t)n;
	}
	buf_add_str(&b, "\"");
	return buf_take(&b);
}

bool str_is_utf8(const char *s)
{
	size_t left = strlen(s);
	uint32_t rune;

	while (left > 0) {
		int n = str_utf8_decode(s, left, &rune);

		if (n < 0)
			return false;
		s += n;
		left -= (size_t)n;
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/text.h"

#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include "util/error.h"

int text_to_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	int64_t value = 0;

	if (negative)
		s++;
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *s - '0', &value))
			return -ERANGE;
	}
	/* summed up below zero, where there is room for one more than above */
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return -ERANGE;
	*ret = value;
	return 0;
}

char *text_put(char *p, const char *s)
{
	size_t len = strlen(s);

	memcpy(p, s, len);
	return p + len;
}

char *text_put_i64(char *p, int64_t value)
{
	char digits[TEXT_I64_MAX];
	size_t n = 0;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		digits[n++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*p++ = '-';
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

char *text_put_padded(char *p, uint32_t value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		p[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return p + width;
}

static struct iovec part(const char *s)
{
	return (struct iovec){.iov_base = (void *)s, .iov_len = strlen(s)};
}

void text_complain(const struct text_complaint *c)
{
	const char *reason = c->code ? error_errno_text(c->code) : NULL;
	struct iovec parts[] = {
		part(c->who),
		part(": "),
		part(c->what),
		part(c->object ? " " : ""),
		part(c->object ? c->object : ""),
		part(reason ? ": " : ""),
		part(reason ? reason : ""),
		part("\n"),
	};

	/* who cannot be told about a failure to tell? */
	if (writev(STDERR_FILENO, parts, ARRAY_SIZE(parts)) < 0)
		return;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "build/dockerfile_reader.h"
#include "util/mem.h"

struct slice slice_trim(struct slice s)
{
	while (s.n > 0 && slice_is_blank(*s.s))
		s.s++, s.n--;
	while (s.n > 0 && slice_is_blank(s.s[s.n - 1]))
		s.n--;
	return s;
}

/* *s loses its first n bytes and the blanks around them. */
static struct slice take(struct slice *s, size_t n)
{
	struct slice word = {s->s, n};

	*s = slice_trim((struct slice){s->s + n, s->n - n});
	return word;
}

struct slice slice_word(struct slice *s)
{
	size_t n = 0;

	*s = slice_trim(*s);
	while (n < s->n && !slice_is_blank(s->s[n]))
		n++;
	return take(s, n);
}

struct slice slice_quoted_word(struct slice *s, char escape)
{
	char quote = '\0';
	size_t n = 0;

	*s = slice_trim(*s);
	for (; n < s->n; n++) {
		char c = s->s[n];

		if (c == escape && quote != '\'' && n + 1 < s->n)
			n++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (slice_is_blank(c))
			break;
	}
	return take(s, n);
}

struct slice slice_copy_word(struct slice *s, char escape)
{
	size_t n = 0;

	*s = slice_trim(*s);
	while (n < s->n && isdigit((unsigned char)s->s[n]))
		n++;
	if (n + 1 < s->n && s->s[n] == '<' && s->s[n + 1] == '<')
		return slice_quoted_word(s, escape);
	return slice_word(s);
}

char *slice_text(struct slice s)
{
	return xstrndup(s.s, s.n);
}

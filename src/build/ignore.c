/* SPDX-License-Identifier: Apache-2.0 */
#include "build/ignore.h"

#include <string.h>

#include "build/ignore_pattern.h"
#include "util/mem.h"
#include "util/str.h"

struct rule {
	struct ignore_pattern *pattern;
	bool takes_back; /* it began with ! */
};

struct ignore {
	struct rule *rules;
	size_t n;
	bool takes_back; /* one of them does */
};

void ignore_free(struct ignore *i)
{
	for (size_t k = 0; k < i->n; k++)
		ignore_pattern_free(i->rules[k].pattern);
	free(i->rules);
	free(i);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *trimmed(const char *s, size_t n)
{
	while (n > 0 && is_blank(*s))
		s++, n--;
	while (n > 0 && is_blank(s[n - 1]))
		n--;
	return xstrndup(s, n);
}

/* Blank: there is none. The error is about the pattern alone: callers say where it stands. */
static int add_rule(struct ignore *i, const char *s, size_t n, struct error *err)
{
	cleanup_free char *text = trimmed(s, n);
	const char *why = "there is nothing behind its !", *pattern = text;
	struct rule rule = {.takes_back = *text == '!'};

	if (!*text)
		return 0;
	pattern += rule.takes_back;
	while (is_blank(*pattern))
		pattern++;
	if (*pattern)
		rule.pattern = ignore_pattern_new(pattern, &why);
	if (!rule.pattern)
		return error_set(err, ERR_INVALID, 0, "the pattern \"%.*s\": %s", 200,
				 text, why);
	if ((i->n & (i->n - 1)) == 0)
		i->rules =
			xreallocarray(i->rules, i->n ? 2 * i->n : 1, sizeof(*i->rules));
	i->rules[i->n++] = rule;
	i->takes_back |= rule.takes_back;
	return 0;
}

static int finish(struct ignore **i, struct ignore **ret)
{
	*ret = (*i)->n > 0 ? TAKE_PTR(*i) : NULL;
	return 0;
}

int ignore_parse(const char *text, size_t len, const char *name, struct ignore **ret,
		 struct error *err)
{
	cleanup_ignore struct ignore *i = xcalloc(1, sizeof(*i));
	const char *end = text + len;
	size_t line = 1;

	if (len > IGNORE_MAX)
		return error_set(err, ERR_INVALID, 0, "%s is longer than %d kB", name,
				 IGNORE_MAX >> 10);
	if (len > 0 && memchr(text, '\0', len))
		return error_set(err, ERR_INVALID, 0, "%s is no text: it has a NUL byte",
				 name);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; text < end; line++) {
		const char *next = memchr(text, '\n', (size_t)(end - text));

		next = next ? next : end;
		if (*text != '#' && add_rule(i, text, (size_t)(next - text), err) < 0)
			return error_wrap(err, "%s:%zu", name, line);
		text = next + 1;
	}
	return finish(&i, ret);
}

int ignore_patterns(char *const *patterns, struct ignore **ret, struct error *err)
{
	cleanup_ignore struct ignore *i = xcalloc(1, sizeof(*i));

	strv_foreach (pattern, patterns) {
		int r = add_rule(i, *pattern, strlen(*pattern), err);

		if (r < 0)
			return r;
	}
	return finish(&i, ret);
}

/* The last rule that matches, from the end; n: none. */
static size_t last_match(const struct ignore *i, const char *path)
{
	struct ignore_pairs pairs;

	ignore_pairs_take(&pairs, path);
	for (size_t k = i->n; k-- > 0;) {
		if (ignore_pattern_matches(i->rules[k].pattern, path, &pairs, true))
			return k;
	}
	return i->n;
}

bool ignore_matches(const struct ignore *i, const char *path)
{
	size_t k = i && *path && !str_eq(path, ".") ? last_match(i, path) : 0;

	return i && *path && !str_eq(path, ".") && k < i->n && !i->rules[k].takes_back;
}

/* What lies below is left out by the same rule: only those that come after it can take it back. */
bool ignore_may_hold(const struct ignore *i, const char *directory)
{
	if (!i || !i->takes_back)
		return false;
	size_t decides = last_match(i, directory);

	for (size_t k = decides < i->n ? decides + 1 : 0; k < i->n; k++) {
		if (i->rules[k].takes_back &&
		    ignore_pattern_reaches(i->rules[k].pattern, directory))
			return true;
	}
	return false;
}

bool ignore_glob(const char *pattern, const char *path)
{
	const char *why;
	cleanup_ignore_pattern struct ignore_pattern *p =
		ignore_pattern_new(pattern, &why);

	struct ignore_pairs pairs;

	/* What is no pattern can still be a file's name. */
	if (!p)
		return str_eq(pattern, path);
	ignore_pairs_take(&pairs, path);
	return ignore_pattern_matches(p, path, &pairs, false);
}

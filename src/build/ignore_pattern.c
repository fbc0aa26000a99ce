/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern is a row of tokens. All places in it where a match could have come to are followed at once, character by character: time is
 * path times pattern, whatever the pattern, and on the way it shows whether a directory above matches. Most paths never come so far:
 * a pattern's longest plain part must stand in them, and mostly its pairs of bytes already do not.
 */
#include "build/ignore_pattern.h"

#include <stdint.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define RAW_BYTE UINT32_C(0x80000000) /* a byte that is no UTF-8 */

enum token_type {
	TOKEN_CHARACTER,
	TOKEN_ANY,         /* one, no slash */
	TOKEN_CLASS,       /* one of these, no slash */
	TOKEN_STAR,        /* any number, no slash */
	TOKEN_ALL,         /* any number */
	TOKEN_ENTER,       /* to the next, or over it: whole directories or nothing */
	TOKEN_DIRECTORIES, /* any number and then a slash */
};

struct range {
	uint32_t first, last;
};

struct token {
	enum token_type type;
	uint32_t character;
	size_t first_range, n_ranges; /* of the class */
	bool negated;
};

struct ignore_pattern {
	char *plain;               /* a part that each path has that matches; "": none */
	struct ignore_pairs pairs; /* of that */
	bool only_plain;           /* that's all of it */
	struct token *tokens;
	size_t n_tokens;
	struct range *ranges;
	size_t n_ranges;
};

void ignore_pattern_free(struct ignore_pattern *p)
{
	free(p->plain);
	free(p->tokens);
	free(p->ranges);
	free(p);
}

void ignore_pairs_take(struct ignore_pairs *p, const char *s)
{
	*p = (struct ignore_pairs){0};
	for (; s[0] && s[1]; s++) {
		unsigned int bit = ((unsigned char)s[0] * 31U + (unsigned char)s[1]) %
				   (64 * IGNORE_PAIR_WORDS);

		p->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

static bool has_pairs(const struct ignore_pairs *all, const struct ignore_pairs *wanted)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < IGNORE_PAIR_WORDS; i++)
		missing |= wanted->bits[i] & ~all->bits[i];
	return missing == 0;
}

static uint32_t next_rune(const char **s)
{
	uint32_t rune;
	int n = str_utf8_decode(*s, strlen(*s) < 4 ? strlen(*s) : 4, &rune);

	if (n < 0) {
		rune = RAW_BYTE | (unsigned char)**s;
		n = 1;
	}
	*s += n;
	return rune;
}

/* Go's filepath.Clean, without the slash in front: a pattern begins at the context's top anyhow. */
static char *clean(const char *text)
{
	cleanup_strv char **parts = str_split(text, '/');
	char *result = xmalloc(strlen(text) + 1), *end = result;

	*end = '\0';
	strv_foreach (part, parts) {
		char *last = strrchr(result, '/');

		if (!**part || str_eq(*part, "."))
			continue;
		/* Above the top there is nothing. */
		if (str_eq(*part, "..") && !*result && *text == '/')
			continue;
		if (str_eq(*part, "..") && *result &&
		    !str_eq(last ? last + 1 : result, "..")) {
			end = last ? last : result;
			*end = '\0';
			continue;
		}
		if (*result)
			*end++ = '/';
		end = stpcpy(end, *part);
	}
	return result;
}

static void add(struct ignore_pattern *p, enum token_type type, uint32_t character)
{
	p->tokens[p->n_tokens++] = (struct token){.type = type, .character = character};
}

/* A character of a class: a plain - or ] is none. */
static bool class_rune(const char **s, uint32_t *ret)
{
	if (!**s || **s == '-' || **s == ']')
		return false;
	if (**s == '\\')
		++*s;
	if (!**s)
		return false;
	*ret = next_rune(s);
	return true;
}

/* Behind the [ . */
static bool add_class(struct ignore_pattern *p, const char **s)
{
	struct token *t = &p->tokens[p->n_tokens];

	add(p, TOKEN_CLASS, 0);
	t->first_range = p->n_ranges;
	t->negated = **s == '^';
	*s += t->negated;
	do {
		struct range *range = &p->ranges[p->n_ranges++];

		t->n_ranges++;
		if (!class_rune(s, &range->first))
			return false;
		range->last = range->first;
		if (**s == '-') {
			++*s;
			if (!class_rune(s, &range->last))
				return false;
		}
	} while (**s && **s != ']');
	if (!**s)
		return false;
	++*s;
	return true;
}

/* Behind ** . In front of plain text alone, as in **.go, it may end within a name. */
static void add_deep(struct ignore_pattern *p, const char **s)
{
	bool first = p->n_tokens == 0, slash = **s == '/';

	*s += slash;
	if (!**s || (first && !slash && !strpbrk(*s, "*?[]\\"))) {
		add(p, TOKEN_ALL, 0);
	} else {
		add(p, TOKEN_ENTER, 0);
		add(p, TOKEN_DIRECTORIES, 0);
	}
}

static bool add_next(struct ignore_pattern *p, const char **s)
{
	char c = **s;

	if (strncmp(*s, "**", 2) == 0) {
		*s += 2;
		add_deep(p, s);
		return true;
	}
	if (c == '*' || c == '?' || c == '[' || c == '\\')
		++*s;
	if (c == '*')
		add(p, TOKEN_STAR, 0);
	else if (c == '?')
		add(p, TOKEN_ANY, 0);
	else if (c == '[')
		return add_class(p, s);
	else if (!**s)
		return false;
	else
		add(p, TOKEN_CHARACTER, next_rune(s));
	return true;
}

/* The longest run of plain characters, from the text: escapes end it. */
static void find_plain(struct ignore_pattern *p, const char *text)
{
	const char *best = text;
	size_t best_n = 0;

	for (const char *s = text; *s;) {
		size_t n = strcspn(s, "*?[\\");

		/* The slash behind ** is part of it: there need not be one. */
		if (s > text && *s == '/' && s[-1] == '*')
			s++, n--;
		if (n > best_n) {
			best = s;
			best_n = n;
		}
		s += n;
		if (*s == '[') {
			/* Over the class, whose end a \] is not. */
			for (s++; *s && *s != ']'; s++)
				s += *s == '\\' && s[1];
			s += *s == ']';
		} else if (*s == '\\') {
			s += s[1] ? 2 : 1;
		} else {
			s += *s != '\0';
		}
	}
	p->plain = xstrndup(best, best_n);
	ignore_pairs_take(&p->pairs, p->plain);
	p->only_plain = best_n == strlen(text);
}

struct ignore_pattern *ignore_pattern_new(const char *text, const char **ret_why)
{
	cleanup_ignore_pattern struct ignore_pattern *p = xcalloc(1, sizeof(*p));
	cleanup_free char *cleaned = clean(text);
	size_t len = strlen(cleaned);

	if (len > IGNORE_PATTERN_MAX) {
		*ret_why = "it is too long";
		return NULL;
	}
	/* ** alone becomes more tokens than it has characters, by none. */
	p->tokens = xcalloc(len + 1, sizeof(*p->tokens));
	p->ranges = xcalloc(len + 1, sizeof(*p->ranges));
	for (const char *s = cleaned; *s;) {
		char c = *s;

		if (!add_next(p, &s)) {
			*ret_why = c == '[' ? "its [ is malformed"
					    : "there is nothing behind its \\";
			return NULL;
		}
	}
	find_plain(p, cleaned);
	return TAKE_PTR(p);
}

static bool in_class(const struct ignore_pattern *p, const struct token *t, uint32_t c)
{
	for (size_t i = 0; i < t->n_ranges; i++) {
		const struct range *range = &p->ranges[t->first_range + i];

		if (c >= range->first && c <= range->last)
			return !t->negated;
	}
	return t->negated;
}

/* Where a match can have come to: before token i. */
struct places {
	bool at[IGNORE_PATTERN_MAX + 2];
};

/* Tokens that can be nothing are passed. */
static void pass(const struct ignore_pattern *p, struct places *now)
{
	for (size_t i = 0; i < p->n_tokens; i++) {
		enum token_type type = p->tokens[i].type;

		if (!now->at[i])
			continue;
		if (type == TOKEN_STAR || type == TOKEN_ALL || type == TOKEN_ENTER)
			now->at[i + 1] = true;
		if (type == TOKEN_ENTER)
			now->at[i + 2] = true;
	}
}

/* False: it comes nowhere any more. */
static bool step(const struct ignore_pattern *p, const struct places *now, uint32_t c,
		 struct places *next)
{
	bool alive = false;

	memset(next->at, 0, p->n_tokens + 1);
	for (size_t i = 0; i < p->n_tokens; i++) {
		const struct token *t = &p->tokens[i];
		bool stays = false, goes = false;

		if (!now->at[i])
			continue;
		if (t->type == TOKEN_CHARACTER)
			goes = c == t->character;
		else if (t->type == TOKEN_ANY)
			goes = c != '/';
		else if (t->type == TOKEN_CLASS)
			goes = c != '/' && in_class(p, t, c);
		else if (t->type == TOKEN_STAR)
			stays = c != '/';
		else if (t->type != TOKEN_ENTER)
			stays = true;
		if (t->type == TOKEN_DIRECTORIES)
			goes = c == '/';
		next->at[i] |= stays;
		next->at[i + 1] |= goes;
		alive |= stays || goes;
	}
	pass(p, next);
	return alive;
}

static void begin(const struct ignore_pattern *p, struct places *now)
{
	memset(now->at, 0, p->n_tokens + 1);
	now->at[0] = true;
	pass(p, now);
}

static bool plain_matches(const struct ignore_pattern *p, const char *path, bool or_above)
{
	size_t n = strlen(p->plain);

	return n > 0 && strncmp(path, p->plain, n) == 0 &&
	       (!path[n] || (or_above && path[n] == '/'));
}

/* By itself, as most paths need no places: they are two kilobytes that would be cleared each time. */
static __attribute__((noinline)) bool follow(const struct ignore_pattern *p,
					     const char *path, bool or_above)
{
	struct places places[2];
	size_t now = 0;

	begin(p, &places[now]);
	for (const char *s = path; *s; now = !now) {
		if (or_above && *s == '/' && s > path && places[now].at[p->n_tokens])
			return true;
		if (!step(p, &places[now], next_rune(&s), &places[!now]))
			return false;
	}
	return places[now].at[p->n_tokens];
}

bool ignore_pattern_matches(const struct ignore_pattern *p, const char *path,
			    const struct ignore_pairs *pairs, bool or_above)
{
	if (!has_pairs(pairs, &p->pairs))
		return false;
	if (p->only_plain)
		return plain_matches(p, path, or_above);
	return strstr(path, p->plain) && follow(p, path, or_above);
}

bool ignore_pattern_reaches(const struct ignore_pattern *p, const char *directory)
{
	struct places places[2];
	size_t now = 0;

	begin(p, &places[now]);
	for (const char *s = directory; *s; now = !now) {
		if (!step(p, &places[now], next_rune(&s), &places[!now]))
			return false;
	}
	if (!step(p, &places[now], '/', &places[!now]))
		return false;
	/* Whatever token is still to come, there is a text for it. */
	return memchr(places[!now].at, 1, p->n_tokens) != NULL;
}

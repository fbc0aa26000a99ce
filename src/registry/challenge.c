/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/challenge.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "registry/header.h"
#include "util/buf.h"
#include "util/mem.h"

#define PARAM_LEN_MAX 8192

static void challenge_release(struct challenge *c)
{
	free(c->scheme_name);
	free(c->realm);
	free(c->service);
	free(c->scope);
	free(c->error);
	*c = (struct challenge){0};
}

void challenges_release(struct challenges *c)
{
	for (size_t i = 0; i < c->n; i++)
		challenge_release(&c->items[i]);
	free(c->items);
	*c = (struct challenges){0};
}

const struct challenge *challenges_find(const struct challenges *c,
					enum challenge_scheme scheme)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].scheme == scheme)
			return &c->items[i];
	return NULL;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static size_t token_len(const char *p)
{
	size_t len = 0;

	while (header_is_token_char(p[len]))
		len++;
	return len;
}

/* A value: a token or a quoted string. NULL if it is neither, or too long. */
static char *take_value(const char **p)
{
	cleanup_buf struct buf text;

	buf_init(&text, PARAM_LEN_MAX);
	if (**p != '"') {
		size_t len = token_len(*p);

		if (!len || buf_add(&text, *p, len) < 0)
			return NULL;
		*p += len;
		return buf_take(&text);
	}
	for ((*p)++; **p && **p != '"'; (*p)++) {
		if (**p == '\\' && (*p)[1])
			(*p)++;
		if (buf_add(&text, *p, 1) < 0)
			return NULL;
	}
	if (**p != '"')
		return NULL;
	(*p)++;
	return buf_take(&text);
}

static void set_param(struct challenge *c, const char *name, size_t len, char *value)
{
	const struct {
		const char *name;
		char **where;
	} known[] = {
		{"realm", &c->realm},
		{"service", &c->service},
		{"scope", &c->scope},
		{"error", &c->error},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == len &&
		    strncasecmp(known[i].name, name, len) == 0 && !*known[i].where) {
			*known[i].where = value;
			return;
		}
	free(value);
}

/* Does "name = value" stand here, and no scheme? */
static bool at_param(const char *p)
{
	size_t len = token_len(p);
	const char *after = skip_blanks(p + len);

	/* "YWJj==" is a token68: a scheme's only word */
	return len && *after == '=' && after[1] != '=' && after[1] && after[1] != ',';
}

/* The parameters of one challenge. False: malformed. *p ends at the next scheme or the end. */
static bool take_params(const char **p, struct challenge *c)
{
	for (;;) {
		*p += strspn(*p, " \t,");
		if (!at_param(*p))
			return true;
		const char *name = *p;
		size_t len = token_len(name);

		*p = skip_blanks(skip_blanks(name + len) + 1);
		char *value = take_value(p);
		if (!value)
			return false;
		set_param(c, name, len, value);
		*p = skip_blanks(*p);
		if (**p && **p != ',')
			return false;
	}
}

static enum challenge_scheme scheme_of(const char *name)
{
	return strcasecmp(name, "bearer") == 0  ? CHALLENGE_BEARER
	       : strcasecmp(name, "basic") == 0 ? CHALLENGE_BASIC
						: CHALLENGE_OTHER;
}

void challenges_add(struct challenges *c, const char *value)
{
	const char *p = value + strspn(value, " \t,");
	bool ok = true;

	while (ok && *p && c->n < CHALLENGES_MAX) {
		size_t len = token_len(p);
		if (!len || (p[len] && !strchr(" \t,", p[len])))
			return;
		c->items = xreallocarray(c->items, c->n + 1, sizeof(*c->items));
		struct challenge *item = &c->items[c->n++];
		*item = (struct challenge){.scheme_name = xstrndup(p, len)};
		item->scheme = scheme_of(item->scheme_name);
		p = skip_blanks(p + len);
		if (item->scheme == CHALLENGE_OTHER && !at_param(p)) {
			size_t word = strcspn(p, " \t,"); /* a token68, or nothing */
			if (p[word] != ' ' && p[word] != '\t')
				p += word;
		}
		ok = take_params(&p, item);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* --env-merge: words in which variables stand for what an image has set. */
#include <stdlib.h>
#include <string.h>

#include "engine/environment.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define VALUE_MAX (1 << 20)
#define DEPTH_MAX 16 /* of ${A:-${B:-...}} */

struct words {
	const char *at;    /* what is left to read */
	const char *whole; /* for messages */
	char *const *env;
	int depth;
};

static int malformed(const struct words *w, const char *what, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "--env-merge %s: %s", w->whole, what);
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
	       s[n] == '_' || (n && s[n] >= '0' && s[n] <= '9'))
		n++;
	return n;
}

static int expand(struct words *w, char until, struct buf *out, struct error *err);

/* After "${NAME": "}", ":-word}" or ":+word}". */
static int expand_braces(struct words *w, const char *value, struct buf *out,
			 struct error *err)
{
	cleanup_buf struct buf word = {0};
	char choice = 0;
	bool is_set = !str_empty(value);
	int r;

	if (w->at[0] == ':' && (w->at[1] == '-' || w->at[1] == '+')) {
		choice = w->at[1];
		w->at += 2;
	} else if (w->at[0] != '}') {
		return malformed(w, "expected ${NAME}, ${NAME:-word} or ${NAME:+word}",
				 err);
	}
	if (++w->depth > DEPTH_MAX)
		return malformed(w, "nested too deeply", err);
	buf_init(&word, VALUE_MAX);
	r = expand(w, '}', &word, err);
	w->depth--;
	if (r < 0)
		return r;
	if (choice == '+')
		return is_set && word.len ? buf_add(out, word.data, word.len) : 0;
	if (choice == '-' && !is_set)
		return word.len ? buf_add(out, word.data, word.len) : 0;
	return value ? buf_add_str(out, value) : 0;
}

/* At "$". One that names nothing stands for itself. */
static int expand_variable(struct words *w, struct buf *out, struct error *err)
{
	bool braces = w->at[1] == '{';
	const char *start = w->at + 1 + braces;
	size_t len = name_length(start);
	cleanup_free char *name = xstrndup(start, len);
	const char *value;

	if (len == 0 && braces)
		return malformed(w, "${ without a name", err);
	if (len == 0) {
		w->at++;
		return buf_add_str(out, "$");
	}
	w->at = start + len;
	value = environment_get(w->env, name);
	if (braces)
		return expand_braces(w, value, out, err);
	return value ? buf_add_str(out, value) : 0;
}

static int take_single_quotes(struct words *w, struct buf *out, struct error *err)
{
	const char *end = strchr(++w->at, '\'');
	int r;

	if (!end)
		return malformed(w, "a single quote is not closed", err);
	r = buf_add(out, w->at, (size_t)(end - w->at));
	w->at = end + 1;
	return r;
}

/* Inside double quotes a backslash is one unless it hides what counts there. */
static int take_backslash(struct words *w, bool quoted, struct buf *out)
{
	bool hides = w->at[1] && (!quoted || strchr("\"$\\", w->at[1]));
	const char *taken = w->at + hides;

	w->at += 1 + hides;
	return buf_add(out, taken, 1);
}

/* Up to `until`, which is taken too: '}', '"', or 0 for the end. */
static int expand(struct words *w, char until, struct buf *out, struct error *err)
{
	bool quoted = until == '"';
	int r = 0;

	while (r == 0 && *w->at != until) {
		if (*w->at == '\0')
			return malformed(w,
					 quoted ? "a double quote is not closed"
						: "${ is not closed",
					 err);
		if (*w->at == '\\') {
			r = take_backslash(w, quoted, out);
		} else if (*w->at == '$') {
			r = expand_variable(w, out, err);
		} else if (*w->at == '\'' && !quoted) {
			r = take_single_quotes(w, out, err);
		} else if (*w->at == '"') {
			w->at++;
			r = expand(w, '"', out, err);
		} else {
			r = buf_add(out, w->at++, 1);
		}
	}
	if (r == 0 && until)
		w->at++;
	if (r < 0 && !error_is_set(err))
		return error_set(err, ERR_INVALID, -r, "--env-merge %s", w->whole);
	return r;
}

int environment_merge(char ***env, const char *text, struct error *err)
{
	struct words w = {.whole = text, .env = *env};
	cleanup_free char *name = xstrndup(text, strcspn(text, "="));
	cleanup_free char *assignment = NULL;
	cleanup_buf struct buf value = {0};
	int r;

	if (!name[0] || !text[strlen(name)]) {
		malformed(&w, "expected NAME=VALUE", err);
		return error_hint(err,
				  "For example: --env-merge 'PATH=${PATH}:/opt/bin'");
	}
	w.at = text + strlen(name) + 1;
	buf_init(&value, VALUE_MAX);
	r = expand(&w, '\0', &value, err);
	if (r < 0)
		return r;
	if (!environment_get(*env, name))
		return 0;
	assignment = xasprintf("%s=%s", name, value.len ? value.data : "");
	environment_set(env, assignment);
	return 0;
}

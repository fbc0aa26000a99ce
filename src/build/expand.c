/* SPDX-License-Identifier: Apache-2.0 */
#include "build/expand.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "build/expand_pattern.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define DEPTH_MAX 64 /* ${a:-${b:-...}} */

/* Where blanks end a word. */
enum splitting {
	SPLIT_NEVER,
	SPLIT_TYPED,
	SPLIT_ALL, /* also where they come out of variables */
};

struct output {
	struct buf word;
	enum splitting splitting;
	bool in_word; /* something was there, if only quotes */
	struct words {
		char **v;
		size_t n, cap;
	} words;
};

struct expander {
	const char *at;
	const struct expand_scope *scope;
	bool quotes;  /* ' and " mean something */
	bool escapes; /* are kept, for a pattern */
	bool checks;  /* the form only: a value that must be there need not be */
	unsigned int depth;
	struct error *err;
};

static int expand_dollar(struct expander *x, struct buf *ret);

static int fail(const struct expander *x, const char *what)
{
	return error_set(x->err, ERR_INVALID, 0, "%s", what);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void end_word(struct output *o)
{
	struct words *w = &o->words;

	if (!o->in_word)
		return;
	o->in_word = false;
	if (o->word.len == 0 && o->splitting == SPLIT_ALL)
		return;
	if (w->n + 2 > w->cap) {
		w->cap = w->cap ? w->cap * 2 : 8;
		w->v = xreallocarray(w->v, w->cap, sizeof(*w->v));
	}
	w->v[w->n++] = o->word.data ? xstrndup(o->word.data, o->word.len) : xstrdup("");
	w->v[w->n] = NULL;
	o->word.len = 0;
}

static void put(struct output *o, const char *s, size_t n)
{
	buf_add(&o->word, s, n);
	o->in_word = true;
}

static void put_splitting(struct output *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_blank(s[i]))
			end_word(o);
		else
			put(o, s + i, 1);
	}
}

static void put_typed(struct output *o, const char *s, size_t n)
{
	if (o->splitting == SPLIT_NEVER)
		put(o, s, n);
	else
		put_splitting(o, s, n);
}

static void put_value(struct output *o, const struct buf *value)
{
	if (value->len == 0)
		return;
	if (o->splitting == SPLIT_ALL)
		put_splitting(o, value->data, value->len);
	else
		put(o, value->data, value->len);
}

static int single_quoted(struct expander *x, struct output *o)
{
	const char *end = strchr(x->at + 1, '\'');

	if (!end)
		return fail(x, "the single quote has no end");
	put(o, x->at + 1, (size_t)(end - x->at - 1));
	x->at = end + 1;
	return 0;
}

static int quoted_dollar(struct expander *x, struct output *o)
{
	cleanup_buf struct buf value;

	buf_init(&value, EXPAND_MAX);
	int r = expand_dollar(x, &value);
	if (r == 0 && value.len > 0)
		put(o, value.data, value.len);
	return r;
}

/* Between double quotes the escape character is one only before what means something there. */
static void quoted_escape(struct expander *x, struct output *o)
{
	const char *escape = x->at++;
	char c = *x->at;

	if (x->escapes)
		put(o, escape, 1);
	if (!c)
		return;
	if (c == '"' || c == '$' || c == x->scope->escape)
		put(o, x->at++, 1);
	else
		put(o, escape, 1);
}

static int double_quoted(struct expander *x, struct output *o)
{
	x->at++;
	put(o, "", 0);
	for (;;) {
		size_t plain = 0;
		int r = 0;

		while (x->at[plain] && x->at[plain] != '"' && x->at[plain] != '$' &&
		       x->at[plain] != x->scope->escape)
			plain++;
		put(o, x->at, plain);
		x->at += plain;
		if (!*x->at)
			return fail(x, "the double quote has no end");
		if (*x->at == '"') {
			x->at++;
			return 0;
		}
		if (*x->at == '$')
			r = quoted_dollar(x, o);
		else
			quoted_escape(x, o);
		if (r < 0)
			return r;
	}
}

static void escaped(struct expander *x, struct output *o)
{
	if (x->escapes)
		put(o, x->at, 1);
	x->at++;
	/* At the very end it counts for nothing. */
	if (*x->at)
		put(o, x->at++, 1);
}

static int unquoted_dollar(struct expander *x, struct output *o)
{
	cleanup_buf struct buf value;

	buf_init(&value, EXPAND_MAX);
	int r = expand_dollar(x, &value);
	if (r == 0)
		put_value(o, &value);
	return r;
}

/* Up to `stop`, which is taken, or the end ('\0'). */
static int expand_until(struct expander *x, char stop, struct output *o)
{
	for (;;) {
		char c = *x->at;
		int r = 0;

		if (c == stop) {
			x->at += stop != '\0';
			break;
		}
		if (!c)
			return stop == '}' ? fail(x, "${ has no }")
					   : fail(x, "${NAME/ has no second /");
		if (c == '$')
			r = unquoted_dollar(x, o);
		else if (c == '\'' && x->quotes)
			r = single_quoted(x, o);
		else if (c == '"' && x->quotes)
			r = double_quoted(x, o);
		else if (c == x->scope->escape)
			escaped(x, o);
		else
			put_typed(o, x->at++, 1);
		if (r < 0)
			return r;
	}
	if (o->word.overflow)
		return error_set(x->err, ERR_INVALID, 0,
				 "the value is longer than %d bytes", EXPAND_MAX);
	return 0;
}

/* What stands behind an operator. escapes: they stay, as what comes is a pattern. */
static int operand(struct expander *x, char stop, bool escapes, char **ret)
{
	struct output o = {0};
	bool before = x->escapes;

	if (++x->depth > DEPTH_MAX)
		return fail(x, "too many ${ in each other");
	buf_init(&o.word, EXPAND_MAX);
	x->escapes = escapes;
	int r = expand_until(x, stop, &o);
	x->escapes = before;
	x->depth--;
	if (r == 0)
		*ret = buf_take(&o.word);
	buf_release(&o.word);
	return r;
}

static const char *lookup(const struct expander *x, const char *name, size_t n)
{
	const char *found = NULL;

	strv_foreach (var, x->scope->vars) {
		if (strncmp(*var, name, n) != 0)
			continue;
		if ((*var)[n] == '=')
			found = *var + n + 1;
		else if (!(*var)[n])
			found = "";
	}
	return found;
}

/* Letters, digits and _; digits alone; or one of the shell's own. */
static size_t name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s)) {
		while (isdigit((unsigned char)s[n]))
			n++;
		return n;
	}
	if (*s && strchr("@*#?-$!", *s))
		return 1;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

struct reference {
	const char *name;
	int name_len;
	const char *value; /* NULL: there is none */
	bool empty_is_none;
};

static int add_result(struct expander *x, struct buf *ret, const char *s)
{
	if (s && buf_add_str(ret, s) < 0)
		return error_set(x->err, ERR_INVALID, 0,
				 "the value is longer than %d bytes", EXPAND_MAX);
	return 0;
}

static int otherwise(struct expander *x, const struct reference *ref, char op,
		     struct buf *ret)
{
	cleanup_free char *word = NULL;
	bool there = ref->value && (*ref->value || !ref->empty_is_none);
	int r = operand(x, '}', false, &word);

	if (r < 0)
		return r;
	if (op == '+')
		return there ? add_result(x, ret, word) : 0;
	if (there)
		return add_result(x, ret, ref->value);
	if (op == '-' || x->checks)
		return add_result(x, ret, word);
	if (*word)
		return error_set(x->err, ERR_INVALID, 0, "%.*s: %s", ref->name_len,
				 ref->name, word);
	return error_set(x->err, ERR_INVALID, 0, "%.*s must not be %s", ref->name_len,
			 ref->name, ref->value ? "empty" : "unset");
}

static int trimmed(struct expander *x, const struct reference *ref, char op,
		   struct buf *ret)
{
	cleanup_free char *word = NULL, *result = NULL;
	int r = operand(x, '}', true, &word);

	if (r < 0)
		return r;
	bool longest = *word == op;
	r = expand_trim(ref->value ? ref->value : "", word + longest, x->scope->escape,
			op == '%', longest, &result, x->err);
	return r < 0 ? r : add_result(x, ret, result);
}

static int replaced(struct expander *x, const struct reference *ref, struct buf *ret)
{
	cleanup_free char *pattern = NULL, *with = NULL, *result = NULL;
	struct expand_replacement o = {.escape = x->scope->escape};

	o.all = *x->at == '/';
	x->at += o.all;
	int r = operand(x, '/', true, &pattern);
	if (r == 0)
		r = operand(x, '}', true, &with);
	if (r < 0)
		return r;
	o.pattern = pattern;
	o.with = with;
	r = expand_replace(ref->value ? ref->value : "", &o, &result, x->err);
	return r < 0 ? r : add_result(x, ret, result);
}

/* Behind ${ . */
static int expand_braces(struct expander *x, struct buf *ret)
{
	size_t n = name_length(x->at);
	struct reference ref = {x->at, (int)n, lookup(x, x->at, n), false};
	const char *op = x->at + n;

	if (!*x->at || !*op)
		return fail(x, "${ has no }");
	if (n == 0)
		return fail(x, "${ is not followed by a name");
	x->at = op + 1;
	if (*op == '}')
		return add_result(x, ret, ref.value);
	if (*op == '/')
		return replaced(x, &ref, ret);
	if (*op == ':') {
		ref.empty_is_none = true;
		op++;
		x->at += *op != '\0';
	}
	if (*op == '#' || *op == '%')
		return trimmed(x, &ref, *op, ret);
	if (*op == '-' || *op == '+' || *op == '?')
		return otherwise(x, &ref, *op, ret);
	/* Not half of a character. */
	error_set(x->err, ERR_INVALID, 0, "${%.*s%s%.*s: no such operator", ref.name_len,
		  ref.name, ref.empty_is_none ? ":" : "",
		  isgraph((unsigned char)*op) != 0, op);
	return error_hint(x->err, "There are: :- :+ :? - + ? # ## %% %%%% / //");
}

static int expand_dollar(struct expander *x, struct buf *ret)
{
	x->at++;
	if (*x->at == '{') {
		x->at++;
		return expand_braces(x, ret);
	}
	size_t n = name_length(x->at);
	const char *value = n ? lookup(x, x->at, n) : "$";
	x->at += n;
	return add_result(x, ret, value);
}

static int expand(const char *text, const struct expand_scope *s, struct output *o,
		  struct error *err)
{
	struct expander x = {.at = text, .scope = s, .quotes = true, .err = err};

	buf_init(&o->word, EXPAND_MAX);
	return expand_until(&x, '\0', o);
}

int expand_word(const char *text, const struct expand_scope *s, char **ret,
		struct error *err)
{
	struct output o = {0};
	int r = expand(text, s, &o, err);

	if (r == 0)
		*ret = buf_take(&o.word);
	buf_release(&o.word);
	return r;
}

int expand_plain(const char *text, const struct expand_scope *s, char **ret,
		 struct error *err)
{
	struct output o = {0};
	struct expander x = {.at = text, .scope = s, .err = err};

	buf_init(&o.word, EXPAND_MAX);
	int r = expand_until(&x, '\0', &o);
	if (r == 0)
		*ret = buf_take(&o.word);
	buf_release(&o.word);
	return r;
}

static int expand_list(const char *text, const struct expand_scope *s,
		       enum splitting splitting, char ***ret, struct error *err)
{
	struct output o = {.splitting = splitting};
	cleanup_strv char **words = NULL;
	int r = expand(text, s, &o, err);

	if (r == 0)
		end_word(&o);
	buf_release(&o.word);
	words = o.words.v;
	if (r < 0)
		return r;
	size_t n = strv_len(*ret);
	*ret = xreallocarray(*ret, n + o.words.n + 1, sizeof(**ret));
	for (size_t i = 0; i < o.words.n; i++)
		(*ret)[n + i] = words[i];
	(*ret)[n + o.words.n] = NULL;
	free(TAKE_PTR(words));
	return 0;
}

int expand_words(const char *text, const struct expand_scope *s, char ***ret,
		 struct error *err)
{
	return expand_list(text, s, SPLIT_TYPED, ret, err);
}

int expand_fields(const char *text, const struct expand_scope *s, char ***ret,
		  struct error *err)
{
	return expand_list(text, s, SPLIT_ALL, ret, err);
}

int expand_check(const char *text, char escape, bool plain, struct error *err)
{
	const struct expand_scope scope = {.escape = escape};
	struct expander x = {.at = text,
			     .scope = &scope,
			     .quotes = !plain,
			     .checks = true,
			     .err = err};
	struct output o = {0};

	buf_init(&o.word, EXPAND_MAX);
	int r = expand_until(&x, '\0', &o);
	buf_release(&o.word);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_lex.h"

#include <stdarg.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define BLANKS " \t\r\n"

int template_error(struct error *err, const char *format, size_t at, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	size_t line = 1, column = 1;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	for (size_t i = 0; i < at && format[i]; i++) {
		bool end = format[i] == '\n';

		line += end;
		/* bytes that go on with a character have no column of their own */
		column = end ? 1 : column + (((unsigned char)format[i] & 0xc0) != 0x80);
	}
	if (strchr(format, '\n'))
		return error_set(err, ERR_INVALID, 0,
				 "--format, line %zu, column %zu: %s", line, column,
				 text ? text : "");
	return error_set(err, ERR_INVALID, 0, "--format, column %zu: %s", column,
			 text ? text : "");
}

static bool is_blank(char c)
{
	return c && strchr(BLANKS, c);
}

/* Letters, as far as they matter here: all that is not ASCII is one. */
static bool is_letter(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x80 || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *here(const struct lexer *l)
{
	return l->start + l->at;
}

static size_t word_len(const char *s)
{
	size_t n = 0;

	while (is_letter(s[n]) || is_digit(s[n]))
		n++;
	return n;
}

/* "{{- ": the white space before it goes. */
static bool trims_left(const char *open)
{
	return open[2] == '-' && is_blank(open[3]);
}

/* A text without what a shell leaves in it. */
static void copy_text(const struct lexer *l, size_t len, struct token *t)
{
	const char *from = here(l);
	char *text = arena_alloc(l->arena, len + 1), *to = text;

	for (size_t i = 0; i < len; i++) {
		char next = i + 1 < len ? from[i + 1] : '\0';

		*to = from[i];
		if (from[i] == '\\' && (next == 't' || next == 'n')) {
			*to = next == 't' ? '\t' : '\n';
			i++;
		} else if (from[i] == ' ' && l->tabs) {
			*to = '\t';
		}
		to++;
	}
	t->text = text;
	t->len = (size_t)(to - text);
}

static void text_token(struct lexer *l, struct token *t)
{
	const char *open = strstr(here(l), "{{");
	size_t len = open ? (size_t)(open - here(l)) : l->len - l->at;

	t->kind = TOKEN_TEXT;
	copy_text(l, len, t);
	while (l->trim_next && t->len && is_blank(*t->text)) {
		t->text++;
		t->len--;
	}
	while (open && trims_left(open) && t->len && is_blank(t->text[t->len - 1]))
		t->len--;
	l->trim_next = false;
	l->at += len;
}

/* After "{{" and its marker; *ret_skipped if it was a comment. */
static int skip_comment(struct lexer *l, bool *ret_skipped, struct error *err)
{
	size_t start = l->at;
	const char *end;

	*ret_skipped = str_starts(here(l), "/*");
	if (!*ret_skipped)
		return 0;
	end = strstr(here(l) + 2, "*/");
	if (!end)
		return template_error(err, l->start, start, "the comment has no end");
	l->at = (size_t)(end + 2 - l->start);
	if (is_blank(*here(l)) && str_starts(here(l) + 1, "-}}")) {
		l->trim_next = true;
		l->at += 2;
	}
	if (!str_starts(here(l), "}}"))
		return template_error(err, l->start, start,
				      "a comment must end right before its }}");
	l->at += 2;
	return 0;
}

/* What is not an action: text, or the start of one; 0 if it was but a comment. */
static int outside_token(struct lexer *l, struct token *t, struct error *err)
{
	bool comment;
	int r;

	if (l->at >= l->len)
		return 1;
	if (!str_starts(here(l), "{{")) {
		text_token(l, t);
		return 1;
	}
	l->at += trims_left(here(l)) ? 4 : 2;
	r = skip_comment(l, &comment, err);
	if (r < 0 || comment)
		return r;
	t->kind = TOKEN_OPEN;
	l->inside = true;
	return 1;
}

/* What may follow a name directly. */
static bool ends_word(const char *s)
{
	return !*s || is_blank(*s) || strchr(".,|:()=", *s) || str_starts(s, "}}");
}

static int name_token(struct lexer *l, struct token *t, size_t skip, struct error *err)
{
	size_t n = word_len(here(l) + skip);
	const char *end = here(l) + skip + n;

	t->word = arena_text(l->arena, here(l) + skip, n);
	if (!ends_word(end))
		return template_error(err, l->start, l->at + skip + n,
				      "'%c' can't stand after %s", *end, t->word);
	l->at += skip + n;
	return 0;
}

static int constant_token(struct lexer *l, struct token *t, struct error *err)
{
	const char *problem = NULL;
	ssize_t n = lex_constant(here(l), l->len - l->at, l->arena, &t->value, &problem);

	if (n < 0)
		return template_error(err, l->start, l->at, "%s", problem);
	t->kind = TOKEN_CONSTANT;
	l->at += (size_t)n;
	if (t->value.kind != TVALUE_TEXT && !ends_word(here(l)))
		return template_error(err, l->start, l->at, "bad number");
	return 0;
}

static bool sign_token(struct lexer *l, struct token *t)
{
	static const struct {
		char text[3];
		enum token_kind kind;
	} signs[] = {
		{":=", TOKEN_DECLARE}, {"=", TOKEN_ASSIGN}, {"|", TOKEN_PIPE},
		{",", TOKEN_COMMA},    {"(", TOKEN_LEFT},   {")", TOKEN_RIGHT},
		{".", TOKEN_DOT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		if (!str_starts(here(l), signs[i].text))
			continue;
		t->kind = signs[i].kind;
		l->at += strlen(signs[i].text);
		return true;
	}
	return false;
}

static int unknown(const struct lexer *l, struct error *err)
{
	unsigned char c = (unsigned char)*here(l);

	if (c < 0x20 || c == 0x7f)
		return template_error(err, l->start, l->at,
				      "the character 0x%02x is not known in {{ }}", c);
	return template_error(err, l->start, l->at,
			      "the character '%c' is not known in {{ }}", c);
}

static int inside_token(struct lexer *l, struct token *t, struct error *err)
{
	const char *s = here(l);

	if (*s == '$' || (*s == '.' && is_letter(s[1]))) {
		t->kind = *s == '$' ? TOKEN_VARIABLE : TOKEN_FIELD;
		return name_token(l, t, 1, err);
	}
	if (is_letter(*s)) {
		t->kind = TOKEN_WORD;
		return name_token(l, t, 0, err);
	}
	if (is_digit(*s) || strchr("+-\"`'", *s) || (*s == '.' && is_digit(s[1])))
		return constant_token(l, t, err);
	return sign_token(l, t) ? 0 : unknown(l, err);
}

/* "}}" or " -}}"; blanks have been skipped. */
static bool close_token(struct lexer *l, struct token *t)
{
	bool trims = t->blank && str_starts(here(l), "-}}");

	if (!trims && !str_starts(here(l), "}}"))
		return false;
	t->kind = TOKEN_CLOSE;
	l->trim_next = trims;
	l->inside = false;
	l->at += trims ? 3 : 2;
	return true;
}

int lexer_next(struct lexer *l, struct token *t, struct error *err)
{
	size_t blanks;
	int r = 0;

	while (!l->inside && r == 0) {
		*t = (struct token){.at = l->at};
		r = outside_token(l, t, err);
	}
	if (r != 0)
		return r < 0 ? r : 0;
	*t = (struct token){0};
	blanks = strspn(here(l), BLANKS);
	l->at += blanks;
	t->at = l->at;
	t->blank = blanks > 0;
	if (l->at >= l->len)
		return template_error(err, l->start, l->at, "a {{ has no }}");
	return close_token(l, t) ? 0 : inside_token(l, t, err);
}

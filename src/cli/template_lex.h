/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a template. Between the actions there is text, in which \t and \n are understood (a
 * shell does not make them) and which "{{- " and " -}}" trim; comments are left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/template_value.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/error.h"

enum token_kind {
	TOKEN_END = 0, /* of the template */
	TOKEN_TEXT,
	TOKEN_OPEN,     /* {{ */
	TOKEN_CLOSE,    /* }} */
	TOKEN_WORD,     /* keyword, function, true, nil: `word` */
	TOKEN_FIELD,    /* .Name: `word` without the point */
	TOKEN_VARIABLE, /* $name, or $ */
	TOKEN_CONSTANT, /* number, character, string: `value` */
	TOKEN_DOT,
	TOKEN_PIPE,
	TOKEN_DECLARE, /* := */
	TOKEN_ASSIGN,  /* = */
	TOKEN_COMMA,
	TOKEN_LEFT,
	TOKEN_RIGHT,
};

struct token {
	enum token_kind kind;
	size_t at;  /* offset in the template */
	bool blank; /* white space came before it, within the action */
	const char *word;
	const char *text; /* TEXT */
	size_t len;
	struct tvalue value;
};

struct lexer {
	struct arena *arena; /* for the texts of tokens */
	const char *start;
	size_t len, at;
	bool inside;    /* an action */
	bool trim_next; /* the last action ended with -}} */
	bool tabs;      /* blanks in texts become tabs ("table ...") */
};

/* lexer_next() - errors are ERR_INVALID and name the position. */
int lexer_next(struct lexer *l, struct token *ret, struct error *err) _must_check_;

/* template_error() - "--format, line 2, column 5: ...", without a line where there is only one.
 * Return: -EINVAL. */
int template_error(struct error *err, const char *format, size_t at, const char *fmt, ...)
	_printf_(4, 5);

/* lex_constant() - the number, character or string that starts s (of len bytes): its length and
 * *ret, or -1 with *ret_problem. */
ssize_t lex_constant(const char *s, size_t len, struct arena *a, struct tvalue *ret,
		     const char **ret_problem);

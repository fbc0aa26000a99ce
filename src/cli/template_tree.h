/* SPDX-License-Identifier: Apache-2.0 */
/* What a template is once it has been read: everything in one arena, all lists linked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/template_value.h"
#include "util/arena.h"

struct tpipe;

struct tfield { /* .Name after a term */
	const char *name;
	size_t at;
	struct tfield *next;
};

enum tterm_kind {
	TTERM_DOT,
	TTERM_NIL,
	TTERM_CONSTANT,
	TTERM_VARIABLE,
	TTERM_FUNCTION,
	TTERM_PIPE, /* ( ... ) */
};

struct tterm {
	enum tterm_kind kind;
	size_t at;
	const char *name; /* VARIABLE, FUNCTION */
	struct tvalue value;
	struct tpipe *pipe;
	struct tfield *fields; /* .A.B is DOT with two of them */
	struct tterm *next;    /* the next argument */
};

struct tcommand {
	struct tterm *terms; /* at least one */
	struct tcommand *next;
};

struct tpipe {
	size_t at;
	const char *variables[2]; /* declared or assigned */
	size_t n_variables;
	bool assign;
	struct tcommand *commands;
};

enum tnode_kind {
	TNODE_TEXT,
	TNODE_ACTION,
	TNODE_IF,
	TNODE_WITH,
	TNODE_RANGE,
	TNODE_TEMPLATE,
	TNODE_BREAK,
	TNODE_CONTINUE,
};

struct tnode {
	enum tnode_kind kind;
	size_t at;
	const char *text; /* TEXT; TEMPLATE: its name */
	size_t len;
	struct tpipe *pipe; /* NULL in a {{template "x"}} without one */
	struct tnode *body, *otherwise;
	struct tnode *next;
};

struct tdefinition {
	const char *name;
	struct tnode *body;
	struct tdefinition *next;
};

struct template
{
	struct arena arena;
	const char *format; /* as typed */
	struct tnode *body;
	struct tdefinition *definitions;
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser of recursive descent, one token ahead. What is known only when it runs is left to the
 * execution; names of functions and variables are checked here.
 */
#include "cli/template_parse.h"

#include <string.h>

#include "cli/template_func.h"
#include "cli/template_lex.h"
#include "util/mem.h"
#include "util/str.h"

#define FORMAT_LEN_MAX (1 << 20)
#define DEPTH_MAX      60
#define VARIABLES_MAX  100

struct parser {
	struct template *t;
	struct lexer lexer;
	struct token token; /* the next one */
	const char *variables[VARIABLES_MAX];
	size_t n_variables;
	size_t first_variable; /* of this definition */
	int depth, loops;
	struct error *err;
};

static void *new_node(struct parser *p, size_t size)
{
	return arena_alloc(&p->t->arena, size);
}

#define fail(p, at, ...) template_error((p)->err, (p)->t->format, at, __VA_ARGS__)

static int advance(struct parser *p)
{
	return lexer_next(&p->lexer, &p->token, p->err);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_WORD && str_eq(p->token.word, word);
}

static int expect(struct parser *p, enum token_kind kind, const char *what)
{
	if (p->token.kind != kind)
		return fail(p, p->token.at, "expected %s", what);
	return advance(p);
}

static int enter(struct parser *p, size_t at)
{
	if (++p->depth > DEPTH_MAX)
		return fail(p, at, "too deep inside one another");
	return 0;
}

static bool has_variable(const struct parser *p, const char *name)
{
	for (size_t i = p->n_variables; i > p->first_variable; i--)
		if (str_eq(p->variables[i - 1], name))
			return true;
	return !*name; /* $ */
}

static int add_variable(struct parser *p, const char *name, size_t at)
{
	if (p->n_variables == VARIABLES_MAX)
		return fail(p, at, "too many variables");
	p->variables[p->n_variables++] = name;
	return 0;
}

static int check_function(struct parser *p, const char *name)
{
	const char *nearest;

	if (tfunction_find(name))
		return 0;
	nearest = tfunction_nearest(name);
	fail(p, p->token.at, "there is no function \"%s\"", name);
	if (nearest)
		return error_hint(p->err, "Did you mean %s?", nearest);
	if (name[0] >= 'A' && name[0] <= 'Z')
		return error_hint(p->err, "A field begins with a point: {{.%s}}", name);
	return error_hint(p->err, "The functions are %s", tfunction_list());
}

static int parse_pipe(struct parser *p, bool declares, size_t n_max, struct tpipe **ret);

static int parse_word(struct parser *p, struct tterm *term)
{
	const char *word = p->token.word;

	if (str_eq(word, "true") || str_eq(word, "false")) {
		term->kind = TTERM_CONSTANT;
		term->value = tvalue_bool(str_eq(word, "true"));
		return 0;
	}
	if (str_eq(word, "nil")) {
		term->kind = TTERM_NIL;
		return 0;
	}
	term->kind = TTERM_FUNCTION;
	term->name = word;
	return check_function(p, word);
}

static int parse_group(struct parser *p, struct tterm *term)
{
	int r = enter(p, p->token.at);

	term->kind = TTERM_PIPE;
	if (r >= 0)
		r = advance(p);
	if (r >= 0)
		r = parse_pipe(p, true, 1, &term->pipe);
	if (r >= 0 && p->token.kind != TOKEN_RIGHT)
		r = fail(p, term->at, "the ( has no )");
	p->depth--;
	return r;
}

/* The next token as a field behind `last`, NULL: the first one. */
static int add_field(struct parser *p, struct tterm *term, struct tfield **last)
{
	struct tfield *f = new_node(p, sizeof(*f));

	f->name = p->token.word;
	f->at = p->token.at;
	if (*last)
		(*last)->next = f;
	else
		term->fields = f;
	*last = f;
	return advance(p);
}

/* The first token of a term: it is consumed, unless it is a field, which comes after a dot. */
static int parse_start(struct parser *p, struct tterm *term)
{
	int r = 0;

	term->at = p->token.at;
	if (p->token.kind == TOKEN_FIELD)
		return 0;
	if (p->token.kind == TOKEN_CONSTANT) {
		term->kind = TTERM_CONSTANT;
		term->value = p->token.value;
	} else if (p->token.kind == TOKEN_VARIABLE) {
		term->kind = TTERM_VARIABLE;
		term->name = p->token.word;
		if (!has_variable(p, term->name))
			r = fail(p, term->at, "there is no variable $%s", term->name);
	} else if (p->token.kind == TOKEN_WORD) {
		r = parse_word(p, term);
	} else if (p->token.kind == TOKEN_LEFT) {
		r = parse_group(p, term);
	} else if (p->token.kind != TOKEN_DOT) {
		r = fail(p, term->at, "expected a field, a function or a value");
	}
	return r < 0 ? r : advance(p);
}

static int parse_term(struct parser *p, struct tterm *term)
{
	struct tfield *last = NULL;
	bool dot = p->token.kind == TOKEN_DOT, field = p->token.kind == TOKEN_FIELD;
	int r = parse_start(p, term);

	while (r >= 0 && p->token.kind == TOKEN_FIELD && (field || !p->token.blank)) {
		if (dot || term->kind == TTERM_CONSTANT || term->kind == TTERM_NIL)
			return fail(p, p->token.at, ".%s can't stand here",
				    p->token.word);
		r = add_field(p, term, &last);
		field = false;
	}
	return r;
}

static bool ends_command(const struct parser *p)
{
	return p->token.kind == TOKEN_PIPE || p->token.kind == TOKEN_CLOSE ||
	       p->token.kind == TOKEN_RIGHT;
}

static int parse_command(struct parser *p, struct tcommand *c)
{
	struct tterm *last = NULL;

	while (!ends_command(p)) {
		struct tterm *term = new_node(p, sizeof(*term));
		int r;

		if (last && !p->token.blank)
			return fail(p, p->token.at, "expected a blank");
		r = parse_term(p, term);
		if (r < 0)
			return r;
		if (last)
			last->next = term;
		else
			c->terms = term;
		last = term;
	}
	if (!last)
		return fail(p, p->token.at, "a value is missing");
	return 0;
}

/* Only functions take what comes through a pipe. */
static int check_stages(struct parser *p, const struct tpipe *pipe)
{
	int stage = 1;

	for (const struct tcommand *c = pipe->commands->next; c; c = c->next) {
		const struct tterm *first = c->terms;

		stage++;
		if (first->kind == TTERM_CONSTANT || first->kind == TTERM_NIL ||
		    (first->kind == TTERM_DOT && !first->fields))
			return fail(p, first->at,
				    "stage %d of the pipeline is no function", stage);
	}
	return 0;
}

/* "$x :=", "$x =", "$i, $x :=": *ret says that it was one and has been consumed. */
static int parse_declaration(struct parser *p, size_t n_max, struct tpipe *pipe)
{
	struct lexer lexer = p->lexer;
	struct token token = p->token;
	int r = 0;

	while (r >= 0 && p->token.kind == TOKEN_VARIABLE && pipe->n_variables < n_max) {
		pipe->variables[pipe->n_variables++] = p->token.word;
		r = advance(p);
		if (r < 0 || p->token.kind != TOKEN_COMMA || pipe->n_variables == n_max)
			break;
		r = advance(p);
	}
	pipe->assign = p->token.kind == TOKEN_ASSIGN;
	if (r < 0 ||
	    (pipe->n_variables && (p->token.kind == TOKEN_DECLARE || pipe->assign)))
		return r < 0 ? r : advance(p);
	p->lexer = lexer;
	p->token = token;
	pipe->n_variables = 0;
	return 0;
}

static int settle_variables(struct parser *p, const struct tpipe *pipe)
{
	for (size_t i = 0; i < pipe->n_variables; i++) {
		int r = 0;

		if (!pipe->assign)
			r = add_variable(p, pipe->variables[i], pipe->at);
		else if (!has_variable(p, pipe->variables[i]))
			r = fail(p, pipe->at, "there is no variable $%s",
				 pipe->variables[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Up to "}}" or ")", which is not consumed. */
static int parse_pipe(struct parser *p, bool declares, size_t n_max, struct tpipe **ret)
{
	struct tpipe *pipe = *ret = new_node(p, sizeof(*pipe));
	struct tcommand **end = &pipe->commands;
	int r = 0;

	pipe->at = p->token.at;
	if (declares)
		r = parse_declaration(p, n_max, pipe);
	while (r >= 0) {
		*end = new_node(p, sizeof(**end));
		r = parse_command(p, *end);
		end = &(*end)->next;
		if (r < 0 || p->token.kind != TOKEN_PIPE)
			break;
		r = advance(p);
	}
	if (r >= 0)
		r = check_stages(p, pipe);
	return r < 0 ? r : settle_variables(p, pipe);
}

/* What ends a list of nodes; its word is the next token. */
enum ending { ENDING_TEMPLATE, ENDING_END, ENDING_ELSE };

static int parse_nodes(struct parser *p, struct tnode **ret, enum ending *ret_ending);

static int parse_close(struct parser *p)
{
	return expect(p, TOKEN_CLOSE, "}}");
}

/* A list that ends with {{end}} or {{else ...; the word itself is consumed. */
static int parse_body(struct parser *p, const struct tnode *opener, const char *what,
		      struct tnode **ret, enum ending *ret_ending)
{
	int r = parse_nodes(p, ret, ret_ending);

	if (r >= 0 && *ret_ending == ENDING_TEMPLATE)
		r = fail(p, opener->at, "the {{%s}} has no {{end}}", what);
	return r < 0 ? r : advance(p);
}

static int parse_control(struct parser *p, struct tnode *n);

/* After "else": "}}" or "if ...". */
static int parse_else(struct parser *p, struct tnode *n, const char *what)
{
	bool chained = (n->kind == TNODE_IF && is_word(p, "if")) ||
		       (n->kind == TNODE_WITH && is_word(p, "with"));
	enum ending ending;
	int r;

	if (chained) {
		n->otherwise = new_node(p, sizeof(*n));
		n->otherwise->kind = n->kind;
		n->otherwise->at = p->token.at;
		return parse_control(p, n->otherwise);
	}
	r = parse_close(p);
	if (r >= 0)
		r = parse_body(p, n, what, &n->otherwise, &ending);
	if (r < 0)
		return r;
	if (ending == ENDING_ELSE)
		return fail(p, n->at, "the {{%s}} has two {{else}}", what);
	return parse_close(p);
}

/* "if PIPE}} ... {{end}}"; its word is the next token. */
static int parse_control(struct parser *p, struct tnode *n)
{
	const char *what = n->kind == TNODE_IF     ? "if"
			   : n->kind == TNODE_WITH ? "with"
						   : "range";
	size_t n_variables = p->n_variables;
	enum ending ending = ENDING_END;
	int r = enter(p, n->at);

	if (r >= 0)
		r = advance(p);
	if (r >= 0)
		r = parse_pipe(p, true, n->kind == TNODE_RANGE ? 2 : 1, &n->pipe);
	if (r >= 0)
		r = parse_close(p);
	p->loops += n->kind == TNODE_RANGE;
	if (r >= 0)
		r = parse_body(p, n, what, &n->body, &ending);
	p->loops -= n->kind == TNODE_RANGE;
	if (r >= 0)
		r = ending == ENDING_ELSE ? parse_else(p, n, what) : parse_close(p);
	p->n_variables = n_variables;
	p->depth--;
	return r;
}

static int parse_name(struct parser *p, const char **ret)
{
	if (p->token.kind != TOKEN_CONSTANT || p->token.value.kind != TVALUE_TEXT)
		return fail(p, p->token.at, "expected the template's name in quotes");
	*ret = p->token.value.text;
	return advance(p);
}

/* The body of a template of its own: no variables but $ reach into it. */
static int parse_definition(struct parser *p, const struct tnode *opener,
			    const char *what)
{
	struct tdefinition *d = new_node(p, sizeof(*d));
	size_t first = p->first_variable, n = p->n_variables;
	enum ending ending = ENDING_END;
	int loops = p->loops, r = enter(p, opener->at);

	d->name = opener->text;
	p->first_variable = p->n_variables;
	p->loops = 0;
	if (r >= 0)
		r = parse_close(p);
	if (r >= 0)
		r = parse_body(p, opener, what, &d->body, &ending);
	if (r >= 0 && ending == ENDING_ELSE)
		r = fail(p, opener->at, "the {{%s}} has an {{else}}", what);
	p->first_variable = first;
	p->n_variables = n;
	p->loops = loops;
	p->depth--;
	d->next = p->t->definitions;
	p->t->definitions = d;
	return r < 0 ? r : parse_close(p);
}

static int parse_define(struct parser *p, size_t at)
{
	struct tnode opener = {.at = at};
	int r = 0;

	if (p->depth > 0)
		r = fail(p, at, "{{define}} can't stand in another block");
	if (r >= 0)
		r = advance(p);
	if (r >= 0)
		r = parse_name(p, &opener.text);
	return r < 0 ? r : parse_definition(p, &opener, "define");
}

/* {{template "name" PIPE}}, and {{block "name" PIPE}} ... {{end}}, which defines it too. */
static int parse_template(struct parser *p, struct tnode *n, bool block)
{
	int r = advance(p);

	n->kind = TNODE_TEMPLATE;
	if (r >= 0)
		r = parse_name(p, &n->text);
	if (r >= 0 && (block || p->token.kind != TOKEN_CLOSE))
		r = parse_pipe(p, true, 1, &n->pipe);
	if (r < 0)
		return r;
	return block ? parse_definition(p, n, "block") : parse_close(p);
}

static int parse_jump(struct parser *p, struct tnode *n)
{
	n->kind = is_word(p, "break") ? TNODE_BREAK : TNODE_CONTINUE;
	if (p->loops == 0)
		return fail(p, n->at, "{{%s}} stands outside a {{range}}", p->token.word);
	int r = advance(p);

	return r < 0 ? r : parse_close(p);
}

/* What follows "{{", but else, end and define. */
static int parse_action(struct parser *p, struct tnode *n)
{
	static const struct {
		const char *word;
		enum tnode_kind kind;
	} controls[] = {{"if", TNODE_IF}, {"with", TNODE_WITH}, {"range", TNODE_RANGE}};
	int r;

	n->at = p->token.at;
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		if (is_word(p, controls[i].word)) {
			n->kind = controls[i].kind;
			return parse_control(p, n);
		}
	}
	if (is_word(p, "template") || is_word(p, "block"))
		return parse_template(p, n, is_word(p, "block"));
	if (is_word(p, "break") || is_word(p, "continue"))
		return parse_jump(p, n);
	n->kind = TNODE_ACTION;
	r = parse_pipe(p, true, 1, &n->pipe);
	return r < 0 ? r : parse_close(p);
}

static void take_text(struct parser *p, struct tnode *n)
{
	n->kind = TNODE_TEXT;
	n->at = p->token.at;
	n->text = p->token.text;
	n->len = p->token.len;
}

/* One node to *end, or *ret_over. */
static int parse_node(struct parser *p, struct tnode **end, bool *ret_over,
		      enum ending *ret_ending)
{
	size_t at;
	int r;

	*ret_over = p->token.kind == TOKEN_END;
	*ret_ending = ENDING_TEMPLATE;
	if (*ret_over)
		return 0;
	if (p->token.kind == TOKEN_TEXT) {
		*end = new_node(p, sizeof(**end));
		take_text(p, *end);
		return advance(p);
	}
	at = p->token.at;
	r = advance(p);
	if (r < 0)
		return r;
	if (is_word(p, "define"))
		return parse_define(p, at);
	*ret_over = is_word(p, "end") || is_word(p, "else");
	*ret_ending = is_word(p, "end") ? ENDING_END : ENDING_ELSE;
	if (*ret_over)
		return 0;
	*end = new_node(p, sizeof(**end));
	return parse_action(p, *end);
}

static int parse_nodes(struct parser *p, struct tnode **ret, enum ending *ret_ending)
{
	struct tnode **end = ret;
	size_t n_variables = p->n_variables;
	bool over = false;

	while (!over) {
		int r = parse_node(p, end, &over, ret_ending);

		if (r < 0)
			return r;
		if (*end)
			end = &(*end)->next;
	}
	p->n_variables = n_variables;
	return 0;
}

int template_build(struct template *t, const char *format, bool tabs, struct error *err)
{
	struct parser p = {.t = t, .err = err};
	size_t len = strnlen(format, FORMAT_LEN_MAX + 1);
	enum ending ending;
	int r;

	if (len > FORMAT_LEN_MAX)
		return error_set(err, ERR_INVALID, 0, "--format is longer than %d bytes",
				 FORMAT_LEN_MAX);
	t->format = arena_text(&t->arena, format, len);
	p.lexer = (struct lexer){
		.arena = &t->arena, .start = t->format, .len = len, .tabs = tabs};
	r = advance(&p);
	if (r >= 0)
		r = parse_nodes(&p, &t->body, &ending);
	if (r >= 0 && ending != ENDING_TEMPLATE)
		r = fail(&p, p.token.at,
			 "there is nothing that this {{%s}} could belong to",
			 p.token.word);
	return r;
}

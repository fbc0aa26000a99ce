/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the tree. Steps, depth and memory are limited, so that no template runs for ever. When the
 * headings of a table are made, a field's value is its heading, and whatever would make no sense with
 * that leaves the heading alone.
 */
#include "cli/template_exec.h"

#include <ctype.h>
#include <string.h>

#include "cli/template_func.h"
#include "cli/template_lex.h"
#include "cli/template_print.h"
#include "cli/template_time.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define STEPS_MAX     2000000
#define DEPTH_MAX     400
#define MEMORY_MAX    (256 << 20)
#define VARIABLES_MAX 1000
#define ARGS_MAX      100

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

struct variable {
	const char *name;
	struct tvalue value;
};

struct run {
	const struct template *t;
	const struct template_heading *headings;
	struct buf *out;
	struct error *err;
	struct arena arena;
	struct json_object *pool;
	struct variable variables[VARIABLES_MAX];
	size_t n_variables;
	int steps, depth;
	enum flow flow;
};

#define fail(x, at, ...) template_error((x)->err, (x)->t->format, at, __VA_ARGS__)

/* Put the position before a sentence that lacks it. */
static int place(struct run *x, size_t at)
{
	cleanup_free char *text = xstrdup(x->err->text);

	return fail(x, at, "%s", text);
}

static int step(struct run *x, size_t at)
{
	if (x->depth > DEPTH_MAX)
		return fail(x, at, "templates call one another without an end");
	if (++x->steps > STEPS_MAX || x->arena.used > MEMORY_MAX)
		return fail(x, at, "the template takes too long");
	if (x->out->overflow)
		return fail(x, at, "the output is longer than %zu bytes", x->out->max);
	return 0;
}

/* "CreatedAt" -> "CREATED AT", "ImageID" -> "IMAGE ID": as podman heads its columns. */
static struct tvalue made_heading(struct run *x, const char *name)
{
	cleanup_buf struct buf b = {0};
	size_t len;

	buf_init(&b, 1024);
	for (const char *c = name; *c; c++) {
		bool new_word =
			c > name && isupper((unsigned char)*c) &&
			(islower((unsigned char)c[-1]) || islower((unsigned char)c[1]));

		if (new_word)
			(void)!buf_add_str(&b, " ");
		(void)!buf_add(&b, &(char){(char)toupper((unsigned char)*c)}, 1);
	}
	len = b.len;
	return tvalue_text(arena_take(&x->arena, buf_take(&b), len), len);
}

static struct tvalue heading_of(struct run *x, const char *name)
{
	for (const struct template_heading *h = x->headings; h->field; h++)
		if (str_eq(h->field, name))
			return tvalue_text(h->heading, strlen(h->heading));
	return made_heading(x, name);
}

static int no_member(struct run *x, const struct tvalue *v, const struct tfield *f)
{
	const char *const *keys = tvalue_keys(v, false, &x->arena);
	const char *nearest = str_nearest(f->name, keys);

	fail(x, f->at, "there is no field \"%s\"", f->name);
	if (nearest)
		return error_hint(x->err, "Did you mean %s?", nearest);
	return error_hint(x->err, "--format json shows them all");
}

static int get_field(struct run *x, const struct tfield *f, struct tvalue *v)
{
	struct tvalue member;

	if (x->headings) {
		*v = heading_of(x, f->name);
		return 0;
	}
	if (v->kind == TVALUE_NONE)
		return 0;
	if (v->is_time && ttime_method(v, f->name, &x->arena, &member)) {
		*v = member;
		return 0;
	}
	if (v->kind != TVALUE_STRUCT && v->kind != TVALUE_MAP)
		return fail(x, f->at, "there is no field \"%s\" in %s", f->name,
			    tvalue_is_untyped(v) || (v->kind == TVALUE_LIST && !v->o)
				    ? "nothing"
				    : tvalue_type(v));
	if (tvalue_member(v, f->name, &member))
		*v = member;
	else if (v->kind == TVALUE_MAP)
		*v = (struct tvalue){0};
	else
		return no_member(x, v, f);
	return 0;
}

static struct variable *find_variable(struct run *x, const char *name)
{
	for (size_t i = x->n_variables; i > 0; i--)
		if (str_eq(x->variables[i - 1].name, name))
			return &x->variables[i - 1];
	return NULL;
}

static int set_variable(struct run *x, const struct tpipe *pipe, const char *name,
			const struct tvalue *v)
{
	struct variable *old = pipe->assign ? find_variable(x, name) : NULL;

	if (old) {
		old->value = *v;
		return 0;
	}
	if (x->n_variables == VARIABLES_MAX)
		return fail(x, pipe->at, "too many variables");
	x->variables[x->n_variables++] = (struct variable){.name = name, .value = *v};
	return 0;
}

static int run_pipe(struct run *x, const struct tpipe *pipe, const struct tvalue *dot,
		    struct tvalue *ret);
static int run_function(struct run *x, const struct tterm *first,
			const struct tvalue *dot, const struct tvalue *last,
			struct tvalue *ret);

/* A term without its fields; a function without arguments is called. */
static int run_bare(struct run *x, const struct tterm *term, const struct tvalue *dot,
		    struct tvalue *ret)
{
	const struct variable *variable;
	int r = 0;

	switch (term->kind) {
	case TTERM_DOT:
		*ret = *dot;
		break;
	case TTERM_NIL:
		*ret = (struct tvalue){.kind = TVALUE_NIL};
		break;
	case TTERM_CONSTANT:
		*ret = term->value;
		break;
	case TTERM_VARIABLE:
		variable = find_variable(x, term->name);
		*ret = variable ? variable->value : (struct tvalue){0};
		break;
	case TTERM_FUNCTION: {
		struct tterm alone = *term;

		alone.next = NULL;
		r = run_function(x, &alone, dot, NULL, ret);
		break;
	}
	case TTERM_PIPE:
		r = run_pipe(x, term->pipe, dot, ret);
		break;
	}
	return r;
}

static int run_term(struct run *x, const struct tterm *term, const struct tvalue *dot,
		    struct tvalue *ret)
{
	int r = run_bare(x, term, dot, ret);

	for (const struct tfield *f = term->fields; r >= 0 && f; f = f->next)
		r = get_field(x, f, ret);
	return r;
}

/* `and` and `or`: the first argument that decides, or the last one. */
static int run_lazy(struct run *x, const struct tterm *first, const struct tvalue *dot,
		    const struct tvalue *last, struct tvalue *ret)
{
	bool stop_at = str_eq(first->name, "or");

	for (const struct tterm *term = first->next; term; term = term->next) {
		int r = run_term(x, term, dot, ret);

		if (r < 0 || tvalue_is_true(ret) == stop_at)
			return r;
	}
	if (last)
		*ret = *last;
	return 0;
}

/* In headings: what a function made of them, or else the first that was a heading. */
static int heading_call(struct run *x, const struct tfunction *f, struct tcall *call)
{
	if (tfunction_call(f, call) >= 0 && call->ret->kind == TVALUE_TEXT)
		return 0;
	error_release(x->err);
	*call->ret = tvalue_text("", 0);
	for (size_t i = 0; i < call->n; i++) {
		if (call->args[i].kind == TVALUE_TEXT) {
			*call->ret = call->args[i];
			break;
		}
	}
	return 0;
}

static int run_function(struct run *x, const struct tterm *first,
			const struct tvalue *dot, const struct tvalue *last,
			struct tvalue *ret)
{
	const struct tfunction *f = tfunction_find(first->name);
	struct tvalue args[ARGS_MAX];
	struct tcall call = {.arena = &x->arena,
			     .pool = x->pool,
			     .name = first->name,
			     .args = args,
			     .ret = ret,
			     .err = x->err};
	size_t n = last ? 1 : 0;
	int r = step(x, first->at);

	for (const struct tterm *term = first->next; term; term = term->next)
		n++;
	if (r >= 0 && n > ARGS_MAX)
		return fail(x, first->at, "more than %d arguments", ARGS_MAX);
	if (r >= 0 && tfunction_check_count(f, n, x->err) < 0)
		return place(x, first->at);
	if (r >= 0 && tfunction_is_lazy(f))
		return run_lazy(x, first, dot, last, ret);
	for (const struct tterm *term = first->next; r >= 0 && term; term = term->next)
		r = run_term(x, term, dot, &args[call.n++]);
	if (r < 0)
		return r;
	if (last)
		args[call.n++] = *last;
	if (x->headings)
		return heading_call(x, f, &call);
	return tfunction_call(f, &call) < 0 ? place(x, first->at) : 0;
}

/* ".Created.Format "2006"" and ".Label "key"": the methods that take an argument. */
static int call_method(struct run *x, const struct tvalue *receiver, const char *name,
		       const struct tvalue *argument, struct tvalue *ret)
{
	struct tvalue labels;
	struct buf text;
	size_t len;

	if (argument->kind != TVALUE_TEXT)
		return 0;
	if (receiver->is_time && str_eq(name, "Format")) {
		buf_init(&text, TFUNCTION_TEXT_MAX);
		ttime_format(&text, receiver, argument);
		len = text.len;
		*ret = tvalue_text(arena_take(&x->arena, buf_take(&text), len), len);
		return 1;
	}
	if (receiver->kind != TVALUE_STRUCT || !str_eq(name, "Label") ||
	    !tvalue_member(receiver, "Labels", &labels) || labels.kind != TVALUE_MAP)
		return 0;
	if (!tvalue_member(&labels, argument->text, ret))
		*ret = tvalue_text("", 0);
	return 1;
}

static int run_method(struct run *x, const struct tfield *method,
		      const struct tvalue *receiver, const struct tvalue *argument,
		      struct tvalue *ret)
{
	int r;

	if (x->headings) {
		*ret = argument->kind == TVALUE_TEXT && str_eq(method->name, "Label")
			       ? made_heading(x, argument->text)
			       : *receiver;
		return 0;
	}
	r = call_method(x, receiver, method->name, argument, ret);
	if (r == 0)
		r = fail(x, method->at, "only a function takes arguments, .%s is none",
			 method->name);
	return r < 0 ? r : 0;
}

/* A term whose last field is a method, and one argument, which may come through the pipe. */
static int run_method_term(struct run *x, const struct tterm *first,
			   const struct tvalue *dot, const struct tvalue *last,
			   struct tvalue *ret)
{
	struct tvalue receiver = {0}, argument = last ? *last : (struct tvalue){0};
	const struct tfield *f = first->fields;
	const struct tterm *second = first->next;
	int r;

	if (!f || (second && (second->next || last)))
		return fail(x, first->at, "only a function takes arguments");
	r = run_bare(x, first, dot, &receiver);
	for (; r >= 0 && f->next; f = f->next)
		r = get_field(x, f, &receiver);
	if (r >= 0 && second)
		r = run_term(x, second, dot, &argument);
	return r < 0 ? r : run_method(x, f, &receiver, &argument, ret);
}

static int run_command(struct run *x, const struct tcommand *c, const struct tvalue *dot,
		       const struct tvalue *last, struct tvalue *ret)
{
	const struct tterm *first = c->terms;

	if (first->kind == TTERM_FUNCTION && !first->fields)
		return run_function(x, first, dot, last, ret);
	if (first->next || last)
		return run_method_term(x, first, dot, last, ret);
	if (first->kind == TTERM_NIL)
		return fail(x, first->at, "nil is no command");
	return run_term(x, first, dot, ret);
}

/* Without its variables. */
static int run_commands(struct run *x, const struct tpipe *pipe, const struct tvalue *dot,
			struct tvalue *ret)
{
	struct tvalue last = {0};
	int r = step(x, pipe->at);

	x->depth++;
	for (const struct tcommand *c = pipe->commands; r >= 0 && c; c = c->next) {
		r = run_command(x, c, dot, c == pipe->commands ? NULL : &last, ret);
		last = *ret;
	}
	x->depth--;
	return r;
}

static int run_pipe(struct run *x, const struct tpipe *pipe, const struct tvalue *dot,
		    struct tvalue *ret)
{
	int r = run_commands(x, pipe, dot, ret);

	for (size_t i = 0; r >= 0 && i < pipe->n_variables; i++)
		r = set_variable(x, pipe, pipe->variables[i], ret);
	return r;
}

static int run_nodes(struct run *x, const struct tnode *n, const struct tvalue *dot);

/* A body in a scope of its own. */
static int run_body(struct run *x, const struct tnode *body, const struct tvalue *dot)
{
	size_t n_variables = x->n_variables;
	int r;

	x->depth++;
	r = run_nodes(x, body, dot);
	x->depth--;
	x->n_variables = n_variables;
	return r;
}

static int run_if(struct run *x, const struct tnode *n, const struct tvalue *dot)
{
	size_t n_variables = x->n_variables;
	struct tvalue v = {0};
	bool yes;
	int r = run_pipe(x, n->pipe, dot, &v);

	if (r < 0)
		return r;
	yes = tvalue_is_true(&v);
	r = run_body(x, yes ? n->body : n->otherwise,
		     yes && n->kind == TNODE_WITH ? &v : dot);
	x->n_variables = n_variables;
	return r;
}

/* One round; the flow says afterwards whether it goes on. */
static int run_round(struct run *x, const struct tnode *n, const struct tvalue *key,
		     const struct tvalue *element)
{
	size_t n_variables = x->n_variables;
	int r = step(x, n->at);

	if (r >= 0 && n->pipe->n_variables == 2)
		r = set_variable(x, n->pipe, n->pipe->variables[0], key);
	if (r >= 0 && n->pipe->n_variables > 0)
		r = set_variable(x, n->pipe, n->pipe->variables[n->pipe->n_variables - 1],
				 element);
	if (r >= 0)
		r = run_body(x, n->body, element);
	x->n_variables = n_variables;
	if (x->flow == FLOW_CONTINUE)
		x->flow = FLOW_ON;
	return r;
}

static int range_list(struct run *x, const struct tnode *n, const struct tvalue *v)
{
	for (size_t i = 0; i < tvalue_count(v) && x->flow == FLOW_ON; i++) {
		struct tvalue key = tvalue_int((int64_t)i),
			      element = tvalue_element(v, i);
		int r = run_round(x, n, &key, &element);

		if (r < 0)
			return r;
	}
	return 0;
}

static int range_members(struct run *x, const struct tnode *n, const struct tvalue *v)
{
	const char **keys = tvalue_keys(v, true, &x->arena);

	for (; *keys && x->flow == FLOW_ON; keys++) {
		struct tvalue key = tvalue_text(*keys, strlen(*keys)), element = {0};
		int r;

		(void)!tvalue_member(v, *keys, &element);
		r = run_round(x, n, &key, &element);
		if (r < 0)
			return r;
	}
	return 0;
}

static int range_count(struct run *x, const struct tnode *n, const struct tvalue *v)
{
	for (uint64_t i = 0; !v->negative && i < v->size && x->flow == FLOW_ON; i++) {
		struct tvalue key = tvalue_int((int64_t)i);
		int r = run_round(x, n, &key, &key);

		if (r < 0)
			return r;
	}
	return 0;
}

static int run_range(struct run *x, const struct tnode *n, const struct tvalue *dot)
{
	size_t n_variables = x->n_variables;
	struct tvalue v = {0};
	int r = run_commands(x, n->pipe, dot, &v);

	if (r < 0)
		return r;
	if (x->headings) {
		r = run_round(x, n, &v, &v);
	} else if (v.kind == TVALUE_BOOL || v.kind == TVALUE_FLOAT ||
		   v.kind == TVALUE_TEXT) {
		return fail(x, n->pipe->at, "range can't go over %s", tvalue_type(&v));
	} else if (!tvalue_is_true(&v) ||
		   (v.kind == TVALUE_STRUCT && !tvalue_count(&v))) {
		return run_body(x, n->otherwise, dot);
	} else if (v.kind == TVALUE_LIST) {
		r = range_list(x, n, &v);
	} else {
		r = v.kind == TVALUE_INT ? range_count(x, n, &v)
					 : range_members(x, n, &v);
	}
	x->flow = FLOW_ON;
	x->n_variables = n_variables;
	return r;
}

/* The last one of that name counts, as in Go. */
static const struct tdefinition *find_definition(const struct run *x, const char *name)
{
	for (const struct tdefinition *d = x->t->definitions; d; d = d->next)
		if (str_eq(d->name, name))
			return d;
	return NULL;
}

static int run_template(struct run *x, const struct tnode *n, const struct tvalue *dot)
{
	const struct tdefinition *d = find_definition(x, n->text);
	struct tvalue v = {0};
	size_t n_variables;
	int r;

	if (!d)
		return fail(x, n->at, "there is no template \"%s\"", n->text);
	r = step(x, n->at);
	if (r >= 0 && n->pipe)
		r = run_pipe(x, n->pipe, dot, &v);
	if (r < 0)
		return r;
	n_variables = x->n_variables;
	if (n_variables == VARIABLES_MAX)
		return fail(x, n->at, "too many variables");
	/* $ is what the template was given */
	x->variables[x->n_variables++] = (struct variable){.name = "", .value = v};
	r = run_body(x, d->body, &v);
	x->n_variables = n_variables;
	return r;
}

static int run_action(struct run *x, const struct tnode *n, const struct tvalue *dot)
{
	struct tvalue v = {0};
	int r = run_pipe(x, n->pipe, dot, &v);

	if (r < 0 || n->pipe->n_variables)
		return r;
	if (v.kind == TVALUE_NONE)
		(void)!buf_add_str(x->out, "<no value>");
	else if (!x->headings || v.kind == TVALUE_TEXT)
		tprint_value(x->out, &v);
	return 0;
}

static int run_node(struct run *x, const struct tnode *n, const struct tvalue *dot)
{
	int r = step(x, n->at);

	if (r < 0)
		return r;
	switch (n->kind) {
	case TNODE_TEXT:
		(void)!buf_add(x->out, n->text, n->len);
		return 0;
	case TNODE_ACTION:
		return run_action(x, n, dot);
	case TNODE_IF:
	case TNODE_WITH:
		return run_if(x, n, dot);
	case TNODE_RANGE:
		return run_range(x, n, dot);
	case TNODE_TEMPLATE:
		return run_template(x, n, dot);
	case TNODE_BREAK:
		x->flow = FLOW_BREAK;
		return 0;
	case TNODE_CONTINUE:
		x->flow = FLOW_CONTINUE;
		return 0;
	}
	return 0;
}

static int run_nodes(struct run *x, const struct tnode *n, const struct tvalue *dot)
{
	int r = 0;

	for (; r >= 0 && n && x->flow == FLOW_ON; n = n->next)
		r = run_node(x, n, dot);
	return r;
}

int template_run(const struct template *t, const struct tvalue *data,
		 const struct template_heading *headings, struct buf *out,
		 struct error *err)
{
	struct run x = {.t = t, .headings = headings, .out = out, .err = err};
	cleanup_json struct json_object *pool = json_object_new_array();
	struct tvalue dot = headings ? tvalue_text("", 0) : *data;
	int r;

	x.pool = pool;
	x.variables[x.n_variables++] = (struct variable){.name = "", .value = dot};
	r = run_nodes(&x, t->body, &dot);
	if (r >= 0 && out->overflow)
		r = fail(&x, 0, "the output is longer than %zu bytes", out->max);
	arena_release(&x.arena);
	return r;
}

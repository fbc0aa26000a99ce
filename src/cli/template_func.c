/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_func.h"

#include <ctype.h>
#include <string.h>

#include "cli/template_compare.h"
#include "cli/template_escape.h"
#include "cli/template_print.h"
#include "cli/template_printf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define ANY ((size_t)-1)

struct tfunction {
	const char *name;
	size_t min, max;
	int (*call)(const struct tcall *c);
};

#define fail(c, ...) error_set((c)->err, ERR_INVALID, 0, __VA_ARGS__)

/* The text of a buffer becomes the result. */
static int give_text(const struct tcall *c, struct buf *b)
{
	size_t len = b->len;

	if (b->overflow)
		return fail(c, "%s: the result is longer than %d bytes", c->name,
			    TFUNCTION_TEXT_MAX);
	*c->ret = tvalue_text(arena_take(c->arena, buf_take(b), len), len);
	return 0;
}

static int expect(const struct tcall *c, size_t i, enum tvalue_kind kind,
		  const char *what)
{
	if (c->args[i].kind == kind)
		return 0;
	return fail(c, "%s: argument %zu must be %s, it is %s", c->name, i + 1, what,
		    tvalue_is_untyped(&c->args[i]) ? "nothing"
						   : tvalue_type(&c->args[i]));
}

static int expect_text(const struct tcall *c, size_t i)
{
	return expect(c, i, TVALUE_TEXT, "a string");
}

static int expect_size(const struct tcall *c, size_t i, size_t *ret)
{
	int64_t n = tvalue_index(&c->args[i]);
	int r = expect(c, i, TVALUE_INT, "a number");

	if (r < 0)
		return r;
	if (n < 0)
		return fail(c, "%s: argument %zu is negative or too large", c->name,
			    i + 1);
	*ret = (size_t)n;
	return 0;
}

static int call_not(const struct tcall *c)
{
	*c->ret = tvalue_bool(!tvalue_is_true(&c->args[0]));
	return 0;
}

static int call_len(const struct tcall *c)
{
	const struct tvalue *v = &c->args[0];

	if (v->kind < TVALUE_TEXT)
		return fail(c, "len: %s has no length",
			    tvalue_is_untyped(v) ? "nothing" : tvalue_type(v));
	*c->ret = tvalue_int((int64_t)tvalue_count(v));
	return 0;
}

static int index_list(const struct tcall *c, size_t i, struct tvalue *v)
{
	size_t at = 0;
	int r = expect_size(c, i, &at);

	if (r < 0)
		return r;
	if (at >= tvalue_count(v))
		return fail(c, "index: there is no element %zu, there are %zu", at,
			    tvalue_count(v));
	*v = v->kind == TVALUE_TEXT ? tvalue_int((unsigned char)v->text[at])
				    : tvalue_element(v, at);
	return 0;
}

/* Go gives the zero value of the map's type; where texts are kept, or nothing is, that is "". */
static void missing_member(struct tvalue *v)
{
	cleanup_arena struct arena arena = {0};
	const char **keys = tvalue_keys(v, false, &arena);
	struct tvalue other = tvalue_text("", 0);

	if (*keys)
		(void)!tvalue_member(v, *keys, &other);
	*v = other.kind == TVALUE_TEXT ? tvalue_text("", 0)
				       : (struct tvalue){.kind = TVALUE_NIL};
}

static int call_index(const struct tcall *c)
{
	struct tvalue v = c->args[0];

	for (size_t i = 1; i < c->n; i++) {
		struct tvalue member;
		int r;

		if (v.kind == TVALUE_LIST || v.kind == TVALUE_TEXT) {
			r = index_list(c, i, &v);
		} else if (v.kind == TVALUE_MAP || v.kind == TVALUE_STRUCT) {
			r = expect_text(c, i);
			if (r >= 0 && tvalue_member(&v, c->args[i].text, &member))
				v = member;
			else if (r >= 0)
				missing_member(&v);
		} else {
			r = fail(c, "index: there is nothing to be indexed in %s",
				 tvalue_is_untyped(&v) ? "nothing" : tvalue_type(&v));
		}
		if (r < 0)
			return r;
	}
	*c->ret = v;
	return 0;
}

/* A new list, which the pool keeps. */
static struct json_object *new_list(const struct tcall *c)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(c->pool, list);
	*c->ret = (struct tvalue){.kind = TVALUE_LIST, .o = list};
	return list;
}

static int call_slice(const struct tcall *c)
{
	const struct tvalue *v = &c->args[0];
	size_t from = 0, to = tvalue_count(v);
	struct json_object *list;
	int r = 0;

	if (v->kind != TVALUE_LIST && v->kind != TVALUE_TEXT)
		return fail(c, "slice: %s can't be sliced", tvalue_type(v));
	if (c->n > 1)
		r = expect_size(c, 1, &from);
	if (r >= 0 && c->n > 2)
		r = expect_size(c, 2, &to);
	if (r < 0)
		return r;
	if (from > to || to > tvalue_count(v))
		return fail(c, "slice: %zu to %zu is not within 0 to %zu", from, to,
			    tvalue_count(v));
	if (v->kind == TVALUE_TEXT) {
		*c->ret = tvalue_text(arena_text(c->arena, v->text + from, to - from),
				      to - from);
		return 0;
	}
	list = new_list(c);
	for (size_t i = from; i < to; i++)
		json_object_array_add(
			list, json_object_get(json_object_array_get_idx(v->o, i)));
	return 0;
}

static int call_print(const struct tcall *c)
{
	cleanup_buf struct buf b = {0};

	buf_init(&b, TFUNCTION_TEXT_MAX);
	tprint_all(&b, c->args, c->n, str_eq(c->name, "println"));
	return give_text(c, &b);
}

static int call_printf(const struct tcall *c)
{
	cleanup_buf struct buf b = {0};
	int r = expect_text(c, 0);

	if (r < 0)
		return r;
	buf_init(&b, TFUNCTION_TEXT_MAX);
	tprintf(&b, &c->args[0], c->args + 1, c->n - 1);
	return give_text(c, &b);
}

/* The arguments as one text, escaped. */
static int call_escape(const struct tcall *c)
{
	cleanup_buf struct buf plain = {0}, b = {0};

	buf_init(&plain, TFUNCTION_TEXT_MAX);
	buf_init(&b, TFUNCTION_TEXT_MAX);
	tprint_all(&plain, c->args, c->n, false);
	b.overflow = plain.overflow;
	tescape(&b, c->name, plain.data ? plain.data : "", plain.len);
	return give_text(c, &b);
}

static struct json_object *json_of(const struct tvalue *v)
{
	switch (v->kind) {
	case TVALUE_BOOL:
		return json_object_new_boolean(v->boolean);
	case TVALUE_INT:
		return v->negative ? json_object_new_int64((int64_t)-v->size)
				   : json_object_new_uint64(v->size);
	case TVALUE_FLOAT:
		return json_object_new_double(v->real);
	case TVALUE_TEXT:
		return json_object_new_string_len(v->text, (int)v->len);
	case TVALUE_LIST:
	case TVALUE_MAP:
	case TVALUE_STRUCT:
		return json_object_get(v->o);
	case TVALUE_NONE:
	case TVALUE_NIL:
		break;
	}
	return NULL;
}

static int call_json(const struct tcall *c)
{
	cleanup_json struct json_object *o = json_of(&c->args[0]);
	cleanup_buf struct buf b = {0};
	cleanup_free char *text = json_text(o, false);

	buf_init(&b, TFUNCTION_TEXT_MAX);
	(void)!buf_add_str(&b, text);
	return give_text(c, &b);
}

/* join LIST SEPARATOR; what is one text already stays one */
static int call_join(const struct tcall *c)
{
	const struct tvalue *v = &c->args[0];
	cleanup_buf struct buf b = {0};
	int r = v->kind == TVALUE_TEXT ? 0 : expect(c, 0, TVALUE_LIST, "a list");

	if (r >= 0)
		r = expect_text(c, 1);
	if (r < 0)
		return r;
	buf_init(&b, TFUNCTION_TEXT_MAX);
	if (v->kind == TVALUE_TEXT)
		tprint_value(&b, v);
	for (size_t i = 0; v->kind == TVALUE_LIST && i < tvalue_count(v); i++) {
		struct tvalue element = tvalue_element(v, i);

		if (i)
			(void)!buf_add(&b, c->args[1].text, c->args[1].len);
		tprint_value(&b, &element);
	}
	return give_text(c, &b);
}

static void add_part(struct json_object *list, const char *text, size_t len)
{
	json_object_array_add(list, json_object_new_string_len(text, (int)len));
}

static int call_split(const struct tcall *c)
{
	const struct tvalue *v = &c->args[0], *separator = &c->args[1];
	struct json_object *list;
	const char *at, *end;
	int r = expect_text(c, 0);

	if (r >= 0)
		r = expect_text(c, 1);
	if (r < 0)
		return r;
	list = new_list(c);
	at = v->text;
	end = v->text + v->len;
	while (at < end && separator->len == 0) {
		size_t n = tverb_cut(at, (size_t)(end - at), 1);

		add_part(list, at, n);
		at += n;
	}
	while (separator->len > 0) {
		const char *stop =
			memmem(at, (size_t)(end - at), separator->text, separator->len);

		add_part(list, at, (size_t)((stop ? stop : end) - at));
		if (!stop)
			break;
		at = stop + separator->len;
	}
	return 0;
}

/* upper, lower, title: ASCII letters; the others stay as they are. */
static int call_case(const struct tcall *c)
{
	bool title = str_eq(c->name, "title"), upper = str_eq(c->name, "upper"),
	     in_word = false;
	int r = expect_text(c, 0);
	size_t len = c->args[0].len;
	char *text;

	if (r < 0)
		return r;
	text = arena_text(c->arena, c->args[0].text, len);
	for (size_t i = 0; i < len; i++) {
		unsigned char u = (unsigned char)text[i];

		if (upper || (title && !in_word))
			text[i] = (char)toupper(u);
		else if (!title)
			text[i] = (char)tolower(u);
		in_word = u >= 0x80 || isalnum(u) || u == '_';
	}
	*c->ret = tvalue_text(text, len);
	return 0;
}

static int call_pad(const struct tcall *c)
{
	cleanup_buf struct buf b = {0};
	size_t counts[2] = {0};
	int r = expect_text(c, 0);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(counts); i++) {
		r = expect_size(c, i + 1, &counts[i]);
		if (r >= 0 && counts[i] > TVERB_NUMBER_MAX)
			r = fail(c, "pad: more than %d blanks", TVERB_NUMBER_MAX);
	}
	if (r < 0)
		return r;
	buf_init(&b, TFUNCTION_TEXT_MAX);
	if (c->args[0].len) {
		(void)!buf_printf(&b, "%*s", (int)counts[0], "");
		tprint_value(&b, &c->args[0]);
		(void)!buf_printf(&b, "%*s", (int)counts[1], "");
	}
	return give_text(c, &b);
}

static int call_truncate(const struct tcall *c)
{
	size_t n = 0, cut;
	int r = expect_text(c, 0);

	if (r >= 0)
		r = expect_size(c, 1, &n);
	if (r < 0)
		return r;
	cut = tverb_cut(c->args[0].text, c->args[0].len, n);
	*c->ret = tvalue_text(arena_text(c->arena, c->args[0].text, cut), cut);
	return 0;
}

static int call_compare(const struct tcall *c)
{
	bool result = false;
	int r = tcompare(c->name, c->args, c->n, &result, c->err);

	*c->ret = tvalue_bool(result);
	return r;
}

static const struct tfunction functions[] = {
	{"and", 1, ANY, NULL},           {"eq", 2, ANY, call_compare},
	{"ge", 2, 2, call_compare},      {"gt", 2, 2, call_compare},
	{"html", 1, ANY, call_escape},   {"index", 1, ANY, call_index},
	{"join", 2, 2, call_join},       {"js", 1, ANY, call_escape},
	{"json", 1, 1, call_json},       {"le", 2, 2, call_compare},
	{"len", 1, 1, call_len},         {"lower", 1, 1, call_case},
	{"lt", 2, 2, call_compare},      {"ne", 2, 2, call_compare},
	{"not", 1, 1, call_not},         {"or", 1, ANY, NULL},
	{"pad", 3, 3, call_pad},         {"print", 0, ANY, call_print},
	{"printf", 1, ANY, call_printf}, {"println", 0, ANY, call_print},
	{"slice", 1, 3, call_slice},     {"split", 2, 2, call_split},
	{"title", 1, 1, call_case},      {"truncate", 2, 2, call_truncate},
	{"upper", 1, 1, call_case},      {"urlquery", 1, ANY, call_escape},
};

const struct tfunction *tfunction_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (str_eq(functions[i].name, name))
			return &functions[i];
	return NULL;
}

const char *tfunction_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(functions) + 1] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		names[i] = functions[i].name;
	return str_nearest(name, names);
}

const char *tfunction_list(void)
{
	return "and, eq, ge, gt, html, index, join, js, json, le, len, lower, lt, ne, not, or,\n"
	       "pad, print, printf, println, slice, split, title, truncate, upper, urlquery";
}

bool tfunction_is_lazy(const struct tfunction *f)
{
	return !f->call;
}

int tfunction_check_count(const struct tfunction *f, size_t n, struct error *err)
{
	const char *bound = f->min == f->max ? "" : n < f->min ? "at least " : "at most ";
	size_t limit = n < f->min ? f->min : f->max;

	if (n >= f->min && n <= f->max)
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s needs %s%zu argument%s, it got %zu",
			 f->name, bound, limit, limit == 1 ? "" : "s", n);
}

int tfunction_call(const struct tfunction *f, const struct tcall *call)
{
	return f->call(call);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the format; the single values are printed by template_print.c. */
#include "cli/template_printf.h"

#include <string.h>

#include "cli/template_print.h"
#include "util/str.h"

struct printer {
	struct buf *out;
	const char *at, *end; /* of the format */
	const struct tvalue *values;
	size_t n, next;
	bool reordered; /* an [index] was used: values that are over are no mistake */
	bool bad_index;
};

static bool is_at(const struct printer *p, char c)
{
	return p->at < p->end && *p->at == c;
}

static bool take(struct printer *p, char c)
{
	bool there = is_at(p, c);

	p->at += there;
	return there;
}

/* Digits; false if there are none or they are too many. */
static bool take_number(struct printer *p, size_t *ret)
{
	const char *start = p->at;

	*ret = 0;
	for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
		if (*ret <= TVERB_NUMBER_MAX)
			*ret = *ret * 10 + (size_t)(*p->at - '0');
	return p->at > start;
}

/* "[2]": the next value is the second. */
static void take_index(struct printer *p)
{
	size_t i;

	if (!take(p, '['))
		return;
	p->reordered = true;
	if (!take_number(p, &i) || !take(p, ']') || i < 1 || i > p->n) {
		const char *close = memchr(p->at, ']', (size_t)(p->end - p->at));

		p->at = close ? close + 1 : p->at;
		p->bad_index = true;
		return;
	}
	p->next = i - 1;
}

static void take_flags(struct printer *p, struct tverb *verb)
{
	for (;; p->at++) {
		if (is_at(p, '+'))
			verb->plus = true;
		else if (is_at(p, '-'))
			verb->minus = true;
		else if (is_at(p, '#'))
			verb->sharp = true;
		else if (is_at(p, ' '))
			verb->space = true;
		else if (is_at(p, '0'))
			verb->zero = true;
		else
			return;
	}
}

/* Width or precision: digits, or '*' for the next value. false: a '*' without a good value. */
static bool take_size(struct printer *p, size_t *ret, bool *ret_given, bool *ret_negative)
{
	const struct tvalue *v;
	bool good;

	*ret_negative = false;
	take_index(p);
	if (!take(p, '*')) {
		*ret_given = take_number(p, ret);
		return *ret <= TVERB_NUMBER_MAX;
	}
	v = p->next < p->n ? &p->values[p->next++] : NULL;
	good = v && v->kind == TVALUE_INT && v->size <= TVERB_NUMBER_MAX;
	*ret_given = good;
	*ret = good ? v->size : 0;
	*ret_negative = good && v->negative;
	return good;
}

static void take_sizes(struct printer *p, struct tverb *verb)
{
	bool given, negative;

	if (!take_size(p, &verb->width, &given, &negative)) {
		(void)!buf_add_str(p->out, "%!(BADWIDTH)");
		verb->width = 0;
	}
	verb->minus = verb->minus || negative;
	if (!take(p, '.'))
		return;
	if (!take_size(p, &verb->precision, &given, &negative) || negative) {
		(void)!buf_add_str(p->out, "%!(BADPREC)");
		verb->precision = 0;
		return;
	}
	/* a point alone is a precision of 0 */
	verb->has_precision = true;
}

static void take_letter(struct printer *p, struct tverb *verb)
{
	uint32_t c;
	int n = str_utf8_decode(p->at, (size_t)(p->end - p->at), &c);

	verb->letter_len = n < 0 ? 1 : (size_t)n;
	memcpy(verb->letter, p->at, verb->letter_len);
	p->at += verb->letter_len;
}

static void add_problem(struct printer *p, const struct tverb *verb, const char *what)
{
	(void)!buf_printf(p->out, "%%!%s(%s)", verb->letter, what);
}

/* What follows a '%'. */
static void directive(struct printer *p)
{
	struct tverb verb = {0};

	p->bad_index = false;
	take_flags(p, &verb);
	take_sizes(p, &verb);
	take_index(p);
	if (p->at >= p->end) {
		(void)!buf_add_str(p->out, "%!(NOVERB)");
		return;
	}
	take_letter(p, &verb);
	if (str_eq(verb.letter, "%"))
		(void)!buf_add_str(p->out, "%");
	else if (p->bad_index)
		add_problem(p, &verb, "BADINDEX");
	else if (p->next >= p->n)
		add_problem(p, &verb, "MISSING");
	else
		tprint_verb(p->out, &verb, &p->values[p->next++]);
}

static void add_extra(struct printer *p)
{
	(void)!buf_add_str(p->out, "%!(EXTRA ");
	for (size_t i = p->next; i < p->n; i++) {
		const struct tvalue *v = &p->values[i];

		(void)!buf_add_str(p->out, i > p->next ? ", " : "");
		if (!tvalue_is_untyped(v))
			(void)!buf_printf(p->out, "%s=", tvalue_type(v));
		tprint_value(p->out, v);
	}
	(void)!buf_add_str(p->out, ")");
}

void tprintf(struct buf *out, const struct tvalue *format, const struct tvalue *values,
	     size_t n)
{
	struct printer p = {
		.out = out,
		.at = format->text,
		.end = format->text + format->len,
		.values = values,
		.n = n,
	};

	while (p.at < p.end && !out->overflow) {
		const char *percent = memchr(p.at, '%', (size_t)(p.end - p.at));
		const char *stop = percent ? percent : p.end;

		(void)!buf_add(out, p.at, (size_t)(stop - p.at));
		p.at = stop;
		if (take(&p, '%'))
			directive(&p);
	}
	if (!p.reordered && p.next < n)
		add_extra(&p);
}

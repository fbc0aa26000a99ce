/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_compare.h"

#include <string.h>

#include "util/str.h"

static int compare_ints(const struct tvalue *a, const struct tvalue *b)
{
	bool a_negative = a->negative && a->size, b_negative = b->negative && b->size;
	int order = (a->size > b->size) - (a->size < b->size);

	if (a_negative != b_negative)
		return a_negative ? -1 : 1;
	return a_negative ? -order : order;
}

static int compare_texts(const struct tvalue *a, const struct tvalue *b)
{
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* Two of one kind. */
static int order_of(const struct tvalue *a, const struct tvalue *b)
{
	if (a->kind == TVALUE_BOOL)
		return a->boolean - b->boolean;
	if (a->kind == TVALUE_INT)
		return compare_ints(a, b);
	if (a->kind == TVALUE_FLOAT)
		return (a->real > b->real) - (a->real < b->real);
	return a->kind == TVALUE_TEXT ? compare_texts(a, b) : 0;
}

static int check(const char *name, const struct tvalue *v, bool ordered,
		 struct error *err)
{
	if (v->kind >= TVALUE_LIST ||
	    (ordered && (tvalue_is_untyped(v) || v->kind == TVALUE_BOOL)))
		return error_set(err, ERR_INVALID, 0, "%s: %s can't be compared", name,
				 tvalue_is_untyped(v) ? "nothing" : tvalue_type(v));
	return 0;
}

static bool is_null(const struct tvalue *v)
{
	return tvalue_is_untyped(v) || (v->kind >= TVALUE_LIST && !v->o);
}

/* A pair: 1 if equal, 0 if not. */
static int equal(const char *name, const struct tvalue *a, const struct tvalue *b,
		 struct error *err)
{
	int r;

	/* a null is an empty list to us, which nil equals */
	if (tvalue_is_untyped(a) || tvalue_is_untyped(b))
		return is_null(a) && is_null(b);
	r = check(name, a, false, err);
	if (r >= 0)
		r = check(name, b, false, err);
	if (r < 0)
		return r;
	if (a->kind != b->kind)
		return error_set(err, ERR_INVALID, 0, "%s: %s and %s can't be compared",
				 name, tvalue_type(a), tvalue_type(b));
	return order_of(a, b) == 0;
}

static int compare_equal(const char *name, const struct tvalue *values, size_t n,
			 bool *ret, struct error *err)
{
	bool any = false;
	int r = 0;

	for (size_t i = 1; r >= 0 && i < n && !any; i++) {
		r = equal(name, &values[0], &values[i], err);
		any = r > 0;
	}
	*ret = str_eq(name, "ne") ? !any : any;
	return r < 0 ? r : 0;
}

int tcompare(const char *name, const struct tvalue *values, size_t n, bool *ret,
	     struct error *err)
{
	int order, r;

	if (name[0] == 'e' || name[0] == 'n')
		return compare_equal(name, values, n, ret, err);
	r = check(name, &values[0], true, err);
	if (r >= 0)
		r = check(name, &values[1], true, err);
	if (r < 0)
		return r;
	if (values[0].kind != values[1].kind)
		return error_set(err, ERR_INVALID, 0, "%s: %s and %s can't be compared",
				 name, tvalue_type(&values[0]), tvalue_type(&values[1]));
	order = order_of(&values[0], &values[1]);
	*ret = order == 0 ? name[1] == 'e' : (order < 0) == (name[0] == 'l');
	return 0;
}

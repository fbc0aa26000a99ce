/* SPDX-License-Identifier: Apache-2.0 */
/* One value by one verb of Go's Printf; the format itself is read in template_printf.c. */
#include "cli/template_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/template_time.h"
#include "util/mem.h"
#include "util/str.h"

static void add_padded(struct buf *out, const struct tverb *verb, const char *text,
		       size_t len)
{
	size_t width = 0, missing;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	missing = verb->width > width ? verb->width - width : 0;
	if (verb->minus)
		(void)!buf_add(out, text, len);
	for (size_t i = 0; i < missing; i++)
		(void)!buf_add_str(out, verb->zero && !verb->minus ? "0" : " ");
	if (!verb->minus)
		(void)!buf_add(out, text, len);
}

/* A number: sign, prefix, digits; zeros go between prefix and digits. */
static void add_number(struct buf *out, const struct tverb *verb, const char *before,
		       const char *digits)
{
	cleanup_free char *text = NULL;
	size_t len = strlen(digits), taken = strlen(before) + len, zeros = 0;

	if (verb->has_precision && verb->precision > len)
		zeros = verb->precision - len;
	else if (verb->zero && !verb->minus && !verb->has_precision &&
		 verb->width > taken)
		zeros = verb->width - taken;
	text = xmalloc(taken + zeros + 1);
	memcpy(text, before, strlen(before));
	memset(text + strlen(before), '0', zeros);
	memcpy(text + strlen(before) + zeros, digits, len + 1);
	add_padded(out, verb, text, taken + zeros);
}

static void add_bad(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	(void)!buf_add_str(out, "%!");
	(void)!buf_add(out, verb->letter, verb->letter_len);
	(void)!buf_add_str(out, "(");
	if (!tvalue_is_untyped(v))
		(void)!buf_printf(out, "%s=", tvalue_type(v));
	tprint_value(out, v);
	(void)!buf_add_str(out, ")");
}

static const char *sign_of(const struct tverb *verb, bool negative)
{
	/* %+v is about the names of members */
	bool plus = verb->plus && verb->letter[0] != 'v';

	return negative ? "-" : plus ? "+" : verb->space ? " " : "";
}

static void digits_of(uint64_t size, unsigned int base, bool upper, char ret[static 65])
{
	const char *letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[65];
	size_t n = sizeof(text) - 1;

	text[n] = '\0';
	do {
		text[--n] = letters[size % base];
		size /= base;
	} while (size);
	memcpy(ret, text + n, sizeof(text) - n);
}

static void add_int(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	static const struct {
		char letter;
		unsigned int base;
		const char *prefix; /* with # */
	} forms[] = {{'d', 10, ""}, {'v', 10, ""},   {'b', 2, "0b"}, {'o', 8, "0"},
		     {'O', 8, ""},  {'x', 16, "0x"}, {'X', 16, "0X"}};
	cleanup_buf struct buf rune = {0};
	char digits[65], before[8];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (forms[i].letter != verb->letter[0] || verb->letter_len != 1)
			continue;
		digits_of(v->size, forms[i].base, verb->letter[0] == 'X', digits);
		snprintf(before, sizeof(before), "%s%s%s",
			 sign_of(verb, v->negative && v->size),
			 verb->letter[0] == 'O' ? "0o" : "",
			 verb->sharp ? forms[i].prefix : "");
		add_number(out, verb, before, digits);
		return;
	}
	buf_init(&rune, sizeof(digits));
	if (tverb_rune(&rune, verb, v))
		add_padded(out, verb, rune.data, rune.len);
	else
		add_bad(out, verb, v);
}

/* The shortest digits that read back as the same number. */
static void shortest(double real, char text[static TVERB_FLOAT_MAX], int *ret_exponent)
{
	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, TVERB_FLOAT_MAX, "%.*e", precision, real);
		if (strtod(text, NULL) == real)
			break;
	}
	*ret_exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
}

/* %v, and %g without a precision: exponents under -4 and from 6 on are written. */
static void general(double real, char text[static TVERB_FLOAT_MAX])
{
	int exponent, n_digits;

	shortest(real, text, &exponent);
	n_digits = (int)strcspn(text, "e") - (strchr(text, '.') ? 1 : 0);
	if (exponent < -4 || exponent >= 6)
		return;
	snprintf(text, TVERB_FLOAT_MAX, "%.*f",
		 n_digits - 1 > exponent ? n_digits - 1 - exponent : 0, real);
}

static void add_float(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	char text[TVERB_FLOAT_MAX];
	double real = fabs(v->real);
	int precision = verb->has_precision ? (int)verb->precision : 6;
	struct tverb padding = *verb;

	padding.has_precision = false;
	switch (verb->letter[0]) {
	case 'e':
		snprintf(text, sizeof(text), "%.*e", precision, real);
		break;
	case 'E':
		snprintf(text, sizeof(text), "%.*E", precision, real);
		break;
	case 'f':
	case 'F':
		snprintf(text, sizeof(text), "%.*f", precision, real);
		break;
	case 'g':
	case 'v':
		if (verb->has_precision)
			snprintf(text, sizeof(text), "%.*g", precision, real);
		else
			general(real, text);
		break;
	default:
		add_bad(out, verb, v);
		return;
	}
	add_number(out, &padding, sign_of(verb, signbit(v->real)), text);
}

static void add_text(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	cleanup_buf struct buf quoted = {0}, time = {0};
	const char *text = v->text;
	size_t len = v->len;
	char letter = verb->letter[0];

	buf_init(&quoted, out->max);
	buf_init(&time, 128);
	if (v->is_time) {
		ttime_print(&time, v);
		text = time.data;
		len = time.len;
	}
	if (verb->has_precision && (letter == 's' || letter == 'v' || letter == 'q'))
		len = tverb_cut(text, len, verb->precision);
	if (letter == 'q' || (letter == 'v' && verb->sharp))
		tverb_quote(&quoted, verb, text, len);
	else if (letter == 'x' || letter == 'X')
		tverb_hex(&quoted, verb, text, len);
	else if (letter != 's' && letter != 'v') {
		add_bad(out, verb, v);
		return;
	} else {
		add_padded(out, verb, text, len);
		return;
	}
	out->overflow = out->overflow || quoted.overflow;
	add_padded(out, verb, quoted.data ? quoted.data : "", quoted.len);
}

static void add_list(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	(void)!buf_add_str(out, "[");
	for (size_t i = 0; i < tvalue_count(v) && !out->overflow; i++) {
		struct tvalue element = tvalue_element(v, i);

		if (i)
			(void)!buf_add_str(out, " ");
		tprint_verb(out, verb, &element);
	}
	(void)!buf_add_str(out, "]");
}

static void add_members(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	cleanup_arena struct arena arena = {0};
	bool map = v->kind == TVALUE_MAP;
	const char **keys = tvalue_keys(v, map, &arena);

	(void)!buf_add_str(out, map ? "map[" : "{");
	for (const char **key = keys; *key && !out->overflow; key++) {
		struct tvalue name = tvalue_text(*key, strlen(*key)), member;

		if (!tvalue_member(v, *key, &member))
			continue;
		if (key != keys)
			(void)!buf_add_str(out, " ");
		if (map)
			tprint_verb(out, verb, &name);
		else if (verb->plus)
			(void)!buf_add_str(out, *key);
		if (map || verb->plus)
			(void)!buf_add_str(out, ":");
		tprint_verb(out, verb, &member);
	}
	(void)!buf_add_str(out, map ? "]" : "}");
}

void tprint_verb(struct buf *out, const struct tverb *verb, const struct tvalue *v)
{
	char letter = verb->letter_len == 1 ? verb->letter[0] : '\0';

	if (letter == 'T') {
		add_padded(out, verb, tvalue_type(v), strlen(tvalue_type(v)));
		return;
	}
	switch (v->kind) {
	case TVALUE_NONE:
	case TVALUE_NIL:
		if (letter == 'v')
			add_padded(out, verb, "<nil>", strlen("<nil>"));
		else
			add_bad(out, verb, v);
		return;
	case TVALUE_BOOL:
		if (letter == 't' || letter == 'v')
			add_padded(out, verb, v->boolean ? "true" : "false",
				   v->boolean ? 4 : 5);
		else
			add_bad(out, verb, v);
		return;
	case TVALUE_INT:
		add_int(out, verb, v);
		return;
	case TVALUE_FLOAT:
		add_float(out, verb, v);
		return;
	case TVALUE_TEXT:
		add_text(out, verb, v);
		return;
	case TVALUE_LIST:
		add_list(out, verb, v);
		return;
	case TVALUE_MAP:
	case TVALUE_STRUCT:
		add_members(out, verb, v);
		return;
	}
}

void tprint_value(struct buf *out, const struct tvalue *v)
{
	static const struct tverb plain = {.letter = "v", .letter_len = 1};

	tprint_verb(out, &plain, v);
}

void tprint_all(struct buf *out, const struct tvalue *values, size_t n, bool line)
{
	for (size_t i = 0; i < n; i++) {
		if (i && (line || (values[i].kind != TVALUE_TEXT &&
				   values[i - 1].kind != TVALUE_TEXT)))
			(void)!buf_add_str(out, " ");
		tprint_value(out, &values[i]);
	}
	if (line)
		(void)!buf_add_str(out, "\n");
}

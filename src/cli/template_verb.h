/* SPDX-License-Identifier: Apache-2.0 */
/* A verb of Go's Printf, and the forms of texts and characters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/template_value.h"
#include "util/buf.h"

#define TVERB_FLOAT_MAX  1600 /* bytes that a float may take: precision, and 309 digits */
#define TVERB_NUMBER_MAX 1000 /* of a width or a precision */

struct tverb {
	char letter[5]; /* a character in UTF-8 */
	size_t letter_len;
	bool plus, minus, sharp, space, zero;
	bool has_precision;
	size_t width, precision;
};

/* tverb_quote() - a text in double quotes as Go writes it (+: ASCII only, #: in ` if possible). */
void tverb_quote(struct buf *out, const struct tverb *verb, const char *text, size_t len);
/* tverb_hex() - %x, %X of a text. */
void tverb_hex(struct buf *out, const struct tverb *verb, const char *text, size_t len);
/* tverb_rune() - a number as a character by %c, %q, %U; false if it is none of these. */
bool tverb_rune(struct buf *out, const struct tverb *verb, const struct tvalue *v);
/* tverb_cut() - bytes of the first n characters. */
size_t tverb_cut(const char *text, size_t len, size_t n);

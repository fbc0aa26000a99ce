/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's output as the inside of a JSON string, byte for byte as Docker's
 * json-file driver writes it: " and \ behind a backslash, \n and \r by letter, other
 * control bytes and < > & as \u00xx, U+2028 and U+2029 as \u202x, each byte that is no
 * part of well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong) as \ufffd. Pure.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"

/* Longest result of one input character. */
#define ESCAPE_MAX 6

/*
 * escape_json() - escape as many whole characters of in as fit into room bytes at out.
 * A character cut off at the end of in counts as malformed. *ret_used is what was taken
 * of in (all of it, if room >= ESCAPE_MAX * len). Return: bytes written.
 */
size_t escape_json(const unsigned char *in, size_t len, char *out, size_t room,
		   size_t *ret_used);

/* escape_boundary() - the largest n <= len at which no well-formed character is cut in
 * two. */
size_t escape_boundary(const unsigned char *in, size_t len);

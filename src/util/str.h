/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, strict numbers, and NULL-terminated string vectors (strv). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_empty(const char *s); /* NULL or "" */

/*
 * Strict numbers: decimal digits only, no sign (but '-' for i64), blanks, or trailing
 * bytes; the whole string. Return 0, -EINVAL (malformed) or -ERANGE.
 */
int str_to_u64(const char *s, uint64_t *ret) _must_check_;
int str_to_u32(const char *s, uint32_t *ret) _must_check_;
int str_to_i64(const char *s, int64_t *ret) _must_check_;
int str_to_mode(const char *s, uint32_t *ret) _must_check_; /* octal, at most 07777 */

/*
 * str_to_size() - bytes, with Docker's suffixes b k m g t (and kb, kib, ...), binary
 * multiples, fractions allowed ("1.5g"). Return 0, -EINVAL or -ERANGE.
 */
int str_to_size(const char *s, uint64_t *ret) _must_check_;

/* A NULL-terminated vector of owned strings; NULL is an empty one. */
size_t strv_len(char *const *v);
void strv_free(char **v);
char **strv_copy(char *const *v);
void strv_add(char ***v, const char *s); /* copies s */
void strv_add_take(char ***v, char *s);  /* takes s */
void strv_addf(char ***v, const char *fmt, ...) _printf_(2, 3);
bool strv_has(char *const *v, const char *s);
char **str_split(const char *s,
		 char separator); /* "a,,b" gives "a", "", "b"; "" gives "" */
char *strv_join(char *const *v, const char *separator);
#define strv_foreach(item, v) for (char *const *item = (v); item && *item; item++)

DEFINE_CLEANUP(char **, strv_free)
#define cleanup_strv cleanup(strv_freep)

/*
 * str_nearest() - the word of `words` (strv) that a person most likely meant: smallest
 * edit distance, at most 2 and less than half the length. Return: pointer into words, or
 * NULL.
 */
const char *str_nearest(const char *typed, const char *const *words);

/*
 * str_utf8_decode() - the character that starts s (of len bytes, len > 0): its
 * length 1..4 with the code point in *ret, or -EILSEQ (also overlong forms, surrogates,
 * past U+10FFFF). RFC 3629.
 */
int str_utf8_decode(const char *s, size_t len, uint32_t *ret);

bool str_is_utf8(const char *s); /* all of it */

/* str_visible() - what a terminal could obey is shown instead: control characters but for
 * those in `keep`, bytes that are no UTF-8. Caller frees. */
char *str_visible(const char *s, const char *keep);

/* str_quote() - for messages: the text in double quotes, control bytes escaped. Caller
 * frees. */
char *str_quote(const char *s);

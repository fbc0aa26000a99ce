/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and words without stdio: what the monitor and the init need, and no more. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

/* text_to_i64() - decimal, the whole string, an optional '-'. 0, -EINVAL or -ERANGE. */
int text_to_i64(const char *s, int64_t *ret) _must_check_;

/*
 * text_put() / text_put_i64() / text_put_padded() - write at p, return the end; no NUL.
 * The caller has room: an i64 takes at most TEXT_I64_MAX bytes. padded: exactly `width`
 * digits, zeros in front, for values that fit.
 */
#define TEXT_I64_MAX 20
char *text_put(char *p, const char *s);
char *text_put_i64(char *p, int64_t value);
char *text_put_padded(char *p, uint32_t value, int width);

/*
 * text_complain() - "WHO: WHAT[ OBJECT][: errno in words]\n" to fd 2, in one write.
 * object may be NULL, code (positive errno) may be 0.
 */
struct text_complaint {
	const char *who, *what, *object;
	int code;
};
void text_complain(const struct text_complaint *c);

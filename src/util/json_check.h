/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a JSON text before a tree is made of it: the grammar of RFC 8259 to the letter,
 * and what this code base asks beyond it (no key twice in an object, no NUL in strings,
 * whole numbers within 64 bits, at most JSON_CHECK_DEPTH_MAX levels).
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define JSON_CHECK_DEPTH_MAX 64

/* json_check() - ERR_INVALID with `what`, line, column and the reason if it is not so. */
int json_check(const char *text, size_t len, const char *what,
	       struct error *err) _must_check_;

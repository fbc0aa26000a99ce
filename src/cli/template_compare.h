/* SPDX-License-Identifier: Apache-2.0 */
/* eq, ne, lt, le, gt, ge of templates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/template_value.h"
#include "util/cleanup.h"
#include "util/error.h"

/* tcompare() - n >= 2; with more, eq is true if one of them equals the first. */
int tcompare(const char *name, const struct tvalue *values, size_t n, bool *ret,
	     struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* Go's Printf. */
#pragma once

#include <stddef.h>

#include "cli/template_value.h"
#include "util/buf.h"

/* tprintf() - what is wrong in the format shows in the output, as in Go: "%!d(MISSING)". What does
 * not fit sets out->overflow. */
void tprintf(struct buf *out, const struct tvalue *format, const struct tvalue *values,
	     size_t n);

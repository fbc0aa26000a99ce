/* SPDX-License-Identifier: Apache-2.0 */
/* Values as Go prints them. Source: documentation of Go's package fmt. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/template_value.h"
#include "cli/template_verb.h"
#include "util/buf.h"

/* tprint_value() - as %v does; what does not fit sets out->overflow. */
void tprint_value(struct buf *out, const struct tvalue *v);

/* tprint_all() - as Go's Print (blanks only between two that are no texts) or Println (blanks
 * everywhere, and a line end). */
void tprint_all(struct buf *out, const struct tvalue *values, size_t n, bool line);

/* tprint_verb() - as Printf does with this verb. */
void tprint_verb(struct buf *out, const struct tverb *verb, const struct tvalue *v);

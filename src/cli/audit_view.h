/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby audit` for people: the verdict, then what it rests on, in groups. */
#pragma once

#include <stdio.h>

#include "engine/audit_verdict.h"

/* audit_view_print() - colours where out is a terminal and NO_COLOR is not set; lines are broken at
 * the terminal's width. */
void audit_view_print(FILE *out, const struct audit_facts *f,
		      const struct audit_verdict *v);

/* SPDX-License-Identifier: Apache-2.0 */
/* From a --format to its tree. */
#pragma once

#include <stdbool.h>

#include "cli/template_tree.h"
#include "util/cleanup.h"
#include "util/error.h"

/* template_build() - t is zeroed; whatever happens, its arena is the caller's to release. `tabs`:
 * blanks in texts are tabs. */
int template_build(struct template *t, const char *format, bool tabs,
		   struct error *err) _must_check_;

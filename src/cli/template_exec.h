/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying a template out over a value. */
#pragma once

#include "cli/template_heading.h"
#include "cli/template_tree.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * template_run() - adds to out. headings: NULL, or (ended by a NULL field) what stands over the
 * columns: then `data` is ignored and each field is replaced by its heading.
 */
int template_run(const struct template *t, const struct tvalue *data,
		 const struct template_heading *headings, struct buf *out,
		 struct error *err) _must_check_;

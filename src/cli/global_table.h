/* SPDX-License-Identifier: Apache-2.0 */
/* The options that stand before the command, for all of them. */
#pragma once

#include "cli/options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct cubby_globals;

/* They fill a struct cubby_globals. */
extern const struct option_spec global_table[];

/* global_table_apply() - the log, where output goes, what is not possible yet. */
int global_table_apply(const struct cubby_globals *g, struct error *err) _must_check_;

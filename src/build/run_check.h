/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "build/options.h"
#include "util/cleanup.h"
#include "util/error.h"

/* run_options_check() - --secret, --ssh and --allow, before anything is built: that they are well written, and what they name is there. */
int run_options_check(const struct build_options *o, struct error *err) _must_check_;

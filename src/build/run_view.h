/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ignore file leaves out of a directory, as a layer that hides it: whiteouts, to be put on top of the directory in an overlay.
 */
#pragma once

#include <stdbool.h>

#include "build/ignore.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * run_view_mask() - made in `to`, an empty directory, of what is below `part` ("": all) in the directory `path`. *ret_needed: something is
 * hidden.
 */
int run_view_mask(const char *path, const char *part, const struct ignore *ignore,
		  const char *to, bool *ret_needed, struct error *err) _must_check_;

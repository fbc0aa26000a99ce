/* SPDX-License-Identifier: Apache-2.0 */
/* Options of Docker's or podman's that do not do here what they say: each says why, and what does it instead. Where one value means what Cubby
 * does anyway, that is taken. */
#pragma once

#include "cli/options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct option_refusal {
	const char *name;  /* NULL ends a list */
	const char *taken; /* values that are right, separated by blanks; NULL: none */
	const char *reason, *hint;
};

/* option_refuse() - for an option's parse(). */
int option_refuse(const struct option_refusal *list, const struct option_match *match,
		  struct error *err) _must_check_;

/* A row whose function `fn` calls that. */
#define OPT_REFUSED(fn, long_name, ...)                                                  \
	{                                                                                \
		.type = OPTION_CUSTOM, .name = (long_name), .parse = fn, .hidden = true, \
		##__VA_ARGS__                                                            \
	}

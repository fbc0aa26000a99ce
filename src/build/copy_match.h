/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of a source a word of COPY means: a path, or a pattern. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/context.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_match {
	char *path; /* owned: as the word has it, or as it was matched; "" the top */
	char *real; /* owned: without links, also at its end */
	bool is_dir;
};

struct copy_matches {
	struct copy_match *items;
	size_t n;
};
void copy_matches_release(struct copy_matches *m);
#define cleanup_copy_matches cleanup(copy_matches_release)

/*
 * copy_matches_find() - in order. None is ERR_NOT_FOUND: the sentence says whether the ignore file hides it, the hint which name is near. A link to
 * nothing is too.
 */
int copy_matches_find(const struct context *c, const char *path, struct copy_matches *ret,
		      struct error *err) _must_check_;

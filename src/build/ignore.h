/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .dockerignore and .containerignore: which paths of a context don't belong to it. The last pattern that matches decides;
 * ! takes back; ** is any number of directories. Also the pattern language of COPY --exclude and of COPY's own sources.
 * Pure. Sources: Dockerfile reference, ".dockerignore file"; Go's path/filepath Match.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define IGNORE_MAX (1 << 20) /* bytes of such a file */

struct ignore; /* opaque; NULL: nothing is ignored */

/* ignore_parse() - the text of such a file, comments and blank lines allowed. ignore_patterns() - a strv of patterns. No pattern at
 * all: *ret is NULL. ERR_INVALID: "NAME:LINE: the pattern ...: why". */
int ignore_parse(const char *text, size_t len, const char *name, struct ignore **ret,
		 struct error *err) _must_check_;
int ignore_patterns(char *const *patterns, struct ignore **ret,
		    struct error *err) _must_check_;
void ignore_free(struct ignore *i);
DEFINE_CLEANUP(struct ignore *, ignore_free)
#define cleanup_ignore cleanup(ignore_freep)

/* ignore_matches() - whether the path ("a/b", no slash in front) is left out; a directory above it that is left out takes it along
 * unless a later ! names it. ignore_may_hold() - whether a directory that is left out may hold something that a ! takes back: if not
 * nobody need look into it. */
bool ignore_matches(const struct ignore *i, const char *path);
bool ignore_may_hold(const struct ignore *i, const char *directory);

/* ignore_glob() - one pattern, Go's Match extended by **: COPY's sources. A malformed one is a name. */
bool ignore_glob(const char *pattern, const char *path);

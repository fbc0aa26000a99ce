/* SPDX-License-Identifier: Apache-2.0 */
/* A source of COPY with patterns in it: which paths of a tree it means. Links on the way are followed, never out of the tree. */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

#define COPY_MATCHES_MAX 200000

/* copy_glob_has() - whether the path has anything but names in it: * ? [ or a backslash. */
bool copy_glob_has(const char *path);

/*
 * copy_glob() - what the pattern (clean, no slash in front) matches below root_fd, in order (strv, added to; caller frees). None is no error.
 * ** is any number of directories, which are not entered through links. Go's filepath.Match for each part.
 */
int copy_glob(int root_fd, const char *pattern, char ***ret,
	      struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside a container's root: the only place that resolves them. Everything goes
 * through openat2(2) with RESOLVE_IN_ROOT on a directory fd, so that no symlink, "..",
 * or race in the root can lead outside (CVE-2021-30465, CVE-2024-45310). A path may be
 * absolute or relative; both mean "below root_fd". RESOLVE_NO_MAGICLINKS always.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

/*
 * path_open() - open an existing path in the root. flags as for open(2), O_CLOEXEC
 * implied, usually O_PATH. Symlinks are followed inside the root unless O_NOFOLLOW is
 * given. Return: fd, or -errno with *err (ENOENT is ERR_NOT_FOUND).
 */
int path_open(int root_fd, const char *path, int flags, struct error *err) _must_check_;

/*
 * path_open_nolink() - as path_open but any symlink on the way is ELOOP (for /proc, /sys,
 * /dev and whatever must be what it claims). No mount may be crossed if same_mount
 * (EXDEV).
 */
int path_open_nolink(int root_fd, const char *path, int flags, bool same_mount,
		     struct error *err) _must_check_;

/*
 * path_open_file() - a regular file for reading. Anything else is ERR_INVALID and was not
 * opened: opening a FIFO waits, opening a device may do things. Needs /proc.
 */
int path_open_file(int root_fd, const char *path, struct error *err) _must_check_;

/*
 * path_make_dir() - the directory, made with all its parents where missing (mode for each
 * new one; owner the caller's fsuid). Existing links are followed inside the root; a
 * dangling link's target is made inside the root. Return: O_PATH fd.
 */
int path_make_dir(int root_fd, const char *path, mode_t mode,
		  struct error *err) _must_check_;

/* path_make_file() - as above for an empty regular file (parents 0755). An existing path
 * that is no directory is opened as it is. Return: O_PATH fd. */
int path_make_file(int root_fd, const char *path, mode_t mode,
		   struct error *err) _must_check_;

/*
 * path_open_parent() - the parent directory of the path (made if create), resolved in the
 * root, and the last component's name in *ret_name (caller frees; never "", "." or "..").
 */
int path_open_parent(int root_fd, const char *path, bool create, int *ret_fd,
		     char **ret_name, struct error *err) _must_check_;

/* path_is_absolute(); path_clean(): "/a//b/./c/" -> "/a/b/c", ".." resolved lexically and
 * never above the top. Caller frees. */
bool path_is_absolute(const char *path);
char *path_clean(const char *path);

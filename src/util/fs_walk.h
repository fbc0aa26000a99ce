/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a tree that somebody else has shaped and may still be changing: links are not followed,
 * mounts not entered, any depth is reached with a bounded number of file descriptors. What is gone
 * by the time it is looked at was never there; a directory that is moved elsewhere meanwhile may end
 * the walk of its surroundings early.
 */
#pragma once

#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/error.h"

struct fs_walk_entry {
	const char *path; /* from the top: "." itself, "etc", "etc/passwd" */
	const char *name; /* in dirfd; "." for the top */
	int dirfd;
	const struct stat *st; /* not through a link */
};

#define FS_WALK_SKIP 1 /* visit()'s word: not into this directory */

/*
 * fs_walk() - visit() each entry, directories before what is in them, in no order. It returns 0,
 * FS_WALK_SKIP, or -errno with *err, which ends the walk. The top may be no directory; a missing one
 * is an empty walk.
 */
int fs_walk(int dirfd, const char *top,
	    int (*visit)(void *data, const struct fs_walk_entry *e, struct error *err),
	    void *data, struct error *err) _must_check_;

/* fs_walk_mounts() - the same, and into mounts too, but for the kernel's own (proc, sysfs, devpts, mqueue, cgroups
 * and the like). */
int fs_walk_mounts(int dirfd, const char *top,
		   int (*visit)(void *data, const struct fs_walk_entry *e,
				struct error *err),
		   void *data, struct error *err) _must_check_;

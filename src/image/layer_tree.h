/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that a layer is unpacked into: parents found and made, what is in the way removed,
 * what directories shall look like in the end. Nothing here ever leaves the directory: paths are resolved
 * by openat2(2) below it, and only the last component is ever made, changed or removed, by its name in
 * its parent's fd, without following it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/layer_dirs.h"
#include "image/layer_name.h"
#include "util/cleanup.h"
#include "util/error.h"

struct layer_tree {
	int root_fd; /* the caller's */
	struct layer_dirs dirs;
	/* the last parent */
	int parent_fd; /* owned unless it is root_fd; -EBADF: none */
	size_t parent_len;
	char parent[TAR_PATH_MAX + 1];
	uint64_t disk_bytes;
	uint64_t n_implied;
	uint64_t max_implied;
	unsigned int n_removed; /* whole directories */
	bool recount;           /* disk_bytes is wrong since one was removed */
};

/* layer_tree_open() - root_fd: see layer_unpack(). What its directory would hand down to new files (a
 * group, a default ACL) is taken away. */
int layer_tree_open(struct layer_tree *t, int root_fd, uint64_t max_implied,
		    struct error *err) _must_check_;
void layer_tree_close(struct layer_tree *t);
#define cleanup_layer_tree cleanup(layer_tree_close)

/* layer_tree_parent() - fd of the directory that holds n, made with its own parents where missing; it
 * stays the tree's, valid until the next call that takes a layer_name. */
int layer_tree_parent(struct layer_tree *t, const struct layer_name *n, int *ret_fd,
		      struct error *err) _must_check_;

/* layer_tree_find_parent() - the same for one that must be there; missing is -ENOENT (no *err).
 * *ret_fd is the caller's unless *ret_borrowed. */
int layer_tree_find_parent(struct layer_tree *t, const struct layer_name *n, int *ret_fd,
			   bool *ret_borrowed, struct error *err) _must_check_;

/* layer_tree_remove() - whatever has that name there, a directory with all that is in it. */
int layer_tree_remove(struct layer_tree *t, int parent_fd, const struct layer_name *n,
		      struct error *err) _must_check_;

/* layer_tree_set_opaque() - nothing of the lower layers is seen in it. */
int layer_tree_set_opaque(int dir_fd, const char *path, struct error *err) _must_check_;

/* layer_tree_is_whiteout() - whether the name is one there. */
bool layer_tree_is_whiteout(int parent_fd, const char *name);

/* layer_tree_finish() - times and modes of directories; disk_bytes is right afterwards. */
int layer_tree_finish(struct layer_tree *t, struct error *err) _must_check_;

/* layer_tree_error() - "WHAT PATH: ..."; a full disk gets its remedy. */
int layer_tree_error(const char *what, const char *path, int code, struct error *err);

/* layer_tree_count() - what a new file takes of the disk. */
int layer_tree_count(struct layer_tree *t, int fd, const char *path,
		     struct error *err) _must_check_;

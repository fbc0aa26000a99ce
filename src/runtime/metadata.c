/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers are laid over each other from the lowest on, as if they were unpacked into one directory: an
 * ordinary user's overlay follows a file to its content from its lowest layer only (Linux 6.18: EPERM,
 * "refusing to follow metacopy origin"), so the tree has to be the only one.
 */
#include "runtime/metadata.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/tree_copy.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

static int open_dir(int dirfd, const char *name)
{
	return openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int add_layer(int data_fd, const char *name, int tree_fd, bool over,
		     struct error *err)
{
	cleanup_fd int layer_fd = open_dir(data_fd, name);
	const struct tree_copy copy = {
		.from_fd = layer_fd,
		.to_fd = tree_fd,
		.over = over,
		.content_name = name,
	};

	if (layer_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open the layer %s",
				 name);
	int r = tree_copy(&copy, err);
	return r < 0 ? error_wrap(err, "describe layer %.12s", name) : 0;
}

int metadata_build(int data_fd, char *const *layers, int tree_fd, struct error *err)
{
	size_t n = strv_len(layers);
	int r = 0;

	for (size_t i = n; r >= 0 && i > 0; i--)
		r = add_layer(data_fd, layers[i - 1], tree_fd, i < n, err);
	return r;
}

/* The lock is held. What another had begun when it was killed goes first. */
static int build_new(int trees_fd, int data_fd, char *const *layers, struct error *err)
{
	cleanup_free char *new_name = xasprintf(".new-%s", layers[0]);
	int r = fs_remove_tree(trees_fd, new_name, err);

	if (r < 0)
		return r;
	if (mkdirat(trees_fd, new_name, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", new_name);
	cleanup_fd int tree_fd = open_dir(trees_fd, new_name);
	if (tree_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", new_name);
	r = metadata_build(data_fd, layers, tree_fd, err);
	if (r < 0)
		return r;
	if (renameat(trees_fd, new_name, trees_fd, layers[0]) < 0)
		return error_set(err, ERR_SYSTEM, errno, "rename %s", new_name);
	return 0;
}

int metadata_open(int trees_fd, int data_fd, char *const *layers, struct error *err)
{
	const char *name = layers[0];
	cleanup_free char *lock_name = NULL;
	cleanup_fd int lock_fd = -EBADF;
	int fd = open_dir(trees_fd, name);

	if (fd >= 0)
		return fd;
	lock_name = xasprintf(".lock-%s", name);
	lock_fd = fs_lock(trees_fd, lock_name, true, true, err);
	if (lock_fd < 0)
		return lock_fd;
	fd = open_dir(trees_fd, name);
	if (fd >= 0)
		return fd;
	int r = build_new(trees_fd, data_fd, layers, err);
	if (r < 0)
		return r;
	fd = open_dir(trees_fd, name);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open layer %.12s", name) : fd;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/metadata.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/tree_copy.h"
#include "util/fs.h"
#include "util/mem.h"

int metadata_build(int layer_fd, int tree_fd, const char *name, struct error *err)
{
	const struct tree_copy copy = {
		.from_fd = layer_fd,
		.to_fd = tree_fd,
		.content_name = name,
	};
	int r = tree_copy(&copy, err);

	return r < 0 ? error_wrap(err, "describe layer %.12s", name) : 0;
}

static int open_tree(int trees_fd, const char *name)
{
	return openat(trees_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The lock is held. What another had begun when it was killed goes first. */
static int build_new(int trees_fd, int layer_fd, const char *name, struct error *err)
{
	cleanup_free char *new_name = xasprintf(".new-%s", name);
	int r = fs_remove_tree(trees_fd, new_name, err);

	if (r < 0)
		return r;
	if (mkdirat(trees_fd, new_name, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", new_name);
	cleanup_fd int tree_fd = open_tree(trees_fd, new_name);
	if (tree_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", new_name);
	r = metadata_build(layer_fd, tree_fd, name, err);
	if (r < 0)
		return r;
	if (renameat(trees_fd, new_name, trees_fd, name) < 0)
		return error_set(err, ERR_SYSTEM, errno, "rename %s", new_name);
	return 0;
}

int metadata_open(int trees_fd, int layer_fd, const char *name, struct error *err)
{
	cleanup_free char *lock_name = NULL;
	cleanup_fd int lock_fd = -EBADF;
	int fd = open_tree(trees_fd, name);

	if (fd >= 0)
		return fd;
	lock_name = xasprintf(".lock-%s", name);
	lock_fd = fs_lock(trees_fd, lock_name, true, true, err);
	if (lock_fd < 0)
		return lock_fd;
	fd = open_tree(trees_fd, name);
	if (fd >= 0)
		return fd;
	int r = build_new(trees_fd, layer_fd, name, err);
	if (r < 0)
		return r;
	fd = open_tree(trees_fd, name);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open layer %.12s", name) : fd;
}

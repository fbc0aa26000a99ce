/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rm -rf of a tree that somebody else may have shaped. Each directory is opened below its
 * parent without following links and without crossing a mount (a forgotten bind mount of
 * the user's home must survive), so the walk stays in the tree whatever happens to it
 * meanwhile. One fd is held for each level; a tree that is deeper than DEPTH_MAX is
 * hoisted: the deep directory is renamed to the top and removed from there in its turn.
 */
#include <fcntl.h>
#include <string.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define DEPTH_MAX 100
#define PASSES    16 /* tries for a directory that somebody fills meanwhile */

struct removal {
	int top_fd; /* what deep directories are hoisted to */
	unsigned int n_hoisted;
	int depth;
	struct error *err;
};

static int empty_dir(struct removal *rm, int dirfd, const char *shown);

/* Make a directory of our own readable and searchable again, or it could not be emptied.
 */
static void open_up(int dirfd, const char *name)
{
	char link[FD_PROC_PATH_MAX];
	struct stat st;

	cleanup_fd int fd =
		openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
		(void)!chmod(fd_proc_path(fd, link), (st.st_mode & 07777) | 0700);
}

static int open_below(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return sys_openat2(dirfd, name, &how);
}

/* errno of open_below() as an error. */
static int open_failed(struct removal *rm, const char *shown)
{
	if (errno != EXDEV)
		return error_set(rm->err, error_kind_of(errno), errno, "remove %s",
				 shown);
	error_set(rm->err, ERR_CONFLICT, EBUSY, "remove %s: something is mounted there",
		  shown);
	return error_hint(rm->err, "umount %s", shown);
}

static int remove_dir(struct removal *rm, int dirfd, const char *name, const char *shown)
{
	if (rm->depth >= DEPTH_MAX) {
		cleanup_free char *to =
			xasprintf(".hoisted-%d-%u", getpid(), rm->n_hoisted++);
		open_up(dirfd, name); /* moving a directory rewrites its ".." */
		if (renameat(dirfd, name, rm->top_fd, to) < 0)
			return error_set(rm->err, error_kind_of(errno), errno,
					 "remove %s", shown);
		return 0;
	}
	open_up(dirfd, name);
	for (int pass = 0; pass < PASSES; pass++) {
		cleanup_fd int fd = open_below(dirfd, name);
		if (fd < 0 && errno == ENOENT)
			return 0;
		if (fd < 0)
			return open_failed(rm, shown);
		rm->depth++;
		int r = empty_dir(rm, fd, shown);
		rm->depth--;
		if (r < 0)
			return r;
		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return error_set(rm->err, error_kind_of(errno), errno, "remove %s", shown);
}

static int remove_entry(struct removal *rm, int dirfd, const char *name, bool known_dir,
			const char *shown)
{
	if (!known_dir) {
		if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EISDIR)
			return error_set(rm->err, error_kind_of(errno), errno,
					 "remove %s", shown);
	}
	return remove_dir(rm, dirfd, name, shown);
}

static int empty_dir(struct removal *rm, int dirfd, const char *shown)
{
	/* A fresh open, since a dup would share its place in the listing. */
	cleanup_fd int own_fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = own_fd < 0 ? NULL : fdopendir(own_fd);
	if (!dir)
		return error_set(rm->err, ERR_SYSTEM, errno, "list %s", shown);
	own_fd = -EBADF; /* the DIR has it */

	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(dir);
		if (!entry && errno != 0)
			return error_set(rm->err, ERR_SYSTEM, errno, "list %s", shown);
		if (!entry)
			return 0;
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		cleanup_free char *path = xasprintf("%s/%s", shown, entry->d_name);
		int r = remove_entry(rm, dirfd, entry->d_name, entry->d_type == DT_DIR,
				     path);
		if (r < 0)
			return r;
	}
}

/* The directory that the tree stands in, and its name there. */
static int open_parent(int dirfd, const char *path, char **ret_name, struct error *err)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	cleanup_free char *whole = xstrndup(path, len);
	char *slash = strrchr(whole, '/');
	const char *name = slash ? slash + 1 : whole;
	if (str_empty(name) || str_eq(name, ".") || str_eq(name, ".."))
		return error_set(err, ERR_INVALID, EINVAL, "remove \"%s\"", path);
	*ret_name = xstrdup(name);
	if (slash)
		slash[1] = '\0';
	int fd = openat(dirfd, slash ? whole : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int remove_top(struct removal *rm, int parent_fd, const char *name,
		      const char *path)
{
	open_up(parent_fd, name);
	cleanup_fd int top_fd = open_below(parent_fd, name);
	if (top_fd < 0)
		return open_failed(rm, path);
	rm->top_fd = top_fd;
	/* Each pass may hoist deep directories to the top, where the next one finds them.
	 */
	do {
		int r = empty_dir(rm, top_fd, path);
		if (r < 0)
			return r;
		if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
	} while (errno == ENOTEMPTY || errno == EEXIST);
	return error_set(rm->err, error_kind_of(errno), errno, "remove %s", path);
}

int fs_remove_tree(int dirfd, const char *path, struct error *err)
{
	struct removal rm = {.err = err};
	cleanup_free char *name = NULL;
	struct stat st;

	cleanup_fd int parent_fd = open_parent(dirfd, path, &name, err);
	if (parent_fd == -ENOENT)
		return 0;
	if (parent_fd < 0 && error_is_set(err))
		return parent_fd;
	if (parent_fd < 0)
		return error_set(err, error_kind_of(-parent_fd), -parent_fd, "remove %s",
				 path);
	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set(err, error_kind_of(errno), errno, "remove %s", path);
	}
	if (S_ISDIR(st.st_mode))
		return remove_top(&rm, parent_fd, name, path);
	if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	return error_set(err, error_kind_of(errno), errno, "remove %s", path);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's init makes files and directories to mount on. Each of them is new in the upper directory, and overlay has copied the
 * directories above it up: so first the places go, the deepest first, then those directories, unless they are different from
 * what they were. Whatever stays keeps the time that it had.
 */
#include "image/layer_complete.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "image/layer_xattr.h"
#include "image/tar_writer.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define LIST_MAX 65536 /* bytes of attributes' names; xattr(7) */

struct places {
	int root_fd, below_fd;
};

static int open_in(int fd, const char *path, int flags)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					  RESOLVE_NO_XDEV};

	return sys_openat2(fd, *path ? path : ".", &how);
}

/* The directory above, "" at the top. Caller frees. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return xstrndup(path, slash ? (size_t)(slash - path) : 0);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_wanted_xattr(int fd)
{
	cleanup_free char *names = xmalloc(LIST_MAX);
	ssize_t len = flistxattr(fd, names, LIST_MAX);

	for (const char *name = names; len > 0 && name < names + len;
	     name += strlen(name) + 1)
		if (layer_xattr_wanted(name) ||
		    str_eq(name, "user.overlay.opaque")) /* what was below is hidden */
			return true;
	return false;
}

/* A directory that overlay has copied up and nobody has changed. */
static bool is_as_below(const struct places *p, int dir_fd, const char *path)
{
	cleanup_fd int below_fd = open_in(p->below_fd, path, O_RDONLY | O_DIRECTORY);
	struct stat here, below;

	return below_fd >= 0 && fstat(dir_fd, &here) == 0 &&
	       fstat(below_fd, &below) == 0 && here.st_mode == below.st_mode &&
	       here.st_uid == below.st_uid && here.st_gid == below.st_gid &&
	       !has_wanted_xattr(dir_fd) && !has_wanted_xattr(below_fd);
}

static bool is_empty_or_link(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size == 0);
}

static bool is_below(const struct places *p, const char *path)
{
	cleanup_fd int fd = open_in(p->below_fd, path, O_PATH);

	return fd >= 0;
}

/* unlinkat(2) in a directory whose time stays. Return: whether it is gone. */
static bool remove_name(int dirfd, const char *name, int flags)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	struct stat st;

	if (fstat(dirfd, &st) < 0 || unlinkat(dirfd, name, flags) < 0)
		return false;
	times[1] = st.st_mtim;
	(void)futimens(dirfd, times); /* then it is a change of the directory */
	return true;
}

/* Directories above what has gone. */
static void remove_parents(const struct places *p, const char *path)
{
	cleanup_free char *dir = parent_of(path);

	while (*dir) {
		cleanup_free char *above = parent_of(dir);
		cleanup_fd int fd = open_in(p->root_fd, dir, O_RDONLY | O_DIRECTORY);
		cleanup_fd int above_fd =
			open_in(p->root_fd, above, O_RDONLY | O_DIRECTORY);

		if (fd < 0 || above_fd < 0 || !is_as_below(p, fd, dir) ||
		    !remove_name(above_fd, name_of(dir), AT_REMOVEDIR))
			return;
		free(dir);
		dir = TAKE_PTR(above);
	}
}

static void remove_place(const struct places *p, const char *path)
{
	cleanup_free char *dir = parent_of(path);
	cleanup_fd int dirfd = open_in(p->root_fd, dir, O_RDONLY | O_DIRECTORY);
	const char *name = name_of(path);

	if (!*path || dirfd < 0 || is_below(p, path))
		return;
	if (is_empty_or_link(dirfd, name) ? remove_name(dirfd, name, 0)
					  : remove_name(dirfd, name, AT_REMOVEDIR))
		remove_parents(p, path);
}

/* What lies deeper comes first. */
static int compare_depth(const void *a, const void *b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

static void remove_places(const struct places *p, char *const *paths)
{
	cleanup_strv char **sorted = strv_copy(paths);
	size_t n = strv_len(sorted);

	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_depth);
	strv_foreach (path, sorted)
		remove_place(p, *path);
}

static void take_result(const struct layer_touch *t, const struct layer_digest *digest,
			const char *diff_id, struct layer_result *ret)
{
	*ret = (struct layer_result){
		.diff_id = xstrdup(diff_id),
		.tar_size = digest->size,
		.n_entries = t->n_entries + t->top_entry,
		.disk_bytes = t->disk_bytes,
		.max_uid = t->max_uid,
		.max_gid = t->max_gid,
		.root_entry = t->top_entry,
		.compression = xstrdup("none"),
	};
}

int layer_complete(int root_fd, const struct layer_complete_options *o,
		   struct layer_digest *digest, struct layer_result *ret,
		   struct error *err)
{
	const struct places places = {root_fd, o->below_fd};
	struct tar_sink sink = {layer_digest_add, digest};
	struct layer_touch touch = {.has_epoch = o->has_epoch,
				    .all_at_epoch = o->all_at_epoch,
				    .epoch_sec = o->epoch_sec};
	struct layer_pack_options pack = LAYER_PACK_OPTIONS_INIT;
	char diff_id[DIGEST_TEXT_MAX];
	int r;

	if (o->below_fd >= 0)
		remove_places(&places, o->places);
	pack.flags = LAYER_COMPLETE_FLAGS | (o->no_top ? LAYER_PACK_NO_TOP : 0);
	pack.sink = &sink;
	pack.touch = &touch;
	r = layer_pack_with(root_fd, -EBADF, &pack, err);
	if (r == 0)
		r = layer_digest_end(digest, diff_id, err);
	if (r < 0)
		return r;
	take_result(&touch, digest, diff_id, ret);
	return 0;
}

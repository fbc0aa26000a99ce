/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Depth first. A level is a directory whose subdirectories have been noted; the fds of the upper
 * FDS_MAX levels are kept. From a deeper one the way back is "..", believed only if that is the
 * directory that we came from; otherwise everything up to the next level with an fd is given up.
 */
#include "util/fs_walk.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

/* linux/magic.h has it not */
#define MQUEUE_MAGIC 0x19800202

#define FDS_MAX   200
#define PATH_TOP  (64U << 20)
#define NAMES_MAX (1U << 30)

struct level {
	int fd;
	dev_t dev;
	ino_t ino;
	struct buf subdirs; /* to be entered: names, each with its NUL */
	size_t next;
	size_t path_len; /* of its path in walk.path */
};

struct walk {
	int (*visit)(void *data, const struct fs_walk_entry *e, struct error *err);
	void *data;
	struct level *levels;
	size_t n, room;
	struct buf path;
	bool across; /* mounts are entered */
};

static void drop_level(struct walk *w)
{
	struct level *l = &w->levels[--w->n];

	fd_cleanup_(&l->fd);
	buf_release(&l->subdirs);
}

static void walk_release(struct walk *w)
{
	while (w->n)
		drop_level(w);
	free(w->levels);
	buf_release(&w->path);
}

static bool is_dot(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

static void cut_path(struct walk *w, size_t len)
{
	w->path.len = len;
	if (w->path.data)
		w->path.data[len] = '\0';
}

static int extend_path(struct walk *w, const char *name, struct error *err)
{
	if ((w->path.len && buf_add(&w->path, "/", 1) < 0) ||
	    buf_add_str(&w->path, name) < 0)
		return error_set(err, ERR_INVALID, ENAMETOOLONG, "walk %.40s...",
				 w->path.data);
	return 0;
}

/* One entry of the level: shown, and noted if it is a directory to be entered. */
static int see(struct walk *w, struct level *l, const char *name, struct error *err)
{
	struct fs_walk_entry entry = {.name = name, .dirfd = l->fd};
	struct stat st;
	int r;

	if (fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set(err, error_kind_of(errno), errno, "look at %s", name);
	}
	r = extend_path(w, name, err);
	if (r < 0)
		return r;
	entry.path = w->path.data;
	entry.st = &st;
	r = w->visit(w->data, &entry, err);
	cut_path(w, l->path_len);
	if (r < 0)
		return r;
	if (r == 0 && S_ISDIR(st.st_mode) &&
	    buf_add(&l->subdirs, name, strlen(name) + 1) < 0)
		return error_set(err, ERR_INVALID, E2BIG, "list the directory of %s",
				 name);
	return 0;
}

static int list(struct walk *w, struct level *l, struct error *err)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int own_fd = openat(l->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (own_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "list %s",
				 w->path.data ? w->path.data : ".");
	dir = fdopendir(own_fd);
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry && errno)
			return error_set(err, ERR_SYSTEM, errno, "list %s",
					 w->path.data ? w->path.data : ".");
		if (!entry)
			return 0;
		if (!is_dot(entry->d_name))
			r = see(w, l, entry->d_name, err);
		if (r < 0)
			return r;
	}
}

/* fd is taken over. */
static int add_level(struct walk *w, int fd, struct error *err)
{
	struct level *l;
	struct stat st = {0};

	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 32;
		w->levels = xreallocarray(w->levels, w->room, sizeof(*w->levels));
	}
	(void)!fstat(fd, &st);
	l = &w->levels[w->n++];
	*l = (struct level){
		.fd = fd, .dev = st.st_dev, .ino = st.st_ino, .path_len = w->path.len};
	buf_init(&l->subdirs, NAMES_MAX);
	return list(w, l, err);
}

/* What the kernel makes up; filesystems of that kind have no content to speak of. */
static bool is_kernels_own(int fd)
{
	static const uint64_t types[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEVPTS_SUPER_MAGIC,
		MQUEUE_MAGIC,     CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		SECURITYFS_MAGIC, DEBUGFS_MAGIC,      TRACEFS_MAGIC,
		BPF_FS_MAGIC,     SELINUX_MAGIC,      BINFMTFS_MAGIC,
		NSFS_MAGIC,
	};
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((uint64_t)st.f_type == types[i])
			return true;
	return false;
}

static int open_dir(int dirfd, const char *name, bool across)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	cleanup_fd int fd = sys_openat2(dirfd, name, &how);

	if (fd >= 0 || errno != EXDEV || !across)
		return TAKE_FD(fd);
	how.resolve = RESOLVE_NO_SYMLINKS;
	fd = sys_openat2(dirfd, name, &how);
	if (fd >= 0 && is_kernels_own(fd)) {
		errno = EXDEV;
		return -1;
	}
	return TAKE_FD(fd);
}

static int enter(struct walk *w, const char *name, struct error *err)
{
	int fd = open_dir(w->levels[w->n - 1].fd, name, w->across), r;

	/* gone, replaced, or another file system */
	if (fd < 0 &&
	    (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV))
		return 0;
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s/%s",
				 w->path.data ? w->path.data : ".", name);
	r = extend_path(w, name, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	if (w->n > FDS_MAX)
		fd_cleanup_(&w->levels[w->n - 1].fd);
	return add_level(w, fd, err);
}

static int enter_next(struct walk *w, struct error *err)
{
	struct level *l = &w->levels[w->n - 1];
	cleanup_free char *name = xstrdup(l->subdirs.data + l->next);

	l->next += strlen(name) + 1;
	return enter(w, name, err);
}

static bool came_from(const struct level *l, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino;
}

/* Back to the level above. */
static void leave(struct walk *w)
{
	struct level *above = w->n > 1 ? &w->levels[w->n - 2] : NULL;

	if (above && above->fd < 0) {
		above->fd = openat(w->levels[w->n - 1].fd, "..",
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (above->fd >= 0 && !came_from(above, above->fd))
			fd_cleanup_(&above->fd);
	}
	drop_level(w);
	while (w->n && w->levels[w->n - 1].fd < 0)
		drop_level(w);
	if (w->n)
		cut_path(w, w->levels[w->n - 1].path_len);
}

static int run(struct walk *w, struct error *err)
{
	while (w->n) {
		struct level *l = &w->levels[w->n - 1];
		int r = 0;

		if (l->next < l->subdirs.len)
			r = enter_next(w, err);
		else
			leave(w);
		if (r < 0)
			return r;
	}
	return 0;
}

typedef int fs_visit(void *data, const struct fs_walk_entry *e, struct error *err);

static int walk(int dirfd, const char *top, struct walk *first, struct error *err)
{
	cleanup(walk_release) struct walk w = *first;
	struct fs_walk_entry entry = {.path = ".", .name = top, .dirfd = dirfd};
	struct stat st;
	int fd, r;

	buf_init(&w.path, PATH_TOP);
	if (fstatat(dirfd, top, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set(err, error_kind_of(errno), errno, "look at %s", top);
	}
	entry.st = &st;
	r = w.visit(w.data, &entry, err);
	if (r < 0 || r == FS_WALK_SKIP || !S_ISDIR(st.st_mode))
		return r < 0 ? r : 0;
	fd = openat(dirfd, top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", top);
	r = add_level(&w, fd, err);
	return r < 0 ? r : run(&w, err);
}

int fs_walk(int dirfd, const char *top, fs_visit *visit, void *data, struct error *err)
{
	struct walk w = {.visit = visit, .data = data};

	return walk(dirfd, top, &w, err);
}

int fs_walk_mounts(int dirfd, const char *top, fs_visit *visit, void *data,
		   struct error *err)
{
	struct walk w = {.visit = visit, .data = data, .across = true};

	return walk(dirfd, top, &w, err);
}

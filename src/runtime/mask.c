/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Directories are covered by one empty read-only tmpfs: the first
 * gets the mount itself, the others clones of it. Files are covered likewise by the
 * host's /dev/null, which rootfs_open() took and proved before anything of the container
 * existed: a /dev/null out of the root may be anything (CVE-2025-31133).
 *
 * Most paths are a name right below /proc. Once /proc is known to be a procfs, reached
 * without links, that name can be covered by dirfd and name alone: the kernel made the
 * entry, and move_mount(2) doesn't follow it. So a masked file costs three quick calls.
 * Longer names below /proc and /sys are resolved without links; any other path inside the
 * root. What isn't there needs no mask.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "runtime/mount_fs.h"
#include "runtime/rootfs.h"
#include "spec/spec.h"
#include "util/path.h"
#include "util/str.h"

/* A mount to cover paths with: attached at the first, cloned for the others. */
struct cover {
	int fd;
	bool attached;
};

/* /proc or /sys: its directory if it is what it is called. */
struct base {
	const char *path, *type;
	unsigned long magic;
	int fd; /* -EBADF: not there, or the user's own directory: no special care */
};

struct masker {
	const struct rootfs *r;
	struct base proc, sys;
	struct cover null, empty;
};

static void masker_release(struct masker *m)
{
	fd_cleanup_(&m->proc.fd);
	fd_cleanup_(&m->sys.fd);
	fd_cleanup_(&m->null.fd);
	fd_cleanup_(&m->empty.fd);
}

/* What is to be covered: name in dirfd, or dirfd itself (name ""). */
struct target {
	int dirfd;
	int own_fd; /* dirfd, if it is to be closed */
	const char *name;
};

static void target_release(struct target *t)
{
	fd_cleanup_(&t->own_fd);
}

/*
 * Where the plan mounted the real one, anything else in its place is an attack: refuse.
 * Otherwise (no /proc wanted, another file system bound there) it is a directory like
 * others.
 */
static int open_base(const struct rootfs *r, struct base *b, struct error *err)
{
	const struct mount_step *step = mount_plan_at(r->plan, b->path);
	bool claimed =
		step && step->kind == MOUNT_FILESYSTEM && str_eq(step->type, b->type);
	cleanup_fd int fd =
		path_open_nolink(r->root_fd, b->path, O_PATH | O_DIRECTORY, false, err);
	struct statfs st;

	if (fd >= 0 && fstatfs(fd, &st) == 0 && (unsigned long)st.f_type == b->magic) {
		b->fd = TAKE_FD(fd);
		return 0;
	}
	error_release(err);
	if (claimed)
		return error_set(err, ERR_DENIED, 0,
				 "%s is not the %s that was mounted there", b->path,
				 b->type);
	return 0;
}

static struct base *base_of(struct masker *m, const char *path)
{
	if (m->proc.fd >= 0 && str_starts(path, "/proc/"))
		return &m->proc;
	if (m->sys.fd >= 0 && str_starts(path, "/sys/"))
		return &m->sys;
	return NULL;
}

/* Return: 1 found, 0 not there, or -errno. `path` must outlive the target. */
static int find_target(struct masker *m, const char *path, struct target *ret,
		       struct error *err)
{
	const struct base *b = base_of(m, path);
	const char *rest = b ? path + strlen(b->path) + 1 : path;
	int fd;

	if (b == &m->proc && !strchr(rest, '/')) {
		*ret = (struct target){.dirfd = b->fd, .own_fd = -EBADF, .name = rest};
		return 1;
	}
	if (b)
		fd = path_open_nolink(b->fd, rest, O_PATH, false, err);
	else
		fd = path_open(m->r->root_fd, path, O_PATH, err);
	if (fd == -ENOENT || fd == -ENOTDIR) {
		error_release(err);
		return 0;
	}
	if (fd < 0)
		return fd;
	*ret = (struct target){.dirfd = fd, .own_fd = fd, .name = ""};
	return 1;
}

static int make_empty(struct masker *m, struct error *err)
{
	struct mount_fs fs = {
		.type = "tmpfs",
		.source = "none",
		.attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			 MOUNT_ATTR_NOEXEC,
		.label = mount_label(m->r->spec->linux->mount_label),
	};

	m->empty.fd = mount_fs_new(&fs, err);
	return m->empty.fd < 0 ? m->empty.fd : 0;
}

static int cover(struct cover *c, const struct target *t)
{
	cleanup_fd int clone_fd = c->attached ? mount_clone(c->fd, "", false) : -EBADF;

	if (c->attached && clone_fd < 0)
		return clone_fd;
	int r = mount_attach(c->attached ? clone_fd : c->fd, t->dirfd, t->name);
	if (r == 0)
		c->attached = true;
	return r;
}

static int mask_path(struct masker *m, const char *path, struct error *err)
{
	cleanup_free char *clean = path_clean(path);
	cleanup(target_release) struct target t = {.own_fd = -EBADF};
	struct stat st;
	int result = find_target(m, clean, &t, err);

	if (result <= 0)
		return result;
	if (fstatat(t.dirfd, t.name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : error_set(err, ERR_SYSTEM, errno, "look at it");
	bool is_dir = S_ISDIR(st.st_mode);
	result = is_dir && m->empty.fd < 0 ? make_empty(m, err) : 0;
	if (result < 0)
		return result;
	result = cover(is_dir ? &m->empty : &m->null, &t);
	return result < 0 ? error_set(err, ERR_SYSTEM, -result, "cover it") : 0;
}

/* Bound over itself as a tree, so that what is mounted below is read-only as well. Locked
 * flags stay. */
static int make_readonly(struct masker *m, const char *path, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY,
				  .propagation = MS_PRIVATE};
	cleanup_free char *clean = path_clean(path);
	cleanup(target_release) struct target t = {.own_fd = -EBADF};
	int result = find_target(m, clean, &t, err);

	if (result <= 0)
		return result;
	cleanup_fd int fd = mount_clone(t.dirfd, t.name, true);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "clone it");
	result = mount_set(fd, true, &attr);
	if (result == 0)
		result = mount_attach(fd, t.dirfd, t.name);
	return result < 0 ? error_set(err, ERR_SYSTEM, -result, "bind it") : 0;
}

int mask_apply(struct rootfs *r, struct error *err)
{
	const struct spec_linux *l = r->spec->linux;
	cleanup(masker_release) struct masker m = {
		.r = r,
		.proc = {"/proc", "proc", PROC_SUPER_MAGIC, -EBADF},
		.sys = {"/sys", "sysfs", SYSFS_MAGIC, -EBADF},
		.null = {.fd = r->null_fd},
		.empty = {.fd = -EBADF},
	};
	int result = 0;

	r->null_fd = -EBADF;
	if (!l->masked_paths && !l->readonly_paths)
		return 0;
	result = open_base(r, &m.proc, err);
	if (result == 0)
		result = open_base(r, &m.sys, err);
	for (char *const *p = l->masked_paths; result == 0 && p && *p; p++) {
		result = mask_path(&m, *p, err);
		if (result < 0)
			return error_wrap(err, "mask %s", *p);
	}
	for (char *const *p = l->readonly_paths; result == 0 && p && *p; p++) {
		result = make_readonly(&m, *p, err);
		if (result < 0)
			return error_wrap(err, "make %s read-only", *p);
	}
	return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of bind mounts: detached clones that carry all their attributes before they are
 * attached, so nothing of the container ever sees them without.
 *
 * A mount that came with our mount namespace from a more privileged one has locked flags:
 * ro, nosuid, nodev, noexec and the access-time mode cannot be taken off.
 * mount_setattr(2) changes only what it is told to, so they simply stay; a word that asks
 * for their removal is an error, not a wish. Source: mount_namespaces(7) 'Restrictions on
 * mount namespaces'.
 *
 * Opened by the parent (still in the host's mount namespace) a clone is a peer of the
 * host's mount, so it gets first what rootfs_open() gives to all mounts in the child.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "runtime/mount_fs.h"
#include "runtime/mount_idmap.h"
#include "runtime/mount_layers.h"
#include "runtime/rootfs.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define ATTR(...) (&(struct mount_attr){__VA_ARGS__})

static const char *fs_name(int fd)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = {
		{OVERLAYFS_SUPER_MAGIC, "overlay"},
		{PROC_SUPER_MAGIC, "proc"},
		{SYSFS_MAGIC, "sysfs"},
		{CGROUP2_SUPER_MAGIC, "cgroup2"},
		{CGROUP_SUPER_MAGIC, "cgroup"},
		{FUSE_SUPER_MAGIC, "fuse"},
		{NFS_SUPER_MAGIC, "nfs"},
		{TMPFS_MAGIC, "tmpfs"},
		{EXT4_SUPER_MAGIC, "ext4"},
		{XFS_SUPER_MAGIC, "xfs"},
		{BTRFS_SUPER_MAGIC, "btrfs"},
		{RAMFS_MAGIC, "ramfs"},
		{DEVPTS_SUPER_MAGIC, "devpts"},
		{V9FS_MAGIC, "9p"},
		{SMB2_SUPER_MAGIC, "cifs"},
		{MSDOS_SUPER_MAGIC, "vfat"},
		{F2FS_SUPER_MAGIC, "f2fs"},
		{EROFS_SUPER_MAGIC_V1, "erofs"},
		{SQUASHFS_MAGIC, "squashfs"},
	};
	struct statfs st;

	if (fstatfs(fd, &st) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (names[i].magic == (unsigned long)st.f_type)
				return names[i].name;
	return "of this type";
}

/* Which of the flags that the step clears are set on the mount, and so are locked. */
static const char *locked_word(int fd, uint64_t clear)
{
	static const struct {
		uint64_t attr;
		unsigned long flag;
		const char *words;
	} flags[] = {
		{MOUNT_ATTR_RDONLY, ST_RDONLY, "\"rw\": it is read-only"},
		{MOUNT_ATTR_NOSUID, ST_NOSUID, "\"suid\": it is nosuid"},
		{MOUNT_ATTR_NODEV, ST_NODEV, "\"dev\": it is nodev"},
		{MOUNT_ATTR_NOEXEC, ST_NOEXEC, "\"exec\": it is noexec"},
	};
	struct statvfs st;

	if (fstatvfs(fd, &st) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			if ((clear & flags[i].attr) && (st.f_flag & flags[i].flag))
				return flags[i].words;
	if (clear & MOUNT_ATTR__ATIME)
		return "another access-time mode: that of the host is fixed";
	return NULL;
}

static int change(int fd, bool recursive, const struct mount_attr *attr,
		  struct error *err)
{
	int r = mount_set(fd, recursive, attr);

	if (r == 0)
		return 0;
	const char *words = r == -EPERM ? locked_word(fd, attr->attr_clr) : NULL;
	if (!words)
		return error_set(err, ERR_SYSTEM, -r, "set the flags of the mount");
	(void)error_set(err, ERR_DENIED, EPERM,
			"the source cannot be mounted %s on the host", words);
	return error_hint(
		err,
		"leave the word out of the mount's options, or have root change the host's mount");
}

static int set_idmap(int fd, const struct mount_step *step, int user_ns_fd,
		     struct error *err)
{
	int r = mount_set(
		fd, step->idmap_recursive,
		ATTR(.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_ns_fd));

	if (r == 0)
		return 0;
	if (r == -EINVAL) {
		(void)error_set(err, ERR_UNSUPPORTED, EINVAL,
				"file systems %s cannot be idmapped by this kernel (%s)",
				fs_name(fd), step->source);
		return error_hint(
			err,
			"instead of \"idmap\" give the files to the container's ids: the option U of a volume, or chown");
	}
	if (r == -EPERM)
		return error_set(err, ERR_DENIED, EPERM,
				 "idmap %s: only root may idmap the host's file systems",
				 step->source);
	return error_set(err, ERR_SYSTEM, -r, "idmap %s", step->source);
}

static int set_propagation(int fd, const struct mount_step *s, bool of_host,
			   struct error *err)
{
	int r = 0;

	if (of_host && s->base_propagation)
		r = mount_set(fd, true, ATTR(.propagation = s->base_propagation));
	if (r == 0 && s->propagation && s->propagation != s->base_propagation)
		r = mount_set(fd, s->propagation_recursive,
			      ATTR(.propagation = s->propagation));
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set the propagation of the mount");
	return 0;
}

static int set_flags(int fd, const struct mount_step *s, struct error *err)
{
	int r = 0;

	if (s->rec_attr_set | s->rec_attr_clear)
		r = change(
			fd, true,
			ATTR(.attr_set = s->rec_attr_set, .attr_clr = s->rec_attr_clear),
			err);
	if (r == 0 && (s->attr_set | s->attr_clear))
		r = change(fd, false,
			   ATTR(.attr_set = s->attr_set, .attr_clr = s->attr_clear), err);
	return r;
}

static int explain_open(const char *path, const struct mount_step *step, int code,
			struct error *err)
{
	if (code == ENOENT || code == ENOTDIR) {
		(void)error_set(err, ERR_NOT_FOUND, code, "source %s", path);
		return error_hint(err, "make it first: mkdir -p '%s'", path);
	}
	if (code == EACCES) {
		(void)error_set(err, ERR_DENIED, code, "source %s", path);
		return error_hint(
			err,
			"the user who starts the container must be able to reach it");
	}
	if (code == EPERM && step->idmap)
		return error_set(err, ERR_DENIED, code,
				 "idmap %s: only root may idmap the host's file systems",
				 path);
	if (code == EINVAL && !step->recursive) {
		(void)error_set(
			err, ERR_INVALID, code,
			"source %s: it has mounts below that must not be uncovered",
			path);
		return error_hint(err, "use \"rbind\" instead of \"bind\"");
	}
	return error_set(err, ERR_SYSTEM, code, "source %s", path);
}

/* To be read later by somebody who may not open it. */
static int open_file(const char *path, const struct mount_step *step, struct error *err)
{
	struct stat st;
	cleanup_fd int fd =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return explain_open(path, step, errno, err);
	return S_ISREG(st.st_mode) ? TAKE_FD(fd)
				   : error_set(err, ERR_INVALID, 0,
					       "source %s: not a regular file", path);
}

/* The clone as it lies on the host, no attribute changed. */
static int clone_source(const struct mount_step *step, const char *bundle,
			struct error *err)
{
	cleanup_free char *path = path_is_absolute(step->source)
					  ? xstrdup(step->source)
					  : fs_join(bundle, step->source);
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

	if (step->copy_file)
		return open_file(path, step, err);
	if (step->recursive)
		flags |= AT_RECURSIVE;
	if (step->nofollow || step->copy_symlink)
		flags |= AT_SYMLINK_NOFOLLOW;
	int fd = sys_open_tree(AT_FDCWD, path, flags);
	if (fd < 0)
		return explain_open(path, step, errno, err);
	return fd;
}

int mount_source_open(const struct mount_step *step, const char *bundle, int user_ns_fd,
		      struct error *err)
{
	cleanup_fd int own_ns_fd = -EBADF;
	cleanup_fd int fd = clone_source(step, bundle, err);
	int r = fd < 0 || step->copy_file ? fd : set_propagation(fd, step, true, err);

	if (r < 0 || step->copy_file)
		return r < 0 ? r : TAKE_FD(fd);
	if (step->idmap && step->uids.n_lines) {
		own_ns_fd = mount_idmap_ns(&step->uids, &step->gids, err);
		if (own_ns_fd < 0)
			return own_ns_fd;
		user_ns_fd = own_ns_fd;
	}
	if (step->idmap && user_ns_fd < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"idmap without mappings: the container has no user namespace of its own to take them from");
	if (step->idmap)
		r = set_idmap(fd, step, user_ns_fd, err);
	if (r == 0)
		r = set_flags(fd, step, err);
	return r < 0 ? r : TAKE_FD(fd);
}

int mount_open_sources(struct rootfs *r, struct error *err)
{
	for (size_t i = 0; i < r->plan->n_steps; i++) {
		const struct mount_step *step = &r->plan->steps[i];
		if (mount_is_layers(step) && r->step_dirs[i].n_lower == 0) {
			int k = mount_layers_open(step, &r->step_dirs[i], err);

			if (k < 0)
				return error_wrap(err, "mount %s", step->destination);
		}
		if (step->kind != MOUNT_BIND || r->source_fds[i] >= 0)
			continue;
		if (step->idmap)
			return error_set(
				err, ERR_DENIED, EPERM,
				"mount %s: only root may idmap the host's file systems",
				step->destination);
		cleanup_fd int fd = clone_source(step, r->bundle, err);
		int result = fd < 0 ? fd : 0;
		if (result == 0 && !step->copy_file)
			result = set_propagation(fd, step, false, err);
		if (result == 0 && !step->copy_file)
			result = set_flags(fd, step, err);
		if (result < 0)
			return error_wrap(err, "mount %s", step->destination);
		r->source_fds[i] = TAKE_FD(fd);
	}
	return 0;
}

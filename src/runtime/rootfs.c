/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The host's mounts are in our mount namespace as copies. First they
 * stop telling the host what we do. A detached clone of root.path then becomes the root:
 * it is attached on root.path itself (mount_apply), where hooks expect to find it, once
 * the sources of the binds are opened, so that a bind of the host's / does not hold the
 * container in itself.
 *
 * With rootfsPropagation shared the host's mounts stay its peers (a bind with propagation
 * shared shall reach it). Then the clone, the mount that root.path lies on, and at the
 * end the old root are made private one by one: or our mounts would appear on the host,
 * and the detaching of the old root would unmount it there.
 *
 * pivot_root(".", ".") puts the old root on top of the new one without needing a
 * directory for it; one detaching umount and it is gone. --no-pivot is for a host that
 * runs from an initramfs, which can't be pivoted: the root is moved over / and entered.
 * The host's mounts stay below, so its proc and sysfs are taken away before: they would
 * be the way out.
 */
#include "runtime/rootfs.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/mount_fs.h"
#include "runtime/rootfs_nopivot.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define ATTR(...) (&(struct mount_attr){__VA_ARGS__})

static char *root_path(const struct spec *spec, const char *bundle)
{
	return path_is_absolute(spec->root->path) ? xstrdup(spec->root->path)
						  : fs_join(bundle, spec->root->path);
}

static int open_root_path(const struct spec *spec, const char *bundle, struct error *err)
{
	cleanup_free char *path = root_path(spec, bundle);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	int code = errno;
	if (code == ENOENT || code == ENOTDIR) {
		(void)error_set(err, ERR_NOT_FOUND, code, "root file system %s", path);
		return error_hint(
			err, "it must be a directory that holds the container's files");
	}
	(void)error_set(err, ERR_SYSTEM, code, "open the root file system %s", path);
	if (code == EACCES)
		return error_hint(
			err,
			"the user who starts the container must be able to search every directory of that path");
	return -code;
}

int rootfs_source_open(const struct spec *spec, const char *bundle, struct error *err)
{
	cleanup_fd int path_fd = open_root_path(spec, bundle, err);

	if (path_fd < 0)
		return path_fd;
	cleanup_fd int fd = mount_clone(path_fd, "", true);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "clone the root file system");
	int r = mount_set(fd, true, ATTR(.propagation = MS_PRIVATE));
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "make the root file system private");
	return TAKE_FD(fd);
}

int rootfs_source_idmap(int root_fd, const struct spec *spec, int user_ns_fd,
			struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP,
				  .userns_fd = (uint64_t)user_ns_fd};
	int r = mount_set(root_fd, true, &attr);

	if (r == -EINVAL)
		r = mount_set(root_fd, false, &attr);
	if (r == 0)
		return 0;
	if (r != -EINVAL)
		return error_set(err, ERR_SYSTEM, -r,
				 "show the owners of %s through the container's map",
				 spec->root->path);
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"root file system %s: its owners are none of the container's ids, and its file system can't show others",
		spec->root->path);
	return error_hint(
		err,
		"Use the host's ids with --userns=host, give the container the ids that the files have (--uidmap), or copy the directory to ext4, xfs, btrfs or a tmpfs");
}

static int cut_propagation(const struct rootfs *r, struct error *err)
{
	struct mount_attr attr = {.propagation = r->plan->host_propagation};

	if (attr.propagation && sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep our mounts from the host");
	return 0;
}

/* With shared propagation: the mount that holds place_fd, found by climbing to its top
 * directory. */
static int make_parent_private(int place_fd, struct error *err)
{
	cleanup_fd int fd = fcntl(place_fd, F_DUPFD_CLOEXEC, 3);
	struct statx stx;

	for (;;) {
		if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) < 0)
			return error_set(
				err, ERR_SYSTEM, errno,
				"find the mount that holds the root file system");
		if (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT)
			break;
		int up_fd = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd_cleanup_(&fd);
		fd = up_fd;
	}
	int r = mount_set(fd, false, ATTR(.propagation = MS_PRIVATE));
	if (r < 0)
		return error_set(
			err, ERR_SYSTEM, -r,
			"make the mount that holds the root file system private");
	return 0;
}

/* Where the root will be attached. A parent's clone needs no path: / will do if it can't
 * be reached. */
static int open_place(struct rootfs *r, struct error *err)
{
	if (r->pre_root_fd == AT_FDCWD)
		r->place_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		r->place_fd = open_root_path(r->spec, r->bundle, err);
	if (r->place_fd < 0 &&
	    (r->pre_root_fd >= 0 || (r->overlay && r->overlay->mapped))) {
		error_drop(err, "attach the root to /");
		r->place_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (r->place_fd < 0 && !error_is_set(err))
		return error_set(err, ERR_SYSTEM, errno, "open the root file system");
	return r->place_fd < 0 ? r->place_fd : 0;
}

static int clone_root(struct rootfs *r, struct error *err)
{
	if (r->overlay && !r->root_is_given && !r->overlay->mapped)
		return overlay_open(r->overlay, &r->overlay_dirs, err);
	if (r->overlay)
		return 0;
	if (r->pre_root_fd >= 0) {
		r->root_fd = TAKE_FD(r->pre_root_fd);
		return 0;
	}
	cleanup_fd int fd = mount_clone(r->place_fd, "", true);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "clone the root file system %s",
				 r->spec->root->path);
	/* Private as long as it is built, and for good unless rootfsPropagation says
	 * otherwise. */
	if (r->plan->host_propagation != MS_PRIVATE &&
	    r->plan->root_propagation != MS_SLAVE) {
		int result = mount_set(fd, true, ATTR(.propagation = MS_PRIVATE));
		if (result < 0)
			return error_set(err, ERR_SYSTEM, -result,
					 "make the root file system private");
	}
	r->root_fd = TAKE_FD(fd);
	return 0;
}

/* Only the host's own, and only if it is what it is called (CVE-2025-31133). */
static int open_null(struct rootfs *r, struct error *err)
{
	struct stat st;

	if (!r->spec->linux->masked_paths)
		return 0;
	cleanup_fd int fd =
		sys_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the host's /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return error_set(err, ERR_DENIED, 0,
				 "the host's /dev/null is another file");
	/* Read-only, or a container's root without a user namespace could chmod the
	 * host's node through it. */
	int result = mount_set(fd, false,
			       ATTR(.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC,
				    .propagation = MS_PRIVATE));
	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result, "clone the host's /dev/null");
	r->null_fd = TAKE_FD(fd);
	return 0;
}

int rootfs_open(struct rootfs *r, struct error *err)
{
	r->place_fd = r->null_fd = -EBADF;
	int result = cut_propagation(r, err);

	if (result == 0)
		result = open_place(r, err);
	if (result == 0 && r->plan->host_propagation == 0)
		result = make_parent_private(r->place_fd, err);
	if (result == 0)
		result = clone_root(r, err);
	if (result == 0)
		result = open_null(r, err);
	return result;
}

int rootfs_mount_overlay(struct rootfs *r, struct error *err)
{
	int result = 0;

	if (!r->overlay || r->root_is_given)
		return 0;
	if (r->overlay->mapped)
		result = overlay_attach(&r->overlay_dirs, r->place_fd, err);
	if (result == 0)
		result = r->root_fd = overlay_mount(&r->overlay_dirs, err);
	if (result >= 0 && r->overlay->mapped)
		result = overlay_detach(&r->overlay_dirs, err);
	overlay_dirs_release(&r->overlay_dirs);
	return result < 0 ? result : 0;
}

static int pivot(struct rootfs *r, struct error *err)
{
	cleanup_fd int old_root_fd = -EBADF;

	if (r->plan->host_propagation == 0) {
		old_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (old_root_fd < 0)
			return error_set(err, ERR_SYSTEM, errno, "open the old root");
	}
	if (fchdir(r->root_fd) < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter the root file system");
	if (sys_pivot_root(".", ".") < 0) {
		(void)error_set(err, ERR_SYSTEM, errno, "pivot_root");
		if (err->code == EINVAL)
			return error_hint(
				err,
				"on a host that runs from an initramfs use --no-pivot");
		return -err->code;
	}
	int result = old_root_fd < 0 ? 0
				     : mount_set(old_root_fd, true,
						 ATTR(.propagation = MS_PRIVATE));
	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result,
				 "keep the unmount from the host");
	/* "." is the new root; what is mounted on top of it, the old one, is what goes.
	 */
	if (sys_umount2(".", MNT_DETACH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "detach the old root");
	return 0;
}

int rootfs_enter(struct rootfs *r, struct error *err)
{
	int result = r->no_pivot ? rootfs_enter_nopivot(r->root_fd, r->host_proc_fd, err)
				 : pivot(r, err);

	if (result < 0)
		return result;
	if (chdir("/") < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter /");
	return 0;
}

int rootfs_seal(struct rootfs *r, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < r->plan->n_steps; i++) {
		const struct mount_step *s = &r->plan->steps[i];
		cleanup_fd int fd = s->late_readonly ? TAKE_FD(r->source_fds[i]) : -EBADF;
		if (fd >= 0)
			result =
				mount_set(fd, false, ATTR(.attr_set = MOUNT_ATTR_RDONLY));
		if (result < 0)
			return error_set(err, ERR_SYSTEM, -result, "make %s read-only",
					 s->destination);
	}
	if (r->spec->root->readonly)
		result =
			mount_set(r->root_fd, false, ATTR(.attr_set = MOUNT_ATTR_RDONLY));
	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result, "make the root read-only");
	if (r->plan->root_propagation)
		result = mount_set(r->root_fd, r->plan->root_propagation_recursive,
				   ATTR(.propagation = r->plan->root_propagation));
	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result, "set the root's propagation");
	return 0;
}

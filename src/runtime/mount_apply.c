/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A step has two ends: a detached mount, complete with its flags,
 * and an fd of what it goes on. That fd was resolved inside the root (util/path), so no
 * symlink, no ".." and no process that renames directories in a shared volume meanwhile
 * can lead it out: the mount lands on what was opened, wherever that is by now, and never
 * on a path (CVE-2021-30465).
 *
 * Some places must be exactly what they are called: /proc, /sys and /dev are opened
 * without following any link (CVE-2019-19921, CVE-2023-27561), and nothing but a few
 * known files may cover part of a procfs: all later writes through it (labels, sysctl)
 * would be led astray (CVE-2019-16884, CVE-2025-52881).
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "runtime/copy_up.h"
#include "runtime/mount_fill.h"
#include "runtime/mount_fs.h"
#include "runtime/mount_kernel.h"
#include "runtime/mount_layers.h"
#include "runtime/mount_made.h"
#include "runtime/rootfs.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define MADE_DIR_MODE  0755
#define MADE_FILE_MODE 0644

static bool is_proc(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == PROC_SUPER_MAGIC;
}

static bool must_be_plain(const struct mount_step *s)
{
	return str_eq(s->target, "/dev") || str_eq(s->target, "/proc") ||
	       str_eq(s->target, "/sys") ||
	       (s->kind == MOUNT_FILESYSTEM &&
		(str_eq(s->type, "proc") || str_eq(s->type, "sysfs")));
}

static int open_plain(const struct rootfs *r, const char *path, struct error *err)
{
	int fd = path_open_nolink(r->root_fd, path, O_PATH, false, err);

	if (fd == -ELOOP)
		return error_set(err, ERR_DENIED, ELOOP,
				 "%s is a symbolic link in the root file system", path);
	return fd;
}

/* Below /proc the kernel's own links (net, self) may be followed, once /proc is known to
 * be a procfs. */
static int open_below_proc(const struct rootfs *r, const char *path, struct error *err)
{
	cleanup_fd int proc_fd = open_plain(r, "/proc", err);

	if (proc_fd < 0)
		return proc_fd;
	if (!is_proc(proc_fd))
		return error_set(err, ERR_INVALID, 0, "/proc is not a procfs");
	return path_open(proc_fd, path + strlen("/proc/"), O_PATH, err);
}

static int open_existing(const struct rootfs *r, const struct mount_step *s,
			 struct error *err)
{
	if (str_starts(s->target, "/proc/"))
		return open_below_proc(r, s->target, err);
	if (must_be_plain(s))
		return open_plain(r, s->target, err);
	return path_open(r->root_fd, s->target,
			 O_PATH | (s->dest_nofollow ? O_NOFOLLOW : 0), err);
}

static int open_made(const struct rootfs *r, const struct mount_step *s, bool is_dir,
		     struct error *err)
{
	size_t n_missing = mount_made_count(r, s->target);
	int fd = is_dir ? path_make_dir(r->root_fd, s->target, MADE_DIR_MODE, err)
			: path_make_file(r->root_fd, s->target, MADE_FILE_MODE, err);
	int result = fd < 0 ? 0 : mount_made_tell(r, fd, n_missing, err);

	if (result < 0) {
		close(fd);
		return result;
	}
	if (fd == -EROFS)
		return error_hint(
			err,
			"make %s in the root file system, or do not mount it read-only",
			s->target);
	if (fd < 0 || !must_be_plain(s))
		return fd;
	close(fd);
	return open_existing(r, s, err);
}

/* By what was really opened: a name such as /x -> /proc/self was not seen by the plan. */
static int check_place(const struct mount_step *s, int fd, struct error *err)
{
	if (s->kind == MOUNT_REMOUNT || !is_proc(fd) || str_eq(s->target, "/proc") ||
	    str_starts(s->target, "/proc/"))
		return 0;
	return error_set(err, ERR_DENIED, 0, "%s lies inside a procfs", s->target);
}

static int open_destination(const struct rootfs *r, const struct mount_step *s,
			    bool is_dir, bool *ret_made, struct error *err)
{
	cleanup_fd int fd = open_existing(r, s, err);

	*ret_made = false;
	if (fd == -ENOENT && s->kind != MOUNT_REMOUNT &&
	    !str_starts(s->target, "/proc/")) {
		error_release(err);
		*ret_made = true;
		fd = open_made(r, s, is_dir, err);
	}
	int result = fd < 0 ? fd : check_place(s, fd, err);
	return result < 0 ? result : TAKE_FD(fd);
}

static int attach(int mount_fd, int target_fd, bool is_dir, struct error *err)
{
	struct stat st;
	int r = mount_attach(mount_fd, target_fd, NULL);

	if (r == 0)
		return 0;
	if (fstat(target_fd, &st) == 0 && S_ISDIR(st.st_mode) != is_dir)
		return error_set(err, ERR_INVALID, is_dir ? ENOTDIR : EISDIR,
				 "the source is a %s, the destination a %s",
				 is_dir ? "directory" : "file",
				 is_dir ? "file" : "directory");
	return error_set(err, ERR_SYSTEM, -r, "attach");
}

static int set_propagation(int mount_fd, const struct mount_step *s, struct error *err)
{
	struct mount_attr attr = {.propagation = s->propagation};

	if (s->kind == MOUNT_BIND || s->propagation == 0 || s->propagation == MS_PRIVATE)
		return 0; /* a bind has it already, a new mount is private */
	int r = mount_set(mount_fd, s->propagation_recursive, &attr);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "set propagation") : 0;
}

/* A source that is a symlink is made again in the root, where nothing is there yet. */
static int copy_symlink(const struct rootfs *r, const struct mount_step *s, int source_fd,
			struct error *err)
{
	char link[4096], there[4096];
	cleanup_fd int parent_fd = -EBADF;
	cleanup_free char *name = NULL;
	ssize_t n = readlinkat(source_fd, "", link, sizeof(link) - 1);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the link %s", s->source);
	link[n] = '\0';
	int result =
		path_open_parent(r->root_fd, s->target, true, &parent_fd, &name, err);
	if (result < 0 || symlinkat(link, parent_fd, name) == 0)
		return result;
	int code = errno;
	if (code == EEXIST && readlinkat(parent_fd, name, there, sizeof(there)) == n &&
	    memcmp(there, link, (size_t)n) == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, code, "copy the link %s", s->source);
}

static int check_proc_source(const struct mount_step *s, int source_fd, struct error *err)
{
	if (!str_eq(s->target, "/proc") || is_proc(source_fd))
		return 0;
	return error_set(err, ERR_DENIED, 0, "/proc can only be a procfs, and %s is none",
			 s->source);
}

static int apply_bind(struct rootfs *r, size_t i, struct error *err)
{
	const struct mount_step *s = &r->plan->steps[i];
	cleanup_fd int source_fd = TAKE_FD(r->source_fds[i]);
	cleanup_fd int target_fd = -EBADF;
	struct stat st;
	bool made;

	if (source_fd >= 0 && s->subpath) {
		int part_fd = mount_part(s->subpath, source_fd, r->root_fd, err);

		fd_cleanup_(&source_fd);
		source_fd = part_fd;
		if (part_fd < 0)
			return part_fd;
	}
	if (source_fd < 0 || fstat(source_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, EBADF, "the source was not opened");
	if (s->copy_symlink && S_ISLNK(st.st_mode))
		return copy_symlink(r, s, source_fd, err);
	int result = check_proc_source(s, source_fd, err);
	if (result < 0)
		return result;
	target_fd = open_destination(r, s, S_ISDIR(st.st_mode), &made, err);
	if (target_fd < 0)
		return target_fd;
	if (s->fill && S_ISDIR(st.st_mode))
		result =
			mount_fill(r->spec, s, made ? -EBADF : target_fd, source_fd, err);
	if (s->copy_file) {
		int copy_fd = mount_file_copy(s, source_fd, err);

		fd_cleanup_(&source_fd);
		result = source_fd = copy_fd;
	}
	if (result < 0)
		return result;
	return attach(source_fd, target_fd, S_ISDIR(st.st_mode), err);
}

/* A part of layers may be a file. Clones need a place to be mounted at all, which is a directory. */
static int apply_layers(struct rootfs *r, size_t i, struct error *err)
{
	const struct mount_step *s = &r->plan->steps[i];
	cleanup_fd int fd = mount_layers_mount(s, &r->step_dirs[i], r->root_fd, err);
	cleanup_fd int target_fd = -EBADF;
	struct stat st;
	bool made;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at the layers");
	target_fd = open_destination(r, s, S_ISDIR(st.st_mode), &made, err);
	return target_fd < 0 ? target_fd
			     : attach(fd, target_fd, S_ISDIR(st.st_mode), err);
}

static int apply_new(struct rootfs *r, size_t i, struct error *err)
{
	const struct mount_step *s = &r->plan->steps[i];

	if (mount_is_layers(s) && !r->step_dirs[i].are_clones)
		return apply_layers(r, i, err);
	bool made;
	cleanup_fd int target_fd = open_destination(r, s, true, &made, err);

	if (target_fd < 0)
		return target_fd;
	cleanup_fd int fd = -EBADF;
	if (mount_is_layers(s))
		fd = mount_layers_mount(s, &r->step_dirs[i], target_fd, err);
	else if (s->kind == MOUNT_CGROUP)
		fd = mount_cgroup_new(r, s, err);
	else
		fd = mount_kernel_new(r, s, target_fd, made, err);
	int result = fd < 0 ? fd : 0;
	if (result == 0 && s->fill)
		result = copy_up(target_fd, fd, err);
	if (result == 0)
		result = attach(fd, target_fd, true, err);
	if (result == 0)
		result = set_propagation(fd, s, err);
	if (result == 0 && s->late_readonly)
		r->source_fds[i] = TAKE_FD(fd); /* rootfs_seal() needs it once more */
	return result;
}

static int apply_remount(struct rootfs *r, size_t i, struct error *err)
{
	const struct mount_step *s = &r->plan->steps[i];
	struct mount_attr top = {.attr_set = s->attr_set,
				 .attr_clr = s->attr_clear,
				 .propagation =
					 s->propagation_recursive ? 0 : s->propagation};
	struct mount_attr tree = {.attr_set = s->rec_attr_set,
				  .attr_clr = s->rec_attr_clear,
				  .propagation =
					  s->propagation_recursive ? s->propagation : 0};
	bool made;
	cleanup_fd int fd = open_destination(r, s, true, &made, err);

	if (fd < 0)
		return fd;
	int result = mount_set(fd, false, &top);
	if (result == 0)
		result = mount_set(fd, true, &tree);
	if (result == -EINVAL)
		return error_set(err, ERR_INVALID, 0,
				 "remount: nothing is mounted there");
	return result < 0 ? error_set(err, ERR_SYSTEM, -result, "remount") : 0;
}

static int apply_step(struct rootfs *r, size_t i, struct error *err)
{
	switch (r->plan->steps[i].kind) {
	case MOUNT_BIND:
		return apply_bind(r, i, err);
	case MOUNT_REMOUNT:
		return apply_remount(r, i, err);
	case MOUNT_FILESYSTEM:
	case MOUNT_CGROUP:
		break;
	}
	return apply_new(r, i, err);
}

int mount_apply(struct rootfs *r, struct error *err)
{
	int result = mount_attach(r->root_fd, r->place_fd, NULL);

	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result,
				 "mount the root file system %s", r->spec->root->path);
	fd_cleanup_(&r->place_fd);
	r->place_fd = -EBADF;
	for (size_t i = 0; i < r->plan->n_steps; i++) {
		result = apply_step(r, i, err);
		if (result < 0)
			return error_wrap(err, "mount %s", r->plan->steps[i].destination);
	}
	return 0;
}

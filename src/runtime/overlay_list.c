/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of layers is one value, and only mount(2) has room for a long one: a page. It makes no
 * detached mount, but mounts on a directory, where others would see it. So a process is forked that has
 * a mount namespace for itself, where the overlay lies over the root for a moment; a detached clone of
 * it is sent back, and the namespace is gone with the process.
 *
 * These kernels take layers from mounts of the own namespace only. So each layer is cloned here, where
 * its mount is, and the clone is attached there (on the root, one over the other; fds reach them all).
 * The upper directory and the work directory must be of one mount, hence their parent is cloned. The
 * working directory is /proc/self/fd, so that a layer's name is its fd's number and a page has room for
 * as many layers as overlayfs takes.
 *
 * With a holder_fd all that has been done: the namespace is the container's own, and everything is
 * attached in it (overlay_attach()). The init may then not search the directories above the upper one.
 */
#include "runtime/overlay.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "runtime/mount_fs.h"
#include "runtime/sandbox.h"
#include "runtime/sync.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sys.h"

#define LIST_MAX 4000 /* of the page that mount(2) takes */

struct list_job {
	struct overlay_dirs
		dirs;  /* fds are the same as the caller's, or copies in the child */
	int parent_fd; /* clone of what holds the upper and the work directory */
	int result_fd; /* socket that the mount is sent on */
};

/* Nobody's peer: what will be mounted on it stays there. */
static int clone_dir(int dirfd, const char *name, struct error *err)
{
	struct mount_attr attr = {.propagation = MS_PRIVATE};
	cleanup_fd int fd = mount_clone(dirfd, name, false);
	int r = fd < 0 ? fd : mount_set(fd, false, &attr);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "clone a layer");
	return TAKE_FD(fd);
}

static int replace(int fd, int by_fd, struct error *err)
{
	if (dup3(by_fd, fd, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep a layer's clone");
	return 0;
}

/* A clone takes its layer's place: there may be no room for as many fds again. */
static int clone_all(struct list_job *job, struct error *err)
{
	const struct overlay_dirs *d = &job->dirs;

	for (size_t i = 0; i < d->n_lower; i++) {
		cleanup_fd int fd = clone_dir(d->lower_fds[i], "", err);
		int r = fd < 0 ? fd : replace(d->lower_fds[i], fd, err);

		if (r < 0)
			return r;
	}
	if (d->upper_fd >= 0)
		job->parent_fd = clone_dir(d->upper_fd, "..", err);
	return d->upper_fd >= 0 && job->parent_fd < 0 ? job->parent_fd : 0;
}

/* The same directory, found again below a clone of its parent. */
static int find_again(int parent_fd, int fd, struct error *err)
{
	cleanup_free char *path = fd_path(fd);
	const char *slash = strrchr(path, '/');
	cleanup_fd int again_fd = openat(parent_fd, slash ? slash + 1 : path,
					 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat old, new;

	if (again_fd < 0 || fstat(fd, &old) < 0 || fstat(again_fd, &new) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s once more", path);
	if (old.st_dev != new.st_dev || old.st_ino != new.st_ino)
		return error_set(err, ERR_CONFLICT, 0,
				 "open %s once more: it was replaced", path);
	return replace(fd, again_fd, err);
}

/* Into the mount namespace that is the process's own. */
static int attach_all(const struct list_job *job, struct error *err)
{
	const struct overlay_dirs *d = &job->dirs;
	cleanup_fd int place_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = place_fd < 0 ? -errno : 0;

	for (size_t i = 0; r >= 0 && i < d->n_lower; i++)
		r = mount_attach(d->lower_fds[i], place_fd, NULL);
	if (r >= 0 && d->upper_fd >= 0)
		r = mount_attach(job->parent_fd, place_fd, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "attach the layers");
	if (d->upper_fd < 0)
		return 0;
	r = find_again(job->parent_fd, d->upper_fd, err);
	return r < 0 ? r : find_again(job->parent_fd, d->work_fd, err);
}

/* "userxattr,upperdir=8,workdir=9,lowerdir=5:6:7" */
static int list_options(const struct overlay_dirs *d, struct buf *text, struct error *err)
{
	buf_init(text, LIST_MAX);
	buf_add_str(text, "userxattr");
	if (d->upper_fd >= 0)
		buf_printf(text, ",upperdir=%d,workdir=%d%s", d->upper_fd, d->work_fd,
			   d->is_volatile ? ",volatile" : "");
	for (size_t i = 0; i < d->n_lower; i++)
		buf_printf(text, "%s%d", i ? ":" : ",lowerdir=", d->lower_fds[i]);
	if (text->overflow)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"mount an overlay of %zu layers: too many for this kernel",
			d->n_lower);
	return 0;
}

static int mount_here(const struct overlay_dirs *d, struct error *err)
{
	cleanup_buf struct buf options = {0};
	int r = list_options(d, &options, err);

	if (r < 0)
		return r;
	if (chdir("/proc/self/fd") < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter /proc/self/fd");
	if (mount("overlay", "/", "overlay", 0, options.data) < 0)
		return error_set(err, ERR_SYSTEM, errno, "mount the overlay");
	/* what lies over our root is not seen through "/" */
	int fd = sys_open_tree(AT_FDCWD, "/..", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "clone the overlay") : fd;
}

static int run_job(void *data, struct error *err)
{
	const struct list_job *job = data;
	bool own = job->dirs.holder_fd < 0;
	int r = own ? attach_all(job, err) : 0;
	cleanup_fd int fd = r < 0 ? r : mount_here(&job->dirs, err);

	if (fd >= 0 && !own && umount2("/..", MNT_DETACH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "unmount the overlay");
	return fd < 0 ? fd : sync_send(job->result_fd, SYNC_READY, fd, err);
}

int overlay_mount_list(const struct overlay_dirs *d, struct error *err)
{
	const struct idmap same = {0};
	struct list_job job = {.dirs = *d, .parent_fd = -EBADF};
	const struct sandbox_options options = {
		.uids = &same,
		.gids = &same,
		.new_flags = d->holder_fd < 0 ? CLONE_NEWNS : 0,
		.run = run_job,
		.data = &job,
	};
	cleanup_fd int ours_fd = -EBADF, theirs_fd = -EBADF, parent_fd = -EBADF;
	int pair[2], fd = -EBADF;
	int r = sync_pair(pair, err);

	if (r < 0)
		return r;
	ours_fd = pair[0];
	job.result_fd = theirs_fd = pair[1];
	r = d->holder_fd < 0 ? clone_all(&job, err) : 0;
	parent_fd = job.parent_fd;
	if (r == 0)
		r = sandbox_call(&options, err);
	if (r < 0)
		return r;
	fd_cleanup_(&theirs_fd);
	r = sync_expect(ours_fd,
			&(struct sync_expectation){.message = SYNC_READY,
						   .peer = "the helper process",
						   .ret_fd = &fd},
			err);
	return r < 0 ? r : fd;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers are named by /proc/self/fd/N: fsconfig(2) takes 255 bytes a value, and paths may be
 * longer. With "lowerdir+" (Linux 6.8) each is an option of its own; overlay_list.c is for kernels
 * before that.
 */
#include "runtime/overlay.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "runtime/mount_fs.h"
#include "runtime/outer_container.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

void overlay_dirs_release(struct overlay_dirs *d)
{
	for (size_t i = 0; i < d->n_lower; i++)
		fd_cleanup_(&d->lower_fds[i]);
	free(d->lower_fds);
	fd_cleanup_(&d->data_fd);
	fd_cleanup_(&d->holder_fd);
	fd_cleanup_(&d->upper_fd);
	fd_cleanup_(&d->work_fd);
	*d = OVERLAY_DIRS_INIT;
}

static int open_dir(const char *path, const char *what, struct error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open the %s %s", what,
				 path);
	return fd;
}

int overlay_open(const struct overlay_paths *paths, struct overlay_dirs *ret,
		 struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs d = OVERLAY_DIRS_INIT;

	d.is_volatile = paths->is_volatile;
	d.lower_fds = xcalloc(strv_len(paths->lower) + 1, sizeof(*d.lower_fds));
	strv_foreach (path, paths->lower) {
		int fd = open_dir(*path, "layer", err);

		if (fd < 0)
			return fd;
		d.lower_fds[d.n_lower++] = fd;
	}
	if (paths->upper) {
		d.upper_fd = open_dir(paths->upper, "writable layer", err);
		if (d.upper_fd < 0)
			return d.upper_fd;
		d.work_fd = open_dir(paths->work, "overlay's work directory", err);
		if (d.work_fd < 0)
			return d.work_fd;
	}
	*ret = d;
	d = OVERLAY_DIRS_INIT;
	return 0;
}

static void add_option(char ***options, const char *key, int fd)
{
	char path[FD_PROC_PATH_MAX];

	strv_addf(options, "%s=%s", key, fd_proc_path(fd, path));
}

/* All options but the lower directories. */
static char **upper_options(const struct overlay_dirs *d)
{
	char **options = NULL;

	strv_add(&options, "userxattr");
	if (d->upper_fd < 0)
		return options;
	add_option(&options, "upperdir", d->upper_fd);
	add_option(&options, "workdir", d->work_fd);
	if (d->is_volatile)
		strv_add(&options, "volatile");
	return options;
}

/* As in a container, whose own root is an overlay already. */
static void explain_upper(const struct overlay_dirs *d, struct error *err)
{
	struct statfs st;

	if (err->code != EINVAL || d->upper_fd < 0 || fstatfs(d->upper_fd, &st) < 0 ||
	    st.f_type != OVERLAYFS_SUPER_MAGIC)
		return;
	cleanup_free char *path = fd_path(d->upper_fd);
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"%s lies on an overlay itself, and the kernel puts none on top of another",
		path ? path : "the data directory");
	if (!outer_container_hint(err))
		error_hint(err,
			   "say where there is another file system: cubby --root DIR");
}

int overlay_mount(const struct overlay_dirs *d, struct error *err)
{
	cleanup_strv char **options = upper_options(d);
	struct mount_fs fs = {
		.type = "overlay",
		.source = "overlay",
		.readonly = d->upper_fd < 0,
	};
	int fd;

	if (d->n_lower == 1 && d->upper_fd < 0 && d->data_fd < 0) {
		fd = mount_clone(d->lower_fds[0], "", false);
		return fd < 0 ? error_set(err, ERR_SYSTEM, -fd, "clone the layer") : fd;
	}
	for (size_t i = 0; i < d->n_lower; i++)
		add_option(&options, "lowerdir+", d->lower_fds[i]);
	if (d->data_fd >= 0)
		add_option(&options, "datadir+", d->data_fd);
	fs.options = options;
	fd = mount_fs_new(&fs, err);
	if (fd < 0 && err->code == EINVAL && d->data_fd < 0) {
		error_drop(err, "this kernel may not know lowerdir+");
		fd = overlay_mount_list(d, err);
	}
	if (fd < 0)
		explain_upper(d, err);
	return fd < 0 ? error_wrap(err, "mount the image") : fd;
}

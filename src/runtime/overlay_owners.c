/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers whose owners are shown through another map. What is idmapped is a mount, so each layer
 * becomes one of our own: a clone of where it lies, for whom the file system obeys; all of them together
 * become a metadata tree on a tmpfs for an ordinary user. Sources: mount_setattr(2); kernel documentation,
 * filesystems/idmappings, filesystems/overlayfs.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#include "runtime/metadata.h"
#include "runtime/mount_fs.h"
#include "runtime/mount_idmap.h"
#include "runtime/overlay.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

/* Paths here are absolute. */
static const char *name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static char *parent_of(const char *path)
{
	return xstrndup(path, (size_t)(strrchr(path, '/') - path));
}

static int open_dir(int dirfd, const char *path, const char *what, struct error *err)
{
	int fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open the %s %s", what,
				 path);
	return fd;
}

/* A mount that is nobody's peer, of a directory. */
static int clone_dir(int dir_fd, struct error *err)
{
	struct mount_attr attr = {.propagation = MS_PRIVATE};
	cleanup_fd int fd = mount_clone(dir_fd, "", false);
	int r = fd < 0 ? fd : mount_set(fd, false, &attr);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "clone a layer");
	return TAKE_FD(fd);
}

static int open_upper(const struct overlay_paths *paths, struct overlay_dirs *d,
		      struct error *err)
{
	if (!paths->upper)
		return 0;
	d->upper_fd = open_dir(AT_FDCWD, paths->upper, "writable layer", err);
	if (d->upper_fd < 0)
		return d->upper_fd;
	d->work_fd = open_dir(AT_FDCWD, paths->work, "overlay's work directory", err);
	return d->work_fd < 0 ? d->work_fd : 0;
}

/* Both in one mount, as overlayfs wants them, and one that will be in the container's namespace. */
static int clone_upper(const struct overlay_paths *paths, struct overlay_dirs *d,
		       struct error *err)
{
	cleanup_free char *parent = parent_of(paths->upper);
	cleanup_fd int dir_fd = open_dir(AT_FDCWD, parent, "directory", err);

	if (dir_fd < 0)
		return dir_fd;
	d->holder_fd = clone_dir(dir_fd, err);
	if (d->holder_fd < 0)
		return d->holder_fd;
	d->upper_fd =
		open_dir(d->holder_fd, name_of(paths->upper), "writable layer", err);
	if (d->upper_fd < 0)
		return d->upper_fd;
	d->work_fd = open_dir(d->holder_fd, name_of(paths->work),
			      "overlay's work directory", err);
	return d->work_fd < 0 ? d->work_fd : 0;
}

static void begin(const struct overlay_paths *paths, struct overlay_dirs *d)
{
	*d = OVERLAY_DIRS_INIT;
	d->is_volatile = paths->is_volatile;
	d->n_plain = paths->n_plain;
	d->lower_fds = xcalloc(strv_len(paths->lower) + 1, sizeof(*d->lower_fds));
}

int overlay_open_clones(const struct overlay_paths *paths, struct overlay_dirs *ret,
			struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs d;

	begin(paths, &d);
	strv_foreach (path, paths->lower) {
		cleanup_fd int layer_fd = open_dir(AT_FDCWD, *path, "layer", err);
		int fd = layer_fd < 0 ? layer_fd : clone_dir(layer_fd, err);

		if (fd < 0)
			return fd;
		d.lower_fds[d.n_lower++] = fd;
	}
	d.are_clones = true;
	int r = paths->upper ? clone_upper(paths, &d, err) : 0;
	if (r < 0)
		return r;
	*ret = d;
	d = OVERLAY_DIRS_INIT;
	return 0;
}

/* The topmost ones that stay as they are. */
static int open_plain(const struct overlay_paths *paths, struct overlay_dirs *d,
		      struct error *err)
{
	while (d->n_lower < d->n_plain) {
		cleanup_fd int dir_fd =
			open_dir(AT_FDCWD, paths->lower[d->n_lower], "layer", err);
		int fd = dir_fd < 0 ? dir_fd : clone_dir(dir_fd, err);

		if (fd < 0)
			return fd;
		d->lower_fds[d->n_lower++] = fd;
	}
	return 0;
}

/* The others are one tree: see metadata.c. */
static int open_merged(char *const *lower, const char *trees, struct overlay_dirs *d,
		       struct error *err)
{
	cleanup_free char *data = parent_of(*lower);
	cleanup_fd int trees_fd = open_dir(AT_FDCWD, trees, "metadata trees", err);
	cleanup_fd int tree_fd = -EBADF;
	cleanup_strv char **names = NULL;

	if (trees_fd < 0)
		return trees_fd;
	d->data_fd = open_dir(AT_FDCWD, data, "layers", err);
	if (d->data_fd < 0)
		return d->data_fd;
	strv_foreach (path, lower)
		strv_add(&names, name_of(*path));
	tree_fd = metadata_open(trees_fd, d->data_fd, names, err);
	if (tree_fd < 0)
		return tree_fd;
	int fd = clone_dir(tree_fd, err);
	if (fd < 0)
		return fd;
	d->lower_fds[d->n_lower++] = fd;
	return 0;
}

int overlay_open_trees(const struct overlay_paths *paths, const char *trees,
		       struct overlay_dirs *ret, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs d;
	char *const *mapped = paths->lower + paths->n_plain;

	begin(paths, &d);
	int r = open_plain(paths, &d, err);
	if (r == 0 && *mapped)
		r = open_merged(mapped, trees, &d, err);
	if (r == 0)
		r = open_upper(paths, &d, err);
	if (r < 0)
		return r;
	*ret = d;
	d = OVERLAY_DIRS_INIT;
	return 0;
}

int overlay_idmap(const struct overlay_dirs *d, int user_ns_fd, struct error *err)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)user_ns_fd,
	};

	for (size_t i = d->n_plain; i < d->n_lower; i++) {
		int r = mount_set(d->lower_fds[i], false, &attr);

		if (r < 0)
			return error_set(
				err, r == -EINVAL ? ERR_UNSUPPORTED : ERR_SYSTEM, -r,
				"show a layer's owners through the container's map");
	}
	return 0;
}

int overlay_attach(const struct overlay_dirs *d, int place_fd, struct error *err)
{
	int r = d->holder_fd < 0 ? 0 : mount_attach(d->holder_fd, place_fd, NULL);

	for (size_t i = 0; r >= 0 && i < d->n_lower; i++)
		r = mount_attach(d->lower_fds[i], place_fd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "attach the image's layers") : 0;
}

static int detach(int mount_fd, struct error *err)
{
	char path[FD_PROC_PATH_MAX];

	if (umount2(fd_proc_path(mount_fd, path), MNT_DETACH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "detach the image's layers");
	return 0;
}

/* They lie on top of each other, the last one uppermost. */
int overlay_detach(const struct overlay_dirs *d, struct error *err)
{
	int r = 0;

	for (size_t i = d->n_lower; r == 0 && i > 0; i--)
		r = detach(d->lower_fds[i - 1], err);
	return r < 0 || d->holder_fd < 0 ? r : detach(d->holder_fd, err);
}

int overlay_mount_trees(const char *trees, struct error *err)
{
	static char mode[] = "mode=0700";
	char *options[] = {mode, NULL};
	const struct mount_fs fs = {
		.type = "tmpfs", .source = "cubby", .options = options};
	cleanup_fd int fd = mount_fs_new(&fs, err), place_fd = -EBADF;

	if (fd < 0)
		return fd;
	place_fd = open_dir(AT_FDCWD, trees, "directory", err);
	if (place_fd < 0)
		return place_fd;
	int r = mount_attach(fd, place_fd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount %s", trees) : 0;
}

int overlay_view_mapped(const struct overlay_paths *paths, const char *trees,
			const struct idmap *uids, const struct idmap *gids,
			struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs d = OVERLAY_DIRS_INIT;
	cleanup_fd int user_ns_fd = -EBADF, place_fd = -EBADF;
	int r = overlay_mount_trees(trees, err);

	if (r == 0)
		r = overlay_open_trees(paths, trees, &d, err);
	if (r == 0)
		r = user_ns_fd = mount_idmap_ns(uids, gids, err);
	if (r >= 0)
		r = overlay_idmap(&d, user_ns_fd, err);
	if (r >= 0)
		r = place_fd = open_dir(AT_FDCWD, trees, "directory", err);
	if (r >= 0)
		r = overlay_attach(&d, place_fd, err);
	return r < 0 ? r : overlay_mount(&d, err);
}

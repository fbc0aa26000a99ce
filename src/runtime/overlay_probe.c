/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this kernel shows layers through other maps, asked by doing it on a small scale: versions say
 * little, as distributions carry parts of it back.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/metadata.h"
#include "runtime/mount_fs.h"
#include "runtime/mount_idmap.h"
#include "runtime/overlay.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define CONTENT "content"

/* place/layers/one/file is the layer, place/upper and work are what it takes to write. */
static int make_layer(const char *place, struct error *err)
{
	static const char *const dirs[] = {"layers", "layers/one", "upper", "work"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		cleanup_free char *path = fs_join(place, dirs[i]);

		if (mkdir(path, 0755) < 0)
			return error_set(err, ERR_SYSTEM, errno, "make %s", path);
	}
	cleanup_free char *file = fs_join(place, "layers/one/file");
	return fs_write_atomic(AT_FDCWD, file, CONTENT, strlen(CONTENT), 0600, 0, err);
}

/* As for a container: before Linux 6.15 layers must be attached. */
static int attach(const struct overlay_dirs *d, const char *place, struct error *err)
{
	cleanup_fd int place_fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (place_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", place);
	return overlay_attach(d, place_fd, err);
}

static int mount_example(const char *place, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs d = OVERLAY_DIRS_INIT;
	cleanup_free char *layer = fs_join(place, "layers/one");
	cleanup_free char *upper = fs_join(place, "upper"),
			  *work = fs_join(place, "work");
	char *lower[] = {layer, NULL};
	const struct overlay_paths paths = {
		.lower = lower,
		.upper = upper,
		.work = work,
		.mapped = true,
	};
	cleanup_idmap struct idmap ids = {0};
	cleanup_fd int user_ns_fd = -EBADF;

	idmap_add(&ids, 0, 0, 1);
	int r = overlay_open_trees(&paths, place, &d, err);
	if (r == 0)
		r = user_ns_fd = mount_idmap_ns(&ids, &ids, err);
	if (r >= 0)
		r = overlay_idmap(&d, user_ns_fd, err);
	if (r >= 0)
		r = attach(&d, place, err);
	return r < 0 ? r : overlay_mount(&d, err);
}

int overlay_probe_trees(const char *place, struct error *err)
{
	char content[sizeof(CONTENT)] = "";
	int r = overlay_mount_trees(place, err);

	if (r == 0)
		r = make_layer(place, err);
	if (r < 0)
		return r;
	cleanup_fd int fd = mount_example(place, err);
	if (fd == -EINVAL) /* "lower data-only dirs require metacopy support" */
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"this kernel's overlays take no metadata trees from ordinary users (Linux 6.16 does)");
	if (fd < 0)
		return fd;
	cleanup_fd int file_fd = openat(fd, "file", O_RDONLY | O_CLOEXEC);
	if (file_fd < 0 || read(file_fd, content, strlen(CONTENT)) < 0)
		return error_set(err, ERR_UNSUPPORTED, errno,
				 "read a file by its metadata");
	return str_eq(content, CONTENT)
		       ? 0
		       : error_set(err, ERR_UNSUPPORTED, 0,
				   "a file read by its metadata is empty");
}

int overlay_probe_clones(const char *layer, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs d = OVERLAY_DIRS_INIT;
	char *lower[] = {(char *)layer, NULL};
	const struct overlay_paths paths = {.lower = lower, .mapped = true};
	cleanup_idmap struct idmap ids = {0};
	cleanup_fd int user_ns_fd = -EBADF;

	idmap_add(&ids, 0, 1, 1);
	int r = overlay_open_clones(&paths, &d, err);
	if (r == 0)
		r = user_ns_fd = mount_idmap_ns(&ids, &ids, err);
	return r < 0 ? r : overlay_idmap(&d, user_ns_fd, err);
}

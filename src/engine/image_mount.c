/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image is mounted at <data>/mounts/ID, in this process's mount namespace: the host's for root, that
 * of `cubby unshare` for others. Whether it is, is asked of the kernel. How often it was asked for stands
 * in <run>/mounts/ID-NAMESPACE; such a file without a mount is left from a namespace that is gone.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/event.h"
#include "engine/image.h"
#include "engine/image_view.h"
#include "runtime/mount_fs.h"
#include "runtime/overlay.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define COUNT_MAX 32 /* digits of a number, and more */

static char *mount_path(const struct engine *e, const char *id)
{
	return xasprintf("%s/mounts/%s", e->paths.data, id);
}

/* Made if missing: the counts, locked. Return: fd of the directory; *ret_lock_fd its lock. */
static int open_counts(const struct engine *e, int *ret_lock_fd, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.run, "mounts");
	cleanup_fd int fd = fs_open_dir(AT_FDCWD, path, true, 0700, err);

	if (fd < 0)
		return fd;
	*ret_lock_fd = fs_lock(fd, "lock", true, true, err);
	return *ret_lock_fd < 0 ? *ret_lock_fd : TAKE_FD(fd);
}

static char *count_name(const char *id)
{
	struct stat st = {0};

	(void)!stat("/proc/self/ns/mnt", &st);
	return xasprintf("%s-%llu", id, (unsigned long long)st.st_ino);
}

static uint64_t read_count(int counts_fd, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	uint64_t count;

	if (fs_read(counts_fd, name, COUNT_MAX, &text, NULL, &err) < 0 ||
	    str_to_u64(text, &count) < 0)
		return 0;
	return count;
}

static int write_count(int counts_fd, const char *name, uint64_t count, struct error *err)
{
	cleanup_free char *text = xasprintf("%llu", (unsigned long long)count);

	return fs_write_atomic(counts_fd, name, text, strlen(text), 0600, 0, err);
}

static int check_may_mount(const struct engine *e, const char *id, struct error *err)
{
	if (!e->rootless || e->unshared)
		return 0;
	error_set(err, ERR_DENIED, 0,
		  "mount image %.12s: only root may, and here that is nobody", id);
	return error_hint(err, "Become root of your own ids first: cubby unshare");
}

static int mount_view(const struct engine *e, const struct image_record *r,
		      const char *path, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_strv char **layers =
		image_layer_paths(e, r->layers, image_is_single(e, r));
	const struct overlay_paths paths = {.lower = layers};
	cleanup_fd int mount_fd = -EBADF, target_fd = -EBADF;
	int k;

	if (!layers)
		return error_set(err, ERR_UNSUPPORTED, 0, "it has no layers");
	k = overlay_open(&paths, &dirs, err);
	if (k < 0)
		return k;
	mount_fd = overlay_mount(&dirs, err);
	if (mount_fd < 0)
		return mount_fd;
	target_fd = fs_open_dir(AT_FDCWD, path, true, 0700, err);
	if (target_fd < 0)
		return target_fd;
	k = mount_set(mount_fd, false, &attr);
	if (k >= 0)
		k = mount_attach(mount_fd, target_fd, NULL);
	return k < 0 ? error_set(err, ERR_SYSTEM, -k, "mount it at %s", path) : 0;
}

int image_mount(const struct engine *e, const struct image_record *r, char **ret,
		struct error *err)
{
	cleanup_free char *path = mount_path(e, r->id), *name = count_name(r->id);
	cleanup_fd int lock_fd = -EBADF, counts_fd = -EBADF;
	uint64_t count = 0;
	int k = check_may_mount(e, r->id, err);

	if (k < 0)
		return k;
	counts_fd = open_counts(e, &lock_fd, err);
	if (counts_fd < 0)
		return counts_fd;
	if (mount_is_at(path))
		count = read_count(counts_fd, name);
	else
		k = mount_view(e, r, path, err);
	if (k >= 0)
		k = write_count(counts_fd, name, count + 1, err);
	if (k < 0)
		return error_wrap(err, "mount image %.12s", r->id);
	event_image(e, EVENT_MOUNT, r->id, path);
	*ret = TAKE_PTR(path);
	return 0;
}

bool image_is_mounted(const struct engine *e, const char *id)
{
	cleanup_free char *path = mount_path(e, id);

	return mount_is_at(path);
}

int image_unmount(const struct engine *e, const struct image_record *r, bool force,
		  struct error *err)
{
	cleanup_free char *path = mount_path(e, r->id), *name = count_name(r->id);
	cleanup_fd int lock_fd = -EBADF, counts_fd = open_counts(e, &lock_fd, err);
	uint64_t count;
	int k;

	if (counts_fd < 0)
		return counts_fd;
	if (!mount_is_at(path))
		return error_set(err, ERR_CONFLICT, 0, "image %.12s is not mounted",
				 r->id);
	count = read_count(counts_fd, name);
	if (count > 1 && !force)
		return write_count(counts_fd, name, count - 1, err);
	k = mount_detach(path);
	if (k < 0)
		return error_set(err, ERR_SYSTEM, -k, "unmount image %.12s", r->id);
	(void)!unlinkat(counts_fd, name, 0);
	(void)!rmdir(path);
	event_image(e, EVENT_UNMOUNT, r->id, path);
	return 0;
}

int image_mounts(const struct engine *e, struct json_object **ret, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	if (r < 0)
		return r;
	*ret = json_object_new_array();
	for (size_t i = 0; i < all.n; i++) {
		cleanup_free char *path = mount_path(e, all.items[i].id);
		struct json_object *o;

		if (!mount_is_at(path))
			continue;
		o = json_object_new_object();
		json_add_str(o, "id", all.items[i].id);
		json_add_strv(o, "Repositories", all.items[i].names);
		json_add_str(o, "mountpoint", path);
		json_object_array_add(*ret, o);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/mount.h>

#include "engine/event.h"
#include "engine/image.h"
#include "engine/image_view.h"
#include "engine/mounts.h"
#include "runtime/mount_fs.h"
#include "runtime/overlay.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/str.h"

struct mount_job {
	const struct engine *engine;
	const struct image_record *record;
};

static int mount_view(void *data, int target_fd, struct error *err)
{
	const struct mount_job *job = data;
	const struct engine *e = job->engine;
	const struct image_record *r = job->record;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_strv char **layers =
		image_layer_paths(e, r->layers, image_is_single(e, r));
	const struct overlay_paths paths = {.lower = layers};
	cleanup_fd int mount_fd = -EBADF;
	int k;

	if (!layers)
		return error_set(err, ERR_UNSUPPORTED, 0, "it has no layers");
	k = overlay_open(&paths, &dirs, err);
	if (k < 0)
		return k;
	mount_fd = overlay_mount(&dirs, err);
	if (mount_fd < 0)
		return mount_fd;
	k = mount_set(mount_fd, false, &attr);
	if (k >= 0)
		k = mount_attach(mount_fd, target_fd, NULL);
	return k < 0 ? error_set(err, ERR_SYSTEM, -k, "attach it") : 0;
}

int image_mount(const struct engine *e, const struct image_record *r, char **ret,
		struct error *err)
{
	struct mount_job job = {.engine = e, .record = r};
	int k = mounts_may(e, "image mount", err);

	if (k >= 0)
		k = mounts_add(e, r->id, mount_view, &job, ret, err);
	return k < 0 ? error_wrap(err, "mount image %.12s", r->id) : 0;
}

bool image_is_mounted(const struct engine *e, const char *id)
{
	return mounts_has(e, id);
}

int image_unmount(const struct engine *e, const struct image_record *r, bool force,
		  struct error *err)
{
	if (!mounts_has(e, r->id))
		return error_set(err, ERR_CONFLICT, 0, "image %.12s is not mounted",
				 r->id);
	return mounts_drop(e, r->id, force, err);
}

int image_mounts(const struct engine *e, struct json_object **ret, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	if (r < 0)
		return r;
	*ret = json_object_new_array();
	for (size_t i = 0; i < all.n; i++) {
		cleanup_free char *path = mounts_path(e, all.items[i].id);
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_view.h"

#include <fcntl.h>
#include <stdlib.h>

#include "engine/container_dir.h"
#include "engine/image_view.h"
#include "runtime/overlay.h"
#include "store/image_record.h"
#include "util/mem.h"
#include "util/str.h"

void container_view_release(struct container_view *v)
{
	strv_free(v->layers);
	free(v->writable);
	free(v->rootfs);
	*v = (struct container_view){0};
}

int container_view_get(const struct engine *e, const struct container *c,
		       struct container_view *ret, struct error *err)
{
	cleanup_image_record struct image_record image = {0};
	int r;

	if (c->config.rootfs) {
		ret->rootfs = xstrdup(c->config.rootfs);
		return 0;
	}
	r = image_record_by_id(e->store, c->record.image ? c->record.image : "", &image,
			       err);
	if (r < 0)
		return error_wrap(err, "container %s", c->record.name);
	ret->layers = image_layer_paths(e, image.layers, c->config.single_id);
	ret->writable = container_data_path(e, c->record.id, "upper");
	return 0;
}

static int open_overlay(const struct container_view *v, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_strv char **all = NULL;
	struct overlay_paths paths = {0};
	int r;

	/* as one more layer, not as the upper directory: another mount may have it as that */
	strv_add(&all, v->writable);
	strv_foreach (layer, v->layers)
		strv_add(&all, *layer);
	paths.lower = all;
	r = overlay_open(&paths, &dirs, err);
	return r < 0 ? r : overlay_mount(&dirs, err);
}

int container_view_open(const struct container_view *v, struct error *err)
{
	int fd;

	if (v->layers)
		return open_overlay(v, err);
	fd = open(v->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", v->rootfs);
	return fd;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_size.h"

#include "engine/container_dir.h"
#include "engine/disk_usage.h"
#include "store/image_record.h"
#include "util/mem.h"
#include "util/str.h"

/* An image that is gone takes nothing. */
static int64_t image_bytes(const struct engine *e, const char *id)
{
	cleanup_image_record struct image_record image = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (image_record_by_id(e->store, id, &image, &err) >= 0)
		return image.size;
	error_drop(&err, "its size is not known");
	return 0;
}

int container_sizes(const struct engine *e, const struct container *const *containers,
		    size_t n, struct container_size *ret, struct error *err)
{
	cleanup_free int64_t *bytes = xcalloc(n + 1, sizeof(*bytes));
	cleanup_strv char **paths = NULL;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		strv_add_take(&paths,
			      containers[i]->config.rootfs
				      ? xstrdup(containers[i]->config.rootfs)
				      : container_data_path(e, containers[i]->record.id,
							    "upper"));
	if (n)
		r = disk_usage(e, paths, bytes, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const char *image = containers[i]->record.image;

		ret[i].writable = bytes[i];
		ret[i].all = image ? image_bytes(e, image) + bytes[i] : 0;
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/layer_settle.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/blob_make.h"
#include "engine/disk_usage.h"
#include "engine/image_document.h"
#include "engine/layer_dir.h"
#include "image/blobs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

int layer_boot_id(char ret[static LAYER_BOOT_ID_SIZE], struct error *err)
{
	struct proc_id self;
	int r = proc_id_get(getpid(), &self, err);

	if (r < 0)
		return r;
	memcpy(ret, self.boot_id, LAYER_BOOT_ID_SIZE);
	return 0;
}

/* No blob to unpack it from: then it is worth a closer look. A file system that compresses takes less, too. */
static bool is_built_and_right(const struct engine *e, const struct layer_record *layer)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int blobs_fd = image_blobs_open(e, &err);

	return blobs_fd >= 0 && blob_size(blobs_fd, layer->blob) < 0 &&
	       blob_check_layer(e, layer, &err) >= 0;
}

/* Return: 1 if it is complete, 0 if it has been put out of the way. */
static int judge(const struct engine *e, const char *chain_id, bool single_id,
		 int64_t bytes, struct error *err)
{
	cleanup_layer_record struct layer_record layer = {0};
	cleanup_free char *name = layer_dir_name(chain_id, single_id);
	cleanup_fd int layers_fd = -EBADF;
	int r = layer_record_get(e->store, chain_id, single_id, &layer, err);

	if (r < 0)
		return r;
	if (bytes >= layer.disk_size || is_built_and_right(e, &layer)) {
		r = layer_record_settle(e->store, chain_id, single_id, err);
		return r < 0 ? r : 1;
	}
	log_debug("layer %s takes %lld bytes, not %lld: unpack it again", chain_id,
		  (long long)bytes, (long long)layer.disk_size);
	layers_fd = layers_open(e, err);
	return layers_fd < 0 ? layers_fd : layer_dir_discard(layers_fd, name, err);
}

int layer_settle(const struct engine *e, const char *chain_id, bool single_id,
		 const char *boot_id, struct error *err)
{
	cleanup_free char *path = layer_dir_path(e, chain_id, single_id);
	char *paths[] = {path, NULL};
	char now[LAYER_BOOT_ID_SIZE];
	int64_t bytes = 0;
	int r;

	if (!boot_id)
		return 1;
	r = layer_boot_id(now, err);
	if (r < 0 || str_eq(boot_id, now))
		return r < 0 ? r : 1;
	r = disk_usage(e, paths, &bytes, err);
	return r < 0 ? r : judge(e, chain_id, single_id, bytes, err);
}

int layers_settle(const struct engine *e, const struct image_record *record,
		  bool single_id, struct error *err)
{
	cleanup_strv char **doubtful = NULL, **paths = NULL;
	cleanup_free int64_t *bytes = NULL;
	char boot_id[LAYER_BOOT_ID_SIZE];
	int r = layer_boot_id(boot_id, err);

	if (r >= 0)
		r = layer_record_doubtful(e->store, record->id, single_id, boot_id,
					  &doubtful, err);
	if (r < 0 || !doubtful)
		return r < 0 ? r : 0;
	strv_foreach (chain_id, doubtful)
		strv_add_take(&paths, layer_dir_path(e, *chain_id, single_id));
	bytes = xcalloc(strv_len(paths) + 1, sizeof(*bytes));
	r = disk_usage(e, paths, bytes, err);
	for (size_t i = 0; r >= 0 && doubtful[i]; i++)
		r = judge(e, doubtful[i], single_id, bytes[i], err);
	return r < 0 ? r : 0;
}

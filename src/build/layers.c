/* SPDX-License-Identifier: Apache-2.0 */
#include "build/layers.h"

#include <fcntl.h>
#include <inttypes.h>

#include "engine/image_view.h"
#include "engine/user_ids.h"
#include "runtime/overlay.h"
#include "runtime/tree_copy.h"
#include "spec/media_type.h"
#include "util/fs.h"
#include "util/str.h"

void layers_push(struct build_state *s, const char *chain_id, const char *diff_id,
		 int64_t tar_size, bool docker)
{
	strv_add(&s->layers, chain_id);
	strv_add(&s->config->rootfs.diff_ids, diff_id);
	strv_add(&s->blobs, diff_id);
	strv_add(&s->blob_types, media_type_layer(docker, "none"));
	strv_addf(&s->blob_sizes, "%" PRId64, tar_size);
}

static void drop(char ***v)
{
	strv_free(*v);
	*v = NULL;
}

void layers_drop(struct build_state *s)
{
	drop(&s->layers);
	drop(&s->config->rootfs.diff_ids);
	drop(&s->blobs);
	drop(&s->blob_types);
	drop(&s->blob_sizes);
}

const char *layers_top(const struct build_state *s)
{
	size_t n = strv_len(s->layers);

	return n > 0 ? s->layers[n - 1] : NULL;
}

struct flatten_job {
	char *const *lower;
	const char *upper;
};

static int flatten(void *data, struct error *err)
{
	const struct flatten_job *job = data;
	const struct overlay_paths paths = {.lower = job->lower};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_fd int root_fd = -EBADF, upper_fd = -EBADF;
	struct tree_copy copy = {0};
	int r = overlay_open(&paths, &dirs, err);

	if (r < 0)
		return r;
	root_fd = overlay_mount(&dirs, err);
	if (root_fd < 0)
		return root_fd;
	upper_fd = fs_open_dir(AT_FDCWD, job->upper, false, 0, err);
	if (upper_fd < 0)
		return upper_fd;
	copy.from_fd = root_fd;
	copy.to_fd = upper_fd;
	return tree_copy(&copy, err);
}

int layers_flatten(const struct engine *e, char *const *chain_ids,
		   struct layer_draft *draft, struct error *err)
{
	cleanup_strv char **lower = image_layer_paths(e, chain_ids, draft->single_id);
	cleanup_user_ids struct user_ids ids = {0};
	struct flatten_job job = {.lower = lower, .upper = draft->upper};
	int r = user_ids_get(e, draft->single_id, &ids, err);

	return r < 0 ? r : user_ids_do(&ids, flatten, &job, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * Inside one transaction, which excludes those who record images: a layer's directory is renamed to
 * .old-*, its row goes, a blob is unlinked. Killed before the commit: a row without a directory is
 * as good as none; killed after it: .old-* directories, which layers_sweep() removes. Slow work, the
 * removal itself, is done after the transaction.
 *
 * A layer whose lock is taken is being unpacked again by somebody who wants it: it stays.
 */
#include "engine/collect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/disk_usage.h"
#include "engine/image_document.h"
#include "engine/layer_dir.h"
#include "image/blobs.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/digest.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/str.h"

#define FETCH_LOCK "fetch.lock"

struct collection {
	const struct engine *engine;
	int layers_fd, blobs_fd;
	char **keep; /* what the manifests of lists are made of */
	bool look_only;
	struct collected *found;
};

static void collection_release(struct collection *c)
{
	fd_cleanup_(&c->layers_fd);
	fd_cleanup_(&c->blobs_fd);
	strv_free(c->keep);
}

static int open_dirs(struct collection *c, struct error *err)
{
	c->layers_fd = layers_open(c->engine, err);
	if (c->layers_fd < 0)
		return c->layers_fd;
	c->blobs_fd = image_blobs_open(c->engine, err);
	return c->blobs_fd < 0 ? c->blobs_fd : 0;
}

static int fetch_lock(const struct engine *e, bool exclusive, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, FETCH_LOCK);

	return fs_lock(AT_FDCWD, path, exclusive, !exclusive, err);
}

int collect_fetch_lock(const struct engine *e, struct error *err)
{
	return fetch_lock(e, false, err);
}

int collect_lock_alone(const struct engine *e, struct error *err)
{
	return fetch_lock(e, true, err);
}

static void keep_manifest(struct collection *c, const char *digest)
{
	cleanup_image_manifest struct image_manifest *m = NULL;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	size_t len;

	if (blob_read(c->blobs_fd, digest, IMAGE_MANIFEST_MAX, &text, &len, &err) < 0 ||
	    image_manifest_parse(text, len, &m, &err) < 0) {
		error_drop(&err, "a list may name what is not here");
		return;
	}
	strv_add(&c->keep, m->config.digest);
	for (size_t i = 0; i < m->n_layers; i++)
		strv_add(&c->keep, m->layers[i].digest);
}

/* A list names its manifests (image_collect() looks at that); they name blobs in their turn. */
static int keep_lists(struct collection *c, struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = manifest_list_names(c->engine->store, &names, err);

	strv_foreach (name, names) {
		cleanup_image_index struct image_index *index = NULL;
		cleanup_error struct error gone = ERROR_INIT;
		cleanup_free char *text = NULL;

		if (manifest_list_get(c->engine->store, *name, &text, &gone) < 0 ||
		    image_index_parse(text, strlen(text), &index, &gone) < 0) {
			error_drop(&gone, "then it keeps nothing");
			continue;
		}
		for (size_t i = 0; i < index->n_manifests; i++)
			keep_manifest(c, index->manifests[i].digest);
	}
	return r;
}

/* Out of the way if nobody has its lock. */
static int take_dir(struct collection *c, const char *chain_id, bool single_id,
		    struct error *err)
{
	cleanup_fd int lock_fd = layer_lock(c->layers_fd, chain_id, false, err);
	cleanup_free char *name = layer_dir_name(chain_id, single_id);

	if (lock_fd < 0 && err->kind == ERR_UNAVAILABLE) {
		error_release(err);
		return IMAGE_LEAVE_IT;
	}
	if (lock_fd < 0)
		return lock_fd;
	return layer_dir_discard(c->layers_fd, name, err);
}

static int take_layer(void *data, const char *chain_id, bool single_id, struct error *err)
{
	struct collection *c = data;
	int r = c->look_only ? IMAGE_LEAVE_IT : take_dir(c, chain_id, single_id, err);

	if (r == 0 || c->look_only) {
		log_debug("layer %s is no image's any more", chain_id);
		c->found->n_layers++;
	}
	return r;
}

static int take_blob(void *data, const char *digest, struct error *err)
{
	struct collection *c = data;
	cleanup_free char *path = digest_path(digest);

	if (strv_has(c->keep, digest) || blob_size(c->blobs_fd, digest) < 0 ||
	    blob_in_use(c->blobs_fd, digest))
		return IMAGE_LEAVE_IT;
	log_debug("blob %s is no image's any more", digest);
	c->found->n_blobs++;
	c->found->freed += disk_usage_own(c->blobs_fd, path);
	return c->look_only ? IMAGE_LEAVE_IT : blob_remove(c->blobs_fd, digest, err);
}

static int take(struct collection *c, char *const *chain_ids, char *const *blobs,
		struct error *err)
{
	const struct image_garbage garbage = {
		.chain_ids = chain_ids,
		.blobs = blobs,
		.remove_layer = take_layer,
		.remove_blob = take_blob,
		.data = c,
	};
	int r = keep_lists(c, err);

	return r < 0 ? r : image_collect(c->engine->store, &garbage, err);
}

int collect_image(const struct engine *e, const struct image_record *gone,
		  struct collected *ret, struct error *err)
{
	static char *const nothing[] = {NULL};
	cleanup(collection_release) struct collection c = {
		.engine = e, .layers_fd = -EBADF, .blobs_fd = -EBADF, .found = ret};
	int r = open_dirs(&c, err);

	if (r >= 0)
		r = take(&c, gone->layers ? gone->layers : nothing, gone->blobs, err);
	return r < 0 ? r : layers_sweep(e, &ret->freed, err);
}

static bool is_on_record(const struct collection *c, const char *chain_id, bool single_id)
{
	cleanup_layer_record struct layer_record record = {0};
	cleanup_error struct error err = ERROR_INIT;

	/* whatever the reason is, in doubt it stays */
	return layer_record_get(c->engine->store, chain_id, single_id, &record, &err) >=
		       0 ||
	       err.kind != ERR_NOT_FOUND;
}

/* Killed between giving a layer its name and recording it. */
static int take_nameless(struct collection *c, struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = layers_list(c->layers_fd, &names, err);

	strv_foreach (name, names) {
		cleanup_free char *chain_id = NULL;
		cleanup_fd int lock_fd = -EBADF;
		bool single_id;

		if (!layer_dir_parse(*name, &chain_id, &single_id) ||
		    is_on_record(c, chain_id, single_id))
			continue;
		lock_fd = layer_lock(c->layers_fd, chain_id, false, err);
		if (lock_fd < 0 && err->kind == ERR_UNAVAILABLE) {
			error_release(err);
			continue;
		}
		if (lock_fd < 0)
			return lock_fd;
		if (is_on_record(c, chain_id, single_id))
			continue;
		c->found->n_nameless++;
		r = c->look_only ? 0 : layer_dir_discard(c->layers_fd, *name, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* What may be somebody's who fetches just now. */
static int take_unclaimed(struct collection *c, struct error *err)
{
	cleanup_fd int lock_fd = fetch_lock(c->engine, true, err);
	cleanup_strv char **blobs = NULL;
	int r;

	if (lock_fd < 0 && err->kind == ERR_UNAVAILABLE) {
		error_drop(err, "what is being fetched now is left alone");
		c->found->fetching = true;
		return 0;
	}
	if (lock_fd < 0)
		return lock_fd;
	r = blobs_list(c->blobs_fd, &blobs, err);
	if (r >= 0)
		r = take(c, NULL, blobs, err);
	return r < 0 ? r : take_nameless(c, err);
}

static int count_left_over(struct collection *c, struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = layers_left_over(c->layers_fd, &names, err);

	c->found->n_left_over += strv_len(names);
	return r;
}

int collect_all(const struct engine *e, bool look_only, struct collected *ret,
		struct error *err)
{
	cleanup(collection_release) struct collection c = {
		.engine = e,
		.layers_fd = -EBADF,
		.blobs_fd = -EBADF,
		.look_only = look_only,
		.found = ret,
	};
	int r = open_dirs(&c, err);

	if (r >= 0)
		r = count_left_over(&c, err);
	if (r >= 0)
		r = take_unclaimed(&c, err);
	if (r >= 0)
		r = blobs_partial(c.blobs_fd, !look_only, &ret->n_partial, &ret->freed,
				  err);
	return r < 0 || look_only ? r : layers_sweep(e, &ret->freed, err);
}

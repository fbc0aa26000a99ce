/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_write.h"

#include <stdlib.h>
#include <string.h>

#include "engine/event.h"
#include "engine/image_document.h"
#include "engine/image_view.h"
#include "engine/layer_dir.h"
#include "engine/user_ids.h"
#include "image/blobs.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/sha256.h"
#include "util/str.h"
#include "util/time.h"

struct writing {
	const struct engine *engine;
	const struct image_write *wanted;
	int blobs_fd, layers_fd;
	bool single_id;
	struct image_record record;
};

static void writing_release(struct writing *w)
{
	fd_cleanup_(&w->blobs_fd);
	fd_cleanup_(&w->layers_fd);
	image_record_release(&w->record);
}

static int check(const struct image_write *w, struct error *err)
{
	size_t n = strv_len(w->layers);

	if (strv_len(w->config->rootfs.diff_ids) == n && strv_len(w->blobs) == n &&
	    strv_len(w->blob_types) == n && strv_len(w->blob_sizes) == n)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "write an image: %zu layers, %zu diff ids, %zu blobs", n,
			 strv_len(w->config->rootfs.diff_ids), strv_len(w->blobs));
}

/* A document becomes a blob. Takes o. *ret_text may be NULL; callers free. */
static int put_document(const struct writing *w, struct json_object *o, char **ret_digest,
			char **ret_text, struct error *err)
{
	cleanup_json struct json_object *document = o;
	cleanup_free char *text = json_text(document, false);
	size_t len = strlen(text);
	int r;

	*ret_digest = sha256_digest(text, len);
	r = blob_put(w->blobs_fd, *ret_digest, text, len, err);
	if (r >= 0)
		*ret_text = TAKE_PTR(text);
	return r;
}

static int layer_record(const struct writing *w, size_t i, struct layer_record *ret,
			struct error *err)
{
	return layer_record_get(w->engine->store, w->wanted->layers[i], w->single_id, ret,
				err);
}

static int add_layer(struct writing *w, struct image_manifest *m, size_t i,
		     struct error *err)
{
	cleanup_layer_record struct layer_record layer = {0};
	const struct image_write *q = w->wanted;
	const char *compression = media_type_compression(q->blob_types[i]);
	const char *type = media_type_layer(q->docker, compression ? compression : "");
	int64_t size = 0;
	int r = layer_record(w, i, &layer, err);

	if (r < 0)
		return r;
	if (!*q->blob_sizes[i])
		size = layer.tar_size;
	else if (str_to_i64(q->blob_sizes[i], &size) < 0)
		return error_set(err, ERR_INVALID, 0, "write an image: the size \"%s\"",
				 q->blob_sizes[i]);
	*SPEC_APPEND(&m->layers, &m->n_layers) = (struct image_descriptor){
		.media_type = xstrdup(type ? type : q->blob_types[i]),
		.digest = xstrdup(q->blobs[i]),
		.size = size,
	};
	w->record.size += layer.tar_size;
	/* one that was built here need not lie there: its layer is as good */
	if ((!str_eq(q->blobs[i], layer.diff_id) ||
	     blob_size(w->blobs_fd, q->blobs[i]) >= 0) &&
	    !strv_has(w->record.blobs, q->blobs[i]))
		strv_add(&w->record.blobs, q->blobs[i]);
	return 0;
}

static void add_annotations(const struct image_write *q, struct image_manifest *m)
{
	for (size_t i = 0; !q->docker && i < q->n_annotations; i++)
		*SPEC_APPEND(&m->annotations, &m->n_annotations) =
			(struct spec_key_value){
				.key = xstrdup(q->annotations[i].key),
				.value = xstrdup(q->annotations[i].value),
			};
}

static int put_manifest(struct writing *w, const char *config_digest, struct error *err)
{
	cleanup_image_manifest struct image_manifest *m = xcalloc(1, sizeof(*m));
	cleanup_free char *text = NULL;
	bool docker = w->wanted->docker;
	const char *type = docker ? MEDIA_TYPE_DOCKER_MANIFEST : MEDIA_TYPE_OCI_MANIFEST;
	int r = 0;

	m->schema_version = 2;
	m->media_type = xstrdup(type);
	m->config.media_type =
		xstrdup(docker ? MEDIA_TYPE_DOCKER_CONFIG : MEDIA_TYPE_OCI_CONFIG);
	m->config.digest = xstrdup(config_digest);
	m->config.size = (int64_t)strlen(w->record.config);
	for (size_t i = 0; r >= 0 && i < strv_len(w->wanted->layers); i++)
		r = add_layer(w, m, i, err);
	if (r < 0)
		return r;
	add_annotations(w->wanted, m);
	w->record.manifest_type = xstrdup(type);
	return put_document(w, image_manifest_to_json(m), &w->record.manifest, &text,
			    err);
}

static int find_users(struct writing *w, const struct user_ids *ids, struct error *err)
{
	cleanup_strv char **paths =
		image_layer_paths(w->engine, w->record.layers, w->single_id);
	struct image_users users = {0};
	int r = image_view_users_here(paths, &users);

	if (r == 0)
		r = image_view_users(ids, paths, &users, err);
	w->record.passwd = users.passwd;
	w->record.group = users.group;
	return r < 0 ? r : 0;
}

static bool layer_present(void *data, const char *chain_id, bool single_id)
{
	return layer_dir_exists(((struct writing *)data)->layers_fd, chain_id, single_id);
}

static bool blob_present(void *data, const char *digest)
{
	return blob_size(((struct writing *)data)->blobs_fd, digest) >= 0;
}

static bool has_all(char *const *v, char *const *wanted)
{
	strv_foreach (text, wanted)
		if (!strv_has(v, *text))
			return false;
	return true;
}

/* The same once more changes nothing, and waits for nobody. */
static bool is_on_record(struct writing *w)
{
	cleanup_image_record struct image_record found = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (image_record_by_id(w->engine->store, w->record.id, &found, &err) < 0 ||
	    !str_eq(found.manifest, w->record.manifest) ||
	    !has_all(found.names, w->record.names) ||
	    !has_all(found.blobs, w->record.blobs))
		return false;
	strv_foreach (chain_id, found.layers)
		if (!layer_present(w, *chain_id, w->single_id))
			return false;
	strv_foreach (digest, found.blobs)
		if (!blob_present(w, *digest))
			return false;
	return true;
}

static int put_record(struct writing *w, struct error *err)
{
	const struct image_presence presence = {
		.layer = layer_present, .blob = blob_present, .data = w};

	if (is_on_record(w))
		return 0;
	return image_record_insert(w->engine->store, &w->record, w->single_id, &presence,
				   err);
}

static int fill_and_put(struct writing *w, struct error *err)
{
	const struct image_write *q = w->wanted;
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_free char *digest = NULL;
	int r;

	user_ids_any(w->engine, &ids);
	w->single_id = ids.single;
	r = put_document(w, image_config_to_json(q->config), &digest, &w->record.config,
			 err);
	if (r < 0)
		return r;
	w->record.id = xstrdup(digest_hex(digest));
	if (q->config->created)
		(void)!time_parse(q->config->created, &w->record.created_usec);
	w->record.recorded_usec = time_now_usec();
	w->record.names = strv_copy(q->names);
	w->record.layers = strv_copy(q->layers);
	r = put_manifest(w, digest, err);
	if (r < 0)
		return r;
	strv_add(&w->record.blobs, w->record.manifest);
	strv_add(&w->record.blobs, digest);
	r = find_users(w, &ids, err);
	return r < 0 ? r : put_record(w, err);
}

int image_write(const struct engine *e, const struct image_write *wanted, char **ret_id,
		struct error *err)
{
	cleanup(writing_release) struct writing w = {
		.engine = e,
		.wanted = wanted,
		.blobs_fd = -EBADF,
		.layers_fd = -EBADF,
	};
	int r = check(wanted, err);

	if (r >= 0)
		r = w.blobs_fd = image_blobs_open(e, err);
	if (r >= 0)
		r = w.layers_fd = layers_open(e, err);
	if (r >= 0)
		r = fill_and_put(&w, err);
	if (r < 0)
		return r;
	*ret_id = xstrdup(w.record.id);
	if (wanted->is_silent)
		return 0;
	event_image(e, EVENT_BUILD, w.record.id,
		    w.record.names ? w.record.names[0] : NULL);
	strv_foreach (name, wanted->names)
		event_image(e, EVENT_TAG, w.record.id, *name);
	return 0;
}

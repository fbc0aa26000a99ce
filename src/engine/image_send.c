/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_send.h"

#include <stdlib.h>
#include <string.h>

#include "engine/blob_make.h"
#include "engine/event.h"
#include "engine/image.h"
#include "engine/transfer_client.h"
#include "image/reference.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define MOUNT_FROM_MAX 16 /* repositories that a registry is asked about */

struct call {
	const struct image_progress *progress; /* may be NULL */
	struct json_object *result;            /* owned; the last one */
};

static int on_event(void *data, struct transfer_event *event, struct error *err)
{
	struct call *c = data;

	(void)err;
	if (str_eq(event->name, "progress"))
		image_progress_show(c->progress, event->packet);
	else if (str_eq(event->name, "note"))
		image_progress_note(c->progress, event->packet);
	else if (str_eq(event->name, "result")) {
		json_object_put(c->result);
		c->result = TAKE_PTR(event->packet);
	}
	return 0;
}

int image_registry_call(const struct engine *e, const char *operation,
			struct json_object *request, struct json_object **ret,
			struct error *err)
{
	struct call c = {0};
	const struct transfer_call call = {.operation = operation,
					   .request = request,
					   .stdin_fd = -EBADF,
					   .stdout_fd = -EBADF};
	int r = transfer_client_run(e, &call, on_event, &c, err);

	if (r < 0)
		json_object_put(TAKE_PTR(c.result));
	*ret = c.result;
	return r;
}

/* Blobs that were only made to be sent. */
static void drop_made(const struct engine *e, struct json_object *result)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **made = NULL;

	if (result && json_get(result, "made") &&
	    json_to_strv(json_get(result, "made"), "made", &made, &err) >= 0)
		blobs_drop(e, made);
}

/* Bytes of each layer's tar, as decimal numbers; NULL if one is not known. */
static char **tar_sizes(const struct engine *e, const struct image_record *image)
{
	cleanup_strv char **sizes = NULL;

	strv_foreach (chain_id, image->layers) {
		cleanup_layer_record struct layer_record layer = {0};
		cleanup_error struct error err = ERROR_INIT;

		if (layer_record_get(e->store, *chain_id, false, &layer, &err) < 0 &&
		    layer_record_get(e->store, *chain_id, true, &layer, &err) < 0) {
			error_drop(&err, "the sender has to count");
			return NULL;
		}
		strv_addf(&sizes, "%lld", (long long)layer.tar_size);
	}
	return TAKE_PTR(sizes);
}

static bool have_common_blob(const struct image_record *a, const struct image_record *b)
{
	strv_foreach (digest, a->blobs)
		if (strv_has(b->blobs, *digest))
			return true;
	return false;
}

/* Repositories of this registry that the image was fetched from or sent to. */
static void add_repositories(const struct image_record *image, const char *registry,
			     char ***ret)
{
	strv_foreach (name, image->digests) {
		cleanup_reference struct reference ref = {0};
		cleanup_error struct error err = ERROR_INIT;

		if (reference_parse(*name, &ref, &err) < 0) {
			error_drop(&err, "a name of another version's");
			continue;
		}
		if (str_eq(ref.registry, registry) && !strv_has(*ret, ref.repository) &&
		    strv_len(*ret) < MOUNT_FROM_MAX)
			strv_add(ret, ref.repository);
	}
}

/* Where a registry may already have some of the blobs: then they need not be sent. */
static int find_mounts(const struct engine *e, const struct image_send_options *o,
		       char ***ret, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < o->n_images; i++) {
		cleanup_reference struct reference target = {0};
		cleanup_error struct error no_name = ERROR_INIT;

		if (!o->images[i].names || !o->images[i].names[0])
			continue;
		if (reference_parse(o->images[i].names[0], &target, &no_name) < 0) {
			error_drop(&no_name, "then nothing is mounted");
			continue;
		}
		for (size_t j = 0; j < all.n; j++)
			if (have_common_blob(&all.items[j], o->images[i].image))
				add_repositories(&all.items[j], target.registry, ret);
	}
	return r < 0 ? r : 0;
}

static int send_now(const struct engine *e, const struct transfer_send *send,
		    const struct image_progress *progress, char **ret_manifest,
		    struct error *err)
{
	cleanup_json struct json_object *request = transfer_send_to_json(send);
	struct call c = {.progress = progress};
	const struct transfer_call call = {
		.operation = "send",
		.request = request,
		.stdin_fd = -EBADF,
		.stdout_fd = send->output_is_stdout ? 1 : -EBADF,
	};
	int r = transfer_client_run(e, &call, on_event, &c, err);
	const char *manifest = c.result ? json_get_str(c.result, "manifest") : NULL;

	if (r >= 0 && ret_manifest)
		*ret_manifest = manifest ? xstrdup(manifest) : NULL;
	drop_made(e, c.result);
	json_object_put(c.result);
	return r;
}

static void release_images(struct transfer_send_image *images, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strv_free(images[i].diff_sizes);
	free(images);
}

int image_send(const struct engine *e, const struct image_send_options *o,
	       char **ret_manifest, struct error *err)
{
	cleanup_made_blobs struct made_blobs made = MADE_BLOBS_INIT;
	cleanup_strv char **mount_from = NULL;
	struct transfer_send send = o->send;
	int r = find_mounts(e, o, &mount_from, err);

	for (size_t i = 0; r >= 0 && i < o->n_images; i++)
		r = blobs_make(e, o->images[i].image, &made, err);
	if (r < 0)
		return r;
	if (!send.mount_from)
		send.mount_from = mount_from;
	send.images = xcalloc(o->n_images + 1, sizeof(*send.images));
	send.n_images = o->n_images;
	for (size_t i = 0; i < o->n_images; i++)
		send.images[i] = (struct transfer_send_image){
			.manifest = o->images[i].image->manifest,
			.names = (char **)o->images[i].names,
			.diff_sizes = tar_sizes(e, o->images[i].image),
		};
	r = send_now(e, &send, o->progress, ret_manifest, err);
	release_images(send.images, send.n_images);
	for (size_t i = 0; r >= 0 && i < o->n_images; i++)
		event_image(
			e, str_starts(send.target, "docker://") ? EVENT_PUSH : EVENT_SAVE,
			o->images[i].image->id, send.target);
	return r;
}

/* Of the images that an index names and that are here; what is not here is for the sender to say. */
static int make_blobs_of(const struct engine *e, const char *text, struct made_blobs *ret,
			 struct error *err)
{
	cleanup_image_index struct image_index *index = NULL;
	int r = image_index_parse(text, strlen(text), &index, err);

	for (size_t i = 0; r >= 0 && i < index->n_manifests; i++) {
		cleanup_image_record struct image_record image = {0};

		r = image_record_by_digest(e->store, index->manifests[i].digest, &image,
					   err);
		if (r >= 0) {
			r = blobs_make(e, &image, ret, err);
		} else if (err->kind == ERR_NOT_FOUND) {
			error_release(err);
			r = 0;
		}
	}
	return r < 0 ? r : 0;
}

int manifest_list_send(const struct engine *e, const char *index,
		       const struct image_send_options *o, bool all, char **ret_manifest,
		       struct error *err)
{
	cleanup_made_blobs struct made_blobs made = MADE_BLOBS_INIT;
	struct transfer_send send = o->send;
	struct transfer_send_image image = {.index = (char *)index, .index_only = !all};

	if (o->n_images != 1)
		return error_set(err, ERR_INVALID, 0,
				 "send a manifest list: give it one name");
	if (all) {
		int r = make_blobs_of(e, index, &made, err);

		if (r < 0)
			return r;
	}
	image.names = (char **)o->images[0].names;
	send.images = &image;
	send.n_images = 1;
	return send_now(e, &send, o->progress, ret_manifest, err);
}

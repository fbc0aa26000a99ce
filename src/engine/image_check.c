/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records and files compared. What a layer's directory holds is not looked at: only that it is there.
 *
 * Repair, in this order: blobs that are not what their names say go; images that have lost a blob go
 * too, as nothing here can make one; layers that are missing are unpacked again; then everything that
 * no image needs is swept.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/blob_make.h"
#include "engine/collect.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_fetch.h"
#include "engine/layer_dir.h"
#include "engine/settle.h"
#include "engine/transfer_client.h"
#include "engine/user_ids.h"
#include "image/blobs.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define VERIFY_AT_ONCE 1000 /* digests that go into one packet */

struct check {
	const struct engine *engine;
	const struct image_check_options *options;
	int layers_fd, blobs_fd;
	char **altered; /* digests of blobs with other content */
	char ***findings;
};

static void check_release(struct check *c)
{
	fd_cleanup_(&c->layers_fd);
	fd_cleanup_(&c->blobs_fd);
	strv_free(c->altered);
}

static const char *shown(const struct image_record *r)
{
	return r->names ? r->names[0] : r->id;
}

static int on_verified(void *data, struct transfer_event *event, struct error *err)
{
	struct check *c = data;
	const char *digest = json_get_str(event->packet, "digest");
	const char *problem = json_get_str(event->packet, "problem");

	if (!str_eq(event->name, "result"))
		return 0;
	if (!digest || !problem)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "hear from the transfer program");
	strv_add(&c->altered, digest);
	strv_addf(c->findings, "blob %s: %s%s", digest, problem,
		  c->options->repair ? ": removed" : "");
	return 0;
}

static int verify(struct check *c, char *const *digests, struct error *err)
{
	cleanup_json struct json_object *request = json_object_new_object();
	const struct transfer_call call = {.operation = "verify",
					   .request = request,
					   .stdin_fd = -EBADF,
					   .stdout_fd = -EBADF};

	json_add_strv(request, "blobs", digests);
	return transfer_client_run(c->engine, &call, on_verified, c, err);
}

/* Every blob that there is, a packet full at a time. */
static int verify_blobs(struct check *c, struct error *err)
{
	cleanup_strv char **all = NULL;
	int r = blobs_list(c->blobs_fd, &all, err);
	size_t n = strv_len(all);

	for (size_t i = 0; r >= 0 && i < n; i += VERIFY_AT_ONCE) {
		size_t end = i + VERIFY_AT_ONCE < n ? i + VERIFY_AT_ONCE : n;
		char *after = all[end];

		all[end] = NULL;
		r = verify(c, all + i, err);
		all[end] = after;
	}
	if (r < 0)
		return error_wrap(err, "look at the blobs");
	strv_foreach (digest, c->altered)
		if (r >= 0 && c->options->repair)
			r = blob_remove(c->blobs_fd, *digest, err);
	return r < 0 ? r : 0;
}

static char *wrong_size(const struct check *c, const struct image_descriptor *d)
{
	if (blob_size(c->blobs_fd, d->digest) == d->size)
		return NULL;
	return xasprintf("the blob %s has not the %lld bytes that the manifest says",
			 d->digest, (long long)d->size);
}

/* A layer that was built here has a directory instead of a blob. */
static char *wrong_layer(const struct check *c, const struct image_record *image,
			 size_t i, const struct image_descriptor *d)
{
	cleanup_layer_record struct layer_record layer = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (i >= strv_len(image->layers) ||
	    !blob_can_be_made(c->engine, image->layers[i], d, &layer))
		return xasprintf("the blob %s is missing", d->digest);
	if (c->options->deep && blob_check_layer(c->engine, &layer, &err) < 0)
		return error_message(&err);
	return NULL;
}

/* What is wrong with the image's blobs, or NULL. Caller frees. */
static char *wrong_blob(const struct check *c, const struct image_record *image)
{
	cleanup_image_manifest struct image_manifest *m = NULL;
	cleanup_error struct error err = ERROR_INIT;

	strv_foreach (digest, image->blobs) {
		if (strv_has(c->altered, *digest))
			return xasprintf("the blob %s was altered", *digest);
		if (blob_size(c->blobs_fd, *digest) < 0)
			return xasprintf("the blob %s is missing", *digest);
	}
	if (image_manifest_of(c->engine, image, &m, &err) < 0)
		return error_message(&err);
	for (size_t i = 0; i < m->n_layers; i++) {
		const struct image_descriptor *d = &m->layers[i];
		char *problem = strv_has(image->blobs, d->digest)
					? wrong_size(c, d)
					: wrong_layer(c, image, i, d);

		if (problem)
			return problem;
	}
	return NULL;
}

static int remove_with_containers(struct check *c, const struct image_record *image,
				  const char *problem, struct error *err)
{
	struct image_removal removal = {.force = true, .by_id = true};
	int r = image_remove(c->engine, image, NULL, &removal, err);

	image_removal_release(&removal);
	if (r < 0)
		return r;
	strv_addf(c->findings,
		  "image %s: %s: removed with the containers made from it, pull it again",
		  shown(image), problem);
	return 0;
}

static int remove_image(struct check *c, const struct image_record *image,
			const char *problem, struct error *err)
{
	int r = image_record_delete(c->engine->store, image->id, err);

	if (r == -EBUSY && c->options->force) {
		error_release(err);
		return remove_with_containers(c, image, problem, err);
	}
	if (r == -EBUSY) {
		error_release(err);
		strv_addf(c->findings,
			  "image %s: %s: left, as a container is made from it; pull it "
			  "again, or use --force",
			  shown(image), problem);
		return 0;
	}
	if (r < 0)
		return r;
	strv_addf(c->findings, "image %s: %s: removed, pull it again", shown(image),
		  problem);
	return 0;
}

enum { MODE_ALL_IDS, MODE_SINGLE_ID, N_MODES };

/* Return: 1 on record, 0 not. */
static int is_on_record(const struct check *c, const char *chain_id, bool single_id,
			struct error *err)
{
	cleanup_layer_record struct layer_record layer = {0};
	int r = layer_record_get(c->engine->store, chain_id, single_id, &layer, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	return r < 0 ? r : 1;
}

/* In which modes layers have to be unpacked again. A finding for each. */
static int look_at_layers(struct check *c, const struct image_record *image,
			  bool unpack[static N_MODES], struct error *err)
{
	strv_foreach (chain_id, image->layers) {
		bool has_any = false;

		for (int mode = 0; mode < N_MODES; mode++) {
			int r = is_on_record(c, *chain_id, mode, err);

			if (r < 0)
				return r;
			has_any |= r > 0;
			if (r == 0 || layer_dir_exists(c->layers_fd, *chain_id, mode))
				continue;
			unpack[mode] = true;
			strv_addf(c->findings, "image %s: the layer %s is missing%s",
				  shown(image), *chain_id,
				  c->options->repair ? ": unpacked again" : "");
		}
		if (has_any)
			continue;
		unpack[MODE_ALL_IDS] = true;
		strv_addf(c->findings, "image %s: the layer %s is not on record%s",
			  shown(image), *chain_id,
			  c->options->repair ? ": unpacked again" : "");
	}
	return 0;
}

/* With the user's whole map, if there is one. */
static bool mode_that_works(const struct check *c, int mode)
{
	cleanup_user_ids struct user_ids ids = {0};

	if (mode == MODE_SINGLE_ID)
		return true;
	user_ids_any(c->engine, &ids);
	return ids.single;
}

static int repair_layers(struct check *c, const struct image_record *image,
			 struct error *err)
{
	bool unpack[N_MODES] = {false};
	int r = look_at_layers(c, image, unpack, err);

	for (int mode = 0; r >= 0 && c->options->repair && mode < N_MODES; mode++) {
		struct image_fetch_options o = {.single_id = mode_that_works(c, mode)};

		if (!unpack[mode])
			continue;
		r = image_unpack(c->engine, image, &o, err);
		/* its documents don't fit together */
		if (r < 0 && err->kind == ERR_INVALID) {
			error_drop(err, "it can't be unpacked");
			return remove_image(c, image, "its layers can't be made again",
					    err);
		}
	}
	return r;
}

static int check_image(struct check *c, const struct image_record *image,
		       struct error *err)
{
	cleanup_free char *problem = wrong_blob(c, image);

	if (problem && c->options->repair)
		return remove_image(c, image, problem, err);
	if (problem)
		strv_addf(c->findings, "image %s: %s", shown(image), problem);
	return repair_layers(c, image, err);
}

static void add_count(struct check *c, size_t n, const char *one, const char *many)
{
	if (n)
		strv_addf(c->findings, "%zu %s%s", n, n == 1 ? one : many,
			  c->options->repair ? ": removed" : "");
}

static int look_for_rubbish(struct check *c, struct error *err)
{
	struct collected found = {0};
	int r = collect_all(c->engine, !c->options->repair, &found, err);

	if (r < 0)
		return r;
	add_count(c, found.n_blobs, "blob that no image needs",
		  "blobs that no image needs");
	add_count(c, found.n_layers, "layer that no image needs",
		  "layers that no image needs");
	add_count(c, found.n_nameless, "layer that is not on record",
		  "layers that are not on record");
	add_count(c, found.n_partial, "download that was cut off",
		  "downloads that were cut off");
	add_count(c, found.n_left_over, "directory that a killed process left",
		  "directories that killed processes left");
	return 0;
}

int image_check(const struct engine *e, const struct image_check_options *o,
		char ***ret_findings, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	cleanup(check_release) struct check c = {.engine = e,
						 .options = o,
						 .layers_fd = layers_open(e, err),
						 .blobs_fd = -EBADF,
						 .findings = ret_findings};
	int r = c.layers_fd;

	if (r >= 0)
		r = c.blobs_fd = image_blobs_open(e, err);
	if (r >= 0 && o->deep)
		r = verify_blobs(&c, err);
	if (r >= 0)
		r = image_record_list(e->store, &all, err);
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		r = check_image(&c, &all.items[i], err);
	if (r >= 0)
		r = look_for_rubbish(&c, err);
	return r < 0 || !o->repair ? r : container_sweep(e, err);
}

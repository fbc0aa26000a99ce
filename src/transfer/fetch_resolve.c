/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a source has for a name to one image:
 *
 *   index -> the entries that fit the platform, the best first (an entry without a platform has to be
 *   looked into) -> ... -> manifest -> config, which must have a diff id for each layer
 *
 * Every text is checked against the digest that led to it before it is read, and is put into the blobs
 * as it was received.
 */
#include <string.h>
#include <unistd.h>

#include "image/blob_writer.h"
#include "image/blobs.h"
#include "image/hash.h"
#include "image/platform.h"
#include "image/reference.h"
#include "spec/media_type.h"
#include "transfer/control.h"
#include "transfer/fetch.h"
#include "transfer/protocol.h"
#include "util/mem.h"
#include "util/str.h"

struct found {
	struct image_text text; /* the manifest's */
	struct image_manifest *manifest;
	struct image_config *config;
	char *index; /* digest of the outermost index */
	bool unchanged;
};

static void found_release(struct found *f)
{
	image_text_release(&f->text);
	image_manifest_free(f->manifest);
	image_config_free(f->config);
	free(f->index);
	*f = (struct found){0};
}
#define cleanup_found cleanup(found_release)

int fetch_put(struct fetch *f, const char *digest, const void *data, size_t len,
	      struct error *err)
{
	struct blob_wanted wanted = {.digest = digest, .size = (int64_t)len};
	cleanup_blob_writer struct blob_writer *w = NULL;
	cleanup_fd int fd = -EBADF;

	int r = blob_writer_open(f->blobs_fd, &wanted, true, &w, &fd, err);
	if (r < 0 || !w)
		return r;
	r = blob_writer_restart(w, err);
	if (r == 0)
		r = blob_writer_add(w, data, len, err);
	return r < 0 ? r : blob_writer_finish(w, NULL, NULL, err);
}

/* A small blob: into the store unless it is there. */
static int get_blob(struct fetch *f, const struct image_descriptor *d, struct error *err)
{
	struct blob_wanted wanted = {.digest = d->digest, .size = d->size};

	for (int attempt = 0;; attempt++) {
		cleanup_blob_writer struct blob_writer *w = NULL;
		cleanup_fd int fd = -EBADF;
		int r = blob_writer_open(f->blobs_fd, &wanted, true, &w, &fd, err);
		if (r < 0 || !w)
			return r;
		r = f->source->ops->blob(f->source, d, w, err);
		if (r < 0)
			return r;
		r = blob_writer_finish(w, NULL, NULL, err);
		if (r == 0 || err->code != ESTALE || attempt > 0)
			return r;
		error_drop(err, "once more, from the beginning");
	}
}

static int read_config(struct fetch *f, const struct image_manifest *m,
		       struct image_config **ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	int r = get_blob(f, &m->config, err);
	if (r == 0)
		r = blob_read(f->blobs_fd, m->config.digest, IMAGE_CONFIG_MAX, &text,
			      &len, err);
	if (r < 0)
		return r;
	r = image_config_parse(text, len, ret, err);
	return r < 0 ? r : image_config_check_layers(*ret, m->n_layers, err);
}

/* Whether the image's programs run on the platform that is wanted. */
static int config_rank(const struct fetch *f, const struct image_config *c)
{
	struct image_platform offered = {
		.os = c->os, .architecture = c->architecture, .variant = c->variant};

	return platform_rank(&f->wanted, &offered);
}

static int refuse_platform(const struct fetch *f, const struct image_config *c,
			   struct error *err)
{
	struct image_platform offered = {
		.os = c->os, .architecture = c->architecture, .variant = c->variant};
	cleanup_free char *wanted = platform_text(&f->wanted),
			  *got = platform_text(&offered);

	error_set(err, ERR_NOT_FOUND, 0, "the image is for %s, not for %s", got, wanted);
	return error_hint(err, "ask for what there is: --platform %s", got);
}

/* entry: what in an index led here, NULL if nothing did. */
static int follow_manifest(struct fetch *f, struct image_text *text,
			   const struct image_descriptor *entry, struct found *ret,
			   struct error *err)
{
	int r = image_manifest_parse(text->data, text->len, &ret->manifest, err);
	if (r == 0)
		r = image_manifest_check_image(ret->manifest, err);
	if (r < 0)
		return r;
	ret->unchanged =
		f->request.known_digest && str_eq(text->digest, f->request.known_digest);
	if (!ret->unchanged)
		r = read_config(f, ret->manifest, &ret->config, err);
	if (r < 0)
		return r;
	if (ret->config && (!entry || !entry->platform) &&
	    config_rank(f, ret->config) < 0 && (entry || f->platform_given))
		return refuse_platform(f, ret->config, err);
	ret->text = *text;
	*text = (struct image_text){0};
	return 0;
}

static int follow(struct fetch *f, struct image_text *text,
		  const struct image_descriptor *entry, int depth, struct found *ret,
		  struct error *err);

static int follow_entry(struct fetch *f, const struct image_descriptor *d, int depth,
			struct found *ret, struct error *err)
{
	cleanup_image_text struct image_text text = {0};

	int r = f->source->ops->manifest(f->source, d, &text, err);
	return r < 0 ? r : follow(f, &text, d, depth + 1, ret, err);
}

static int follow_index(struct fetch *f, const struct image_text *text, int depth,
			struct found *ret, struct error *err)
{
	cleanup_image_index struct image_index *index = NULL;
	cleanup_free const struct image_descriptor **candidates = NULL;
	size_t n = 0;

	if (depth >= IMAGE_INDEX_DEPTH_MAX)
		return error_set(err, ERR_INVALID, 0, "indexes lie more than %d deep",
				 IMAGE_INDEX_DEPTH_MAX);
	int r = image_index_parse(text->data, text->len, &index, err);
	if (r == 0)
		r = platform_candidates(index, &f->wanted, &candidates, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		found_release(ret);
		r = follow_entry(f, candidates[i], depth, ret, err);
		/* what has no platform may turn out to be for another one */
		if (r == 0 || candidates[i]->platform || err->kind != ERR_NOT_FOUND ||
		    i + 1 == n)
			break;
		error_drop(err, "another entry of the index may fit");
	}
	if (r < 0 || ret->unchanged)
		return r;
	free(ret->index);
	ret->index = xstrdup(text->digest);
	return fetch_put(f, text->digest, text->data, text->len, err);
}

static int follow(struct fetch *f, struct image_text *text,
		  const struct image_descriptor *entry, int depth, struct found *ret,
		  struct error *err)
{
	const char *type = NULL;

	int r = image_document_type(text->data, text->len, text->media_type, &type, err);
	if (r == 0 && media_type_is_index(type))
		r = follow_index(f, text, depth, ret, err);
	else if (r == 0) {
		free(text->media_type);
		text->media_type = xstrdup(type);
		r = follow_manifest(f, text, entry, ret, err);
	}
	return r < 0 && depth == 0 ? error_wrap(err, "%s", f->source->name) : r;
}

/* chain(0) = diff(0); chain(n) = digest of "chain(n-1) diff(n)". Source: OCI image specification,
 * config.md, 'Layer ChainID'. */
static int chain_id(const char *below, const char *diff_id, char **ret, struct error *err)
{
	if (!below) {
		*ret = xstrdup(diff_id);
		return 0;
	}
	cleanup_free char *text = xasprintf("%s %s", below, diff_id);
	return hash_text(text, strlen(text), ret, err);
}

static int list_layers(const struct found *found, struct transfer_image *image,
		       struct error *err)
{
	const struct image_manifest *m = found->manifest;

	if (m->n_layers > TRANSFER_LAYERS_MAX)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "the image has %zu layers; %d can be stacked",
				 m->n_layers, TRANSFER_LAYERS_MAX);
	image->layers = xcalloc(m->n_layers + 1, sizeof(*image->layers));
	for (size_t i = 0; i < m->n_layers; i++) {
		struct transfer_layer *layer = &image->layers[i];
		const char *diff_id = found->config->rootfs.diff_ids[i];
		layer->digest = xstrdup(m->layers[i].digest);
		layer->size = m->layers[i].size;
		layer->media_type = xstrdup(m->layers[i].media_type);
		layer->diff_id = xstrdup(diff_id);
		image->n_layers = i + 1;
		int r = chain_id(i ? layer[-1].chain_id : NULL, diff_id, &layer->chain_id,
				 err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void add_once(char ***v, char *text)
{
	if (strv_has(*v, text))
		free(text);
	else
		strv_add_take(v, text);
}

/* A name with a tag is the image's name; by its repository the digests are known. */
static int add_name(struct transfer_image *image, const char *name, struct error *err)
{
	cleanup_reference struct reference ref = {0};

	int r = reference_parse(name, &ref, err);
	if (r < 0)
		return r;
	cleanup_free char *repository = reference_repository(&ref);
	if (ref.tag && !ref.digest)
		add_once(&image->names, xstrdup(name));
	add_once(&image->digest_names, xasprintf("%s@%s", repository, image->manifest));
	if (image->index)
		add_once(&image->digest_names,
			 xasprintf("%s@%s", repository, image->index));
	return 0;
}

static int describe(struct fetch *f, const struct source_image *item, struct found *found,
		    struct transfer_image *image, struct error *err)
{
	char *const *names =
		f->request.names && *f->request.names ? f->request.names : item->names;

	if (!found->manifest || !found->config)
		return error_set(err, ERR_NOT_FOUND, 0, "there is no image");
	image->manifest = xstrdup(found->text.digest);
	image->manifest_type = xstrdup(found->text.media_type);
	image->index = TAKE_PTR(found->index);
	image->config = xstrdup(found->manifest->config.digest);
	strv_foreach (name, names) {
		int r = add_name(image, *name, err);
		if (r < 0)
			return r;
	}
	return list_layers(found, image, err);
}

/* An image for another machine may be wanted, to look into it; but that is to be known. */
static int note_platform(struct fetch *f, const struct image_config *c, struct error *err)
{
	struct image_platform offered = {
		.os = c->os, .architecture = c->architecture, .variant = c->variant};

	if (f->platform_given || config_rank(f, c) >= 0)
		return 0;
	cleanup_free char *wanted = platform_text(&f->wanted),
			  *got = platform_text(&offered);
	return control_note(err, "%s is for %s; this host is %s", f->source->name, got,
			    wanted);
}

int fetch_resolve(struct fetch *f, const struct source_image *item,
		  struct fetch_resolved *ret, struct error *err)
{
	cleanup_image_text struct image_text top = {0};
	cleanup_found struct found found = {0};

	int r = f->source->ops->top(f->source, item->handle, &top, err);
	if (r < 0)
		return r;
	if (f->request.known_digest && str_eq(top.digest, f->request.known_digest)) {
		ret->unchanged = true;
		return 0;
	}
	r = follow(f, &top, NULL, 0, &found, err);
	if (r < 0)
		return r;
	ret->unchanged = found.unchanged;
	if (found.unchanged)
		return 0;
	r = describe(f, item, &found, &ret->image, err);
	if (r == 0)
		r = fetch_put(f, found.text.digest, found.text.data, found.text.len, err);
	if (r == 0)
		r = note_platform(f, found.config, err);
	ret->manifest = TAKE_PTR(found.manifest);
	return r;
}

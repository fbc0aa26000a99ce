/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest -> what is to be done with each blob (plan) -> the blobs are sent -> the manifest, word for
 * word if nothing was changed, else written anew -> the index above it, likewise.
 */
#include <string.h>

#include "image/blobs.h"
#include "image/compress.h"
#include "image/hash.h"
#include "image/reference.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "transfer/send.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct plan {
	struct send *send;
	const struct image_text *text;
	char *const *diff_sizes; /* strv; may be NULL */
	struct image_manifest *manifest;
	struct image_config *config; /* NULL unless it is needed */
	bool docker;                 /* what is written is Docker's format */
	bool changed;
	struct send_blob *blobs; /* the layers', then the config's, each once */
	size_t n_blobs;
	size_t *of_layer; /* index into blobs */
};

static void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n_blobs; i++)
		image_descriptor_release(&p->blobs[i].to);
	free(p->blobs);
	free(p->of_layer);
	image_manifest_free(p->manifest);
	image_config_free(p->config);
}
#define cleanup_plan cleanup(plan_release)

static struct send_blob *add_blob(struct plan *p, const struct image_descriptor *from)
{
	struct send_blob *b = &p->blobs[p->n_blobs++];

	*b = (struct send_blob){.from = from};
	b->to.digest = xstrdup(from->digest);
	b->to.media_type = from->media_type ? xstrdup(from->media_type) : NULL;
	b->to.size = from->size;
	return b;
}

static void set_type(struct send_blob *b, const char *type)
{
	if (!type || str_eq(b->to.media_type, type))
		return;
	free(b->to.media_type);
	b->to.media_type = xstrdup(type);
}

/* What the target gets is the tar: its digest is the diff id. */
static int plan_unpacked(struct plan *p, size_t i, struct send_blob *b,
			 enum compression real, struct error *err)
{
	int64_t size = b->from->size;
	int r = 0;

	if (real != COMPRESSION_NONE) {
		b->unpack = true;
		if (i < strv_len(p->diff_sizes))
			r = str_to_i64(p->diff_sizes[i], &size);
		else
			r = send_count(p->send->blobs_fd, b->from->digest, &size, err);
		if (r < 0)
			return error_is_set(err)
				       ? r
				       : error_set(err, ERR_INVALID, 0,
						   "diff_sizes[%zu]: no number", i);
	}
	free(b->to.digest);
	b->to.digest = xstrdup(p->config->rootfs.diff_ids[i]);
	b->to.size = size;
	set_type(b, MEDIA_TYPE_DOCKER_LAYER);
	p->changed = true;
	return 0;
}

/* How the layer shall be compressed; its own way if there is no reason for another. */
static enum compression choose_compression(const struct plan *p, enum compression real)
{
	const struct transfer_send *q = &p->send->request;
	enum compression wanted =
		str_eq(q->compression, "zstd") ? COMPRESSION_ZSTD : COMPRESSION_GZIP;

	if (real == COMPRESSION_NONE)
		return q->compression || p->send->remote ? wanted : real;
	if (q->compression && q->force_compression)
		return wanted;
	/* Docker's format has no zstd, and neither format has others */
	if (q->format && (p->docker || real != COMPRESSION_ZSTD))
		return COMPRESSION_GZIP;
	return real;
}

static int plan_layer(struct plan *p, size_t i, struct error *err)
{
	struct send_blob *b = add_blob(p, &p->manifest->layers[i]);
	enum compression real = COMPRESSION_NONE;

	if (!media_type_is_layer(b->from->media_type))
		return 0; /* an artifact's: as it is */
	/* a registry may have what this store has not */
	bool there =
		!p->send->remote || blob_size(p->send->blobs_fd, b->from->digest) >= 0;
	int r = there ? send_compression(p->send->blobs_fd, b->from->digest, &real, err)
		      : 0;
	if (r < 0)
		return r;
	if (p->send->target->plain_layers)
		return plan_unpacked(p, i, b, real, err);
	enum compression wanted = there ? choose_compression(p, real) : real;
	if (wanted != real) {
		b->convert = true;
		b->compression = wanted;
		p->changed = true;
		free(b->to.digest);
		b->to.digest = NULL;
	}
	if (p->changed || p->send->request.format)
		set_type(b, there ? media_type_layer(p->docker, compression_name(wanted))
				  : b->from->media_type);
	return 0;
}

static size_t find_blob(const struct plan *p, const char *digest)
{
	for (size_t i = 0; i < p->n_blobs; i++)
		if (str_eq(p->blobs[i].from->digest, digest))
			return i;
	return SIZE_MAX;
}

static int read_config(struct plan *p, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	int r = image_manifest_check_image(p->manifest, err);
	if (r == 0)
		r = blob_read(p->send->blobs_fd, p->manifest->config.digest,
			      IMAGE_CONFIG_MAX, &text, &len, err);
	if (r == 0)
		r = image_config_parse(text, len, &p->config, err);
	return r < 0 ? r
		     : image_config_check_layers(p->config, p->manifest->n_layers, err);
}

static int check_format(const struct plan *p, struct error *err)
{
	const struct transfer_send *q = &p->send->request;

	if (p->docker && str_eq(q->compression, "zstd")) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"compress with zstd: Docker's image format (v2s2) does not have it");
		return error_hint(err, "use --format oci");
	}
	return q->format ? image_manifest_check_image(p->manifest, err) : 0;
}

static int make_plan(struct plan *p, const char *type, struct error *err)
{
	const char *format = p->send->request.format;

	int r = image_manifest_parse(p->text->data, p->text->len, &p->manifest, err);
	if (r < 0)
		return r;
	p->docker = format ? str_eq(format, "v2s2") : media_type_is_docker(type);
	p->changed = format && p->docker != media_type_is_docker(type);
	r = check_format(p, err);
	if (r == 0 && p->send->target->plain_layers)
		r = read_config(p, err);
	p->blobs = xcalloc(p->manifest->n_layers + 1, sizeof(*p->blobs));
	p->of_layer = xcalloc(p->manifest->n_layers + 1, sizeof(*p->of_layer));
	for (size_t i = 0; i < p->manifest->n_layers && r == 0; i++) {
		p->of_layer[i] = find_blob(p, p->manifest->layers[i].digest);
		if (p->of_layer[i] != SIZE_MAX)
			continue;
		p->of_layer[i] = p->n_blobs;
		r = plan_layer(p, i, err);
	}
	if (r == 0 && find_blob(p, p->manifest->config.digest) == SIZE_MAX)
		add_blob(p, &p->manifest->config);
	return r;
}

/* The manifest's bytes; a new digest. */
static int write_text(struct json_object *o, const char *type, struct image_text *ret,
		      struct error *err)
{
	ret->data = json_text(o, false);
	ret->len = strlen(ret->data);
	ret->media_type = xstrdup(type);
	return hash_text(ret->data, ret->len, &ret->digest, err);
}

static void set_descriptor(struct image_descriptor *d, const struct image_descriptor *to)
{
	free(d->digest);
	free(d->media_type);
	d->digest = xstrdup(to->digest);
	d->media_type = to->media_type ? xstrdup(to->media_type) : NULL;
	d->size = to->size;
}

/* Another format has other members: what it does not know is left out. */
static int write_other_format(const struct plan *p, struct image_text *ret,
			      struct error *err)
{
	cleanup_image_manifest struct image_manifest *m = xcalloc(1, sizeof(*m));
	const char *type =
		p->docker ? MEDIA_TYPE_DOCKER_MANIFEST : MEDIA_TYPE_OCI_MANIFEST;

	m->schema_version = 2;
	m->media_type = xstrdup(type);
	set_descriptor(&m->config, &p->manifest->config);
	free(m->config.media_type);
	m->config.media_type =
		xstrdup(p->docker ? MEDIA_TYPE_DOCKER_CONFIG : MEDIA_TYPE_OCI_CONFIG);
	for (size_t i = 0; i < p->manifest->n_layers; i++)
		set_descriptor(SPEC_APPEND(&m->layers, &m->n_layers),
			       &p->blobs[p->of_layer[i]].to);
	cleanup_json struct json_object *o = image_manifest_to_json(m);
	return write_text(o, type, ret, err);
}

static int write_manifest(struct plan *p, const char *type, struct image_text *ret,
			  struct error *err)
{
	struct image_manifest *m = p->manifest;

	if (!p->changed) {
		*ret = (struct image_text){
			.data = xmemdup(p->text->data, p->text->len + 1),
			.len = p->text->len,
			.digest = xstrdup(p->text->digest),
			.media_type = xstrdup(type),
		};
		return 0;
	}
	if (p->docker != media_type_is_docker(type))
		return write_other_format(p, ret, err);
	for (size_t i = 0; i < m->n_layers; i++)
		set_descriptor(&m->layers[i], &p->blobs[p->of_layer[i]].to);
	cleanup_json struct json_object *o = image_manifest_to_json(m);
	return write_text(o, type, ret, err);
}

static int send_manifest(struct send *s, const struct image_text *text, const char *type,
			 char *const *diff_sizes, struct image_text *ret,
			 struct error *err)
{
	cleanup_plan struct plan p = {.send = s, .text = text, .diff_sizes = diff_sizes};

	int r = make_plan(&p, type, err);
	if (r == 0)
		r = send_blobs(s, p.blobs, p.n_blobs, err);
	return r < 0 ? r : write_manifest(&p, type, ret, err);
}

static int send_document(struct send *s, const char *digest, char *const *diff_sizes,
			 int depth, struct image_text *ret, struct error *err);

static int send_child(struct send *s, struct image_descriptor *d, int depth,
		      bool *changed, struct error *err)
{
	cleanup_image_text struct image_text text = {0};

	if (blob_size(s->blobs_fd, d->digest) < 0)
		return error_set(
			err, ERR_NOT_FOUND, 0,
			"send an index: the manifest %s that it names is not here",
			d->digest);
	int r = send_document(s, d->digest, NULL, depth + 1, &text, err);
	if (r == 0)
		r = s->target->ops->manifest(s->target, &text, NULL, err);
	if (r < 0 || str_eq(d->digest, text.digest))
		return r;
	*changed = true;
	free(d->digest);
	free(d->media_type);
	d->digest = TAKE_PTR(text.digest);
	d->media_type = TAKE_PTR(text.media_type);
	d->size = (int64_t)text.len;
	return 0;
}

static int send_index(struct send *s, const struct image_text *text, const char *type,
		      int depth, struct image_text *ret, struct error *err)
{
	cleanup_image_index struct image_index *index = NULL;
	const char *format = s->request.format;
	bool docker = format ? str_eq(format, "v2s2") : media_type_is_docker(type);
	bool changed = docker != media_type_is_docker(type);

	if (depth >= IMAGE_INDEX_DEPTH_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "send an index: indexes lie more than %d deep",
				 IMAGE_INDEX_DEPTH_MAX);
	int r = image_index_parse(text->data, text->len, &index, err);
	for (size_t i = 0; r == 0 && i < index->n_manifests; i++)
		r = send_child(s, &index->manifests[i], depth, &changed, err);
	if (r < 0)
		return r;
	if (!changed) {
		*ret = (struct image_text){
			.data = xmemdup(text->data, text->len + 1),
			.len = text->len,
			.digest = xstrdup(text->digest),
			.media_type = xstrdup(type),
		};
		return 0;
	}
	type = docker ? MEDIA_TYPE_DOCKER_LIST : MEDIA_TYPE_OCI_INDEX;
	free(index->media_type);
	index->media_type = xstrdup(type);
	cleanup_json struct json_object *o = image_index_to_json(index);
	return write_text(o, type, ret, err);
}

static int send_document(struct send *s, const char *digest, char *const *diff_sizes,
			 int depth, struct image_text *ret, struct error *err)
{
	cleanup_image_text struct image_text text = {.digest = xstrdup(digest)};
	const char *type = NULL;

	int r = blob_read(s->blobs_fd, digest, IMAGE_MANIFEST_MAX, &text.data, &text.len,
			  err);
	if (r == 0)
		r = image_document_type(text.data, text.len, NULL, &type, err);
	if (r < 0)
		return r;
	if (media_type_is_index(type))
		return send_index(s, &text, type, depth, ret, err);
	return send_manifest(s, &text, type, diff_sizes, ret, err);
}

/* An index that is no blob. */
static int send_given_index(struct send *s, const struct transfer_send_image *image,
			    struct image_text *ret, struct error *err)
{
	cleanup_image_text struct image_text text = {.data = xstrdup(image->index),
						     .len = strlen(image->index)};
	const char *type = NULL;

	int r = image_document_type(text.data, text.len, NULL, &type, err);
	if (r == 0 && !media_type_is_index(type))
		r = error_set(err, ERR_INVALID, 0, "send an index: it is a %s", type);
	if (r == 0)
		r = hash_text(text.data, text.len, &text.digest, err);
	if (r < 0)
		return r;
	if (!image->index_only)
		return send_index(s, &text, type, 0, ret, err);
	text.media_type = xstrdup(type);
	*ret = text;
	text = (struct image_text){0};
	return 0;
}

/* At a registry what has no name has that of the target. */
static int default_name(const struct send *s, char ***names, struct error *err)
{
	cleanup_reference struct reference ref = {0};

	int r = reference_parse_complete(s->transport.reference, &ref, err);
	if (r == 0)
		strv_add_take(names, reference_text(&ref));
	return r;
}

int send_image(struct send *s, const struct transfer_send_image *image,
	       struct image_text *ret, struct error *err)
{
	cleanup_image_text struct image_text text = {0};
	cleanup_strv char **names = strv_copy(image->names);
	char *const none[] = {NULL};
	int r = 0;

	if (s->remote && strv_len(names) == 0)
		r = default_name(s, &names, err);
	if (r == 0)
		r = image->index ? send_given_index(s, image, &text, err)
				 : send_document(s, image->manifest, image->diff_sizes, 0,
						 &text, err);
	if (r == 0)
		r = s->target->ops->manifest(s->target, &text, names ? names : none, err);
	if (r < 0)
		return r;
	*ret = text;
	text = (struct image_text){0};
	return 0;
}

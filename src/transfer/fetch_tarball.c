/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/fetch_tarball.h"

#include <string.h>
#include <unistd.h>

#include "image/blobs.h"
#include "image/hash.h"
#include "image/platform.h"
#include "registry/http.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "transfer/control.h"
#include "transfer/tarball_layer.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define CHUNK (256 * 1024)

struct tarball_source {
	struct image_source base;
	struct image_text manifest;
};

static struct tarball_source *tarball_of(struct image_source *s)
{
	return (struct tarball_source *)(void *)s;
}

static int tarball_list(struct image_source *base, struct source_images *ret,
			struct error *err)
{
	ret->items = xcalloc(1, sizeof(*ret->items));
	ret->items[0].handle = xstrdup(tarball_of(base)->manifest.digest);
	ret->n = 1;
	return 0;
}

static int tarball_top(struct image_source *base, const char *handle,
		       struct image_text *ret, struct error *err)
{
	const struct image_text *m = &tarball_of(base)->manifest;

	*ret = (struct image_text){
		.data = xmemdup(m->data, m->len + 1),
		.len = m->len,
		.digest = xstrdup(m->digest),
		.media_type = xstrdup(m->media_type),
	};
	return 0;
}

static int tarball_manifest(struct image_source *base, const struct image_descriptor *d,
			    struct image_text *ret, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0, "%s: a tar has no manifests", base->name);
}

/* All are in the store already; unless somebody has just removed one. */
static int tarball_blob(struct image_source *base, const struct image_descriptor *d,
			struct blob_writer *w, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0,
			 "%s: the blob %s has been removed meanwhile", base->name,
			 d->digest);
}

static void tarball_close(struct image_source *base)
{
	image_text_release(&tarball_of(base)->manifest);
	free(base->name);
	free(tarball_of(base));
}

static const struct image_source_ops tarball_ops = {
	.list = tarball_list,
	.top = tarball_top,
	.manifest = tarball_manifest,
	.blob = tarball_blob,
	.close = tarball_close,
};

bool fetch_tarball_is_url(const struct fetch *f)
{
	return !f->request.input_is_stdin && (str_starts(f->transport.path, "http://") ||
					      str_starts(f->transport.path, "https://"));
}

static void on_progress(void *data, uint64_t done)
{
	cleanup_error struct error err = ERROR_INIT;
	struct progress p = {
		.id = data, .state = "fetching", .done = (int64_t)done, .total = -1};

	if (control_progress(&p, &err) < 0)
		error_drop(&err, "without the engine this process ends anyway");
}

static int read_file(struct tarball *t, int fd, struct error *err)
{
	cleanup_free char *data = xmalloc(CHUNK);

	for (;;) {
		ssize_t n = read(fd, data, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read it");
		if (n == 0)
			return 0;
		int r = tarball_add(t, data, (size_t)n, err);
		if (r < 0)
			return r;
	}
}

static int on_body(void *data, const struct http_response *response, const void *p,
		   size_t len, struct error *err)
{
	return tarball_add(data, p, len, err);
}

/* Only once: what came of a first attempt could not be taken back. */
static int read_url(struct tarball *t, const char *url, struct error *err)
{
	cleanup_http struct http *http = NULL;
	cleanup_http_response struct http_response response = {0};
	struct http_request request = HTTP_REQUEST_INIT;

	int r = http_new(&(struct http_options){.retries = 0, .retry_delay_usec = -1},
			 &http, err);
	if (r < 0)
		return r;
	request.url = url;
	request.on_body = on_body;
	request.data = t;
	r = http_once(http, &request, &response, err);
	if (r == 0 && (response.status < 200 || response.status > 299)) {
		const char *words = http_status_words(response.status);
		return error_set(err,
				 response.status == 404 ? ERR_NOT_FOUND : ERR_UNAVAILABLE,
				 0, "the server answers %d%s%s", response.status,
				 words ? " " : "", words ? words : "");
	}
	return r;
}

static int ingest(struct fetch *f, int input_fd, struct tarball_layer *ret,
		  struct error *err)
{
	cleanup_tarball struct tarball *t = NULL;

	int r = tarball_new(f->blobs_fd, on_progress, f->request.source, &t, err);
	if (r == 0)
		r = input_fd < 0 ? read_url(t, f->transport.path, err)
				 : read_file(t, input_fd, err);
	if (r == 0)
		r = tarball_end(t, ret, err);
	return r < 0 ? error_wrap(err, "import %s", f->transport.path) : 0;
}

/* History: one entry, of the layer. */
static struct json_object *make_history(const struct fetch *f, struct json_object *config)
{
	struct json_object *entry = json_object_new_object(),
			   *list = json_object_new_array();
	struct json_object *created = json_get(config, "created");
	cleanup_free char *message = xasprintf("Imported from %s", f->transport.path);

	if (created)
		json_add(entry, "created", json_object_get(created));
	json_add_str(entry, "created_by", message);
	json_add_str(entry, "comment",
		     f->request.import_message ? f->request.import_message : message);
	json_object_array_add(list, entry);
	return list;
}

/* What the image below has of it, and the new entry. */
static int add_history(const struct fetch *f, struct json_object *below,
		       struct json_object *config, struct error *err)
{
	struct json_object *list = NULL, *entry = NULL;
	const char *text = f->request.import_history;
	int r = 0;

	if (!text) {
		json_add(config, "history", make_history(f, config));
		return 0;
	}
	r = json_parse(text, strlen(text), "the new entry of the history", &entry, err);
	if (r < 0)
		return r;
	if (json_object_is_type(json_get(below, "history"), json_type_array) &&
	    json_object_deep_copy(json_get(below, "history"), &list, NULL) < 0)
		return error_set(err, ERR_SYSTEM, ENOMEM, "copy the history");
	if (!list)
		list = json_object_new_array();
	json_object_array_add(list, entry);
	json_add(config, "history", list);
	return 0;
}

static int add_rootfs(const struct tarball_layer *layer, struct json_object *below,
		      struct json_object *config, struct error *err)
{
	struct json_object *rootfs = json_object_new_object();
	struct json_object *old = json_get(json_get(below, "rootfs"), "diff_ids");
	cleanup_strv char **diff_ids = NULL;
	int r = old ? json_to_strv(old, "rootfs.diff_ids", &diff_ids, err) : 0;

	strv_add(&diff_ids, layer->diff_id);
	json_add_str(rootfs, "type", "layers");
	json_add_strv(rootfs, "diff_ids", diff_ids);
	json_add(config, "rootfs", rootfs);
	return r;
}

static void add_missing(struct json_object *o, const char *key, const char *value)
{
	if (!json_get(o, key))
		json_add_str(o, key, value);
}

/* The request's config with the layer in it. below: the config of the image below, or NULL. Caller frees. */
static int make_config(const struct fetch *f, const struct tarball_layer *layer,
		       struct json_object *below, char **ret, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	const char *text = f->request.import_config;

	int r = json_parse(text, strlen(text), "the config of the import", &o, err);
	if (r < 0)
		return r;
	if (!json_object_is_type(o, json_type_object))
		return error_set(err, ERR_INVALID, 0,
				 "the config of the import is no object");
	char now[TIME_TEXT_MAX];
	add_missing(o, "created", time_rfc3339(time_now_usec(), now));
	add_missing(o, "architecture", f->wanted.architecture);
	add_missing(o, "os", f->wanted.os);
	if (!str_empty(f->wanted.variant) && f->platform_given)
		add_missing(o, "variant", f->wanted.variant);
	r = add_rootfs(layer, below, o, err);
	if (r >= 0)
		r = add_history(f, below, o, err);
	if (r >= 0)
		*ret = json_text(o, false);
	return r;
}

static int put_config(struct fetch *f, const struct tarball_layer *layer,
		      struct json_object *below, struct image_descriptor *ret,
		      struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_image_config struct image_config *parsed = NULL;

	int r = make_config(f, layer, below, &text, err);
	if (r == 0)
		r = image_config_parse(text, strlen(text), &parsed, err);
	if (r == 0)
		r = hash_text(text, strlen(text), &ret->digest, err);
	if (r < 0)
		return r;
	ret->media_type = xstrdup(f->request.import_docker ? MEDIA_TYPE_DOCKER_CONFIG
							   : MEDIA_TYPE_OCI_CONFIG);
	ret->size = (int64_t)strlen(text);
	return fetch_put(f, ret->digest, text, strlen(text), err);
}

static void add_layer(const struct fetch *f, struct image_manifest *m, const char *type,
		      const char *digest, int64_t size)
{
	const char *compression = media_type_compression(type);
	const char *ours = media_type_layer(f->request.import_docker,
					    compression ? compression : "");

	*SPEC_APPEND(&m->layers, &m->n_layers) = (struct image_descriptor){
		.media_type = xstrdup(ours ? ours : type),
		.digest = xstrdup(digest),
		.size = size,
	};
}

/* The layers of the image below go into m, its config to *ret. */
static int read_base(struct fetch *f, struct image_manifest *m, struct json_object **ret,
		     struct error *err)
{
	cleanup_image_manifest struct image_manifest *base = NULL;
	cleanup_free char *text = NULL, *config = NULL;
	size_t len, config_len;

	if (!f->request.import_base)
		return 0;
	int r = blob_read(f->blobs_fd, f->request.import_base, IMAGE_MANIFEST_MAX, &text,
			  &len, err);
	if (r >= 0)
		r = image_manifest_parse(text, len, &base, err);
	if (r >= 0)
		r = blob_read(f->blobs_fd, base->config.digest, IMAGE_CONFIG_MAX, &config,
			      &config_len, err);
	if (r >= 0)
		r = json_parse(config, config_len, "the config of the image below", ret,
			       err);
	for (size_t i = 0; r >= 0 && i < base->n_layers; i++)
		add_layer(f, m, base->layers[i].media_type, base->layers[i].digest,
			  base->layers[i].size);
	return r < 0 ? r : 0;
}

static int make_manifest(struct fetch *f, const struct tarball_layer *layer,
			 struct image_text *ret, struct error *err)
{
	const char *type = f->request.import_docker ? MEDIA_TYPE_DOCKER_MANIFEST
						    : MEDIA_TYPE_OCI_MANIFEST;
	cleanup_image_manifest struct image_manifest *m = xcalloc(1, sizeof(*m));
	cleanup_json struct json_object *below = NULL;

	m->schema_version = 2;
	m->media_type = xstrdup(type);
	int r = read_base(f, m, &below, err);
	if (r == 0)
		r = put_config(f, layer, below, &m->config, err);
	if (r < 0)
		return r;
	add_layer(f, m, layer->media_type, layer->digest, (int64_t)layer->size);
	cleanup_json struct json_object *o = image_manifest_to_json(m);
	ret->data = json_text(o, false);
	ret->len = strlen(ret->data);
	ret->media_type = xstrdup(type);
	return hash_text(ret->data, ret->len, &ret->digest, err);
}

int fetch_tarball_open(struct fetch *f, int input_fd, struct image_source **ret,
		       struct error *err)
{
	cleanup_tarball_layer struct tarball_layer layer = {0};
	struct tarball_source *s = xcalloc(1, sizeof(*s));
	cleanup_image_source struct image_source *source = &s->base;

	source->ops = &tarball_ops;
	source->name = xstrdup(f->transport.path);
	int r = ingest(f, input_fd, &layer, err);
	if (r == 0)
		r = make_manifest(f, &layer, &s->manifest, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(source);
	return 0;
}

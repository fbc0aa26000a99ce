/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `docker save` writes, in all the layouts it has had: manifest.json is a list of images, each
 * with the paths of its config and of its layers, lowest first. There are no manifests in it: one is made
 * here. A layer that is not compressed has the diff id as its digest; of one that is
 * compressed the digest has to be found out, by reading it.
 */
#include <string.h>

#include "image/archive_files.h"
#include "image/archive_source.h"
#include "image/archive_text.h"
#include "image/decompress.h"
#include "image/hash.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define IMAGES_MAX 1024
#define READ_SIZE  (256 * 1024)

struct docker_image { /* all owned */
	char *config;
	char **layers; /* paths */
	char **tags;   /* as they stand there */
};

/* A file whose digest is known by now. */
struct docker_blob {
	char *path, *digest; /* owned */
	uint64_t size;
	enum compression compression;
};

struct docker_source {
	struct image_source base;
	struct archive_files *files;
	struct docker_image *images;
	size_t n_images;
	struct docker_blob *blobs;
	size_t n_blobs;
	char *reference; /* wanted */
	int64_t number;
	bool all;
};

static struct docker_source *docker_of(struct image_source *s)
{
	return (struct docker_source *)(void *)s;
}

/* The name that was asked for, if the image has it: as it stands there. */
static const char *find_tag(const struct docker_image *image, const char *reference)
{
	cleanup_free char *wanted = archive_name(reference, NULL);

	strv_foreach (tag, image->tags) {
		cleanup_free char *name = archive_name(*tag, NULL);
		if (str_eq(*tag, reference) || (name && str_eq(name, wanted)))
			return *tag;
	}
	return NULL;
}

static bool is_wanted(const struct docker_source *s, size_t i)
{
	if (s->reference)
		return find_tag(&s->images[i], s->reference) != NULL;
	return s->number < 0 || (uint64_t)s->number == i;
}

static void add_image(const struct docker_source *s, size_t i, struct source_images *list)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	struct source_image *item = &list->items[list->n++];
	*item = (struct source_image){.handle = xasprintf("%zu", i)};
	if (s->reference) {
		archive_names_add(
			&item->names,
			archive_name(find_tag(&s->images[i], s->reference), NULL));
		return;
	}
	strv_foreach (tag, s->images[i].tags)
		archive_names_add(&item->names, archive_name(*tag, NULL));
}

static int refuse(const struct docker_source *s, size_t n_found, struct error *err)
{
	cleanup_strv char **there = NULL;

	for (size_t i = 0; i < s->n_images; i++)
		strv_add(&there, s->images[i].tags ? s->images[i].tags[0] : "(no name)");
	if (n_found > 1)
		error_set(err, ERR_INVALID, 0, "%s: there are %zu images in it",
			  s->base.name, n_found);
	else if (s->reference)
		error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image %s in it",
			  s->base.name, s->reference);
	else if (s->number >= 0)
		error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image @%lld in it",
			  s->base.name, (long long)s->number);
	else
		return error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image in it",
				 s->base.name);
	cleanup_free char *names = strv_join(there, ", ");
	return error_hint(err, "name one of them behind a colon, or @0, @1, ...: %s",
			  names);
}

static int docker_list(struct image_source *base, struct source_images *ret,
		       struct error *err)
{
	struct docker_source *s = docker_of(base);
	cleanup_source_images struct source_images list = {0};

	for (size_t i = 0; i < s->n_images; i++)
		if (is_wanted(s, i))
			add_image(s, i, &list);
	if (list.n == 0 || (list.n > 1 && !s->all))
		return refuse(s, list.n, err);
	*ret = list;
	list = (struct source_images){0};
	return 0;
}

static const struct docker_blob *find_blob(const struct docker_source *s,
					   const char *path)
{
	for (size_t i = 0; i < s->n_blobs; i++)
		if (str_eq(s->blobs[i].path, path))
			return &s->blobs[i];
	return NULL;
}

static const struct docker_blob *add_blob(struct docker_source *s, const char *path,
					  char *digest, uint64_t size,
					  enum compression compression)
{
	s->blobs = xreallocarray(s->blobs, s->n_blobs + 1, sizeof(*s->blobs));
	s->blobs[s->n_blobs] = (struct docker_blob){.path = xstrdup(path),
						    .digest = digest,
						    .size = size,
						    .compression = compression};
	return &s->blobs[s->n_blobs++];
}

static int hash_part(const struct archive_part *part, char **ret, struct error *err)
{
	cleanup_hash struct hash *hash = NULL;
	cleanup_free char *data = xmalloc(READ_SIZE);
	char digest[DIGEST_TEXT_MAX];
	size_t n = 0;

	int r = hash_new(NULL, &hash, err);
	for (uint64_t at = 0; r == 0; at += n) {
		r = archive_part_read(part, at, data, READ_SIZE, &n, err);
		if (r == 0 && n == 0)
			break;
		hash_add(hash, data, r < 0 ? 0 : n);
	}
	if (r == 0)
		r = hash_end(hash, digest, err);
	if (r == 0)
		*ret = xstrdup(digest);
	return r;
}

static int look_at_layer(struct docker_source *s, const char *path, const char *diff_id,
			 const struct docker_blob **ret, struct error *err)
{
	cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;
	char start[COMPRESSION_MAGIC_MAX], *digest = NULL;
	size_t n = 0;

	*ret = find_blob(s, path);
	if (*ret)
		return 0;
	int r = archive_files_find(s->files, path, &part, err);
	if (r == 0)
		r = archive_part_read(&part, 0, start, sizeof(start), &n, err);
	if (r < 0)
		return r;
	enum compression compression = compression_detect(start, n);
	if (compression == COMPRESSION_NONE)
		digest = xstrdup(diff_id);
	else
		r = hash_part(&part, &digest, err);
	if (r == 0)
		*ret = add_blob(s, path, digest, part.size, compression);
	return r;
}

static void set_descriptor(struct image_descriptor *d, const char *type,
			   const struct docker_blob *blob)
{
	d->media_type = xstrdup(type);
	d->digest = xstrdup(blob->digest);
	d->size = (int64_t)blob->size;
}

/* What Docker has no name for is called gzip: what it is is seen by its first bytes. */
static const char *layer_type(enum compression compression)
{
	const char *type = media_type_layer(true, compression_name(compression));

	return type ? type : MEDIA_TYPE_DOCKER_LAYER_GZIP;
}

static int read_config(struct docker_source *s, const struct docker_image *image,
		       struct image_config **ret, const struct docker_blob **ret_blob,
		       struct error *err)
{
	cleanup_free char *text = NULL;
	char *digest = NULL;
	size_t len = 0;

	int r = archive_files_read(s->files, image->config, IMAGE_CONFIG_MAX, &text, &len,
				   err);
	if (r < 0)
		return r;
	r = image_config_parse(text, len, ret, err);
	if (r == 0)
		r = image_config_check_layers(*ret, strv_len(image->layers), err);
	if (r < 0)
		return error_wrap(err, "%s: %s", s->base.name, image->config);
	*ret_blob = find_blob(s, image->config);
	if (*ret_blob)
		return 0;
	r = hash_text(text, len, &digest, err);
	if (r == 0)
		*ret_blob = add_blob(s, image->config, digest, len, COMPRESSION_NONE);
	return r;
}

static int make_manifest(struct docker_source *s, const struct docker_image *image,
			 struct image_manifest *m, struct error *err)
{
	cleanup_image_config struct image_config *config = NULL;
	const struct docker_blob *blob = NULL;

	int r = read_config(s, image, &config, &blob, err);
	if (r < 0)
		return r;
	m->schema_version = 2;
	m->media_type = xstrdup(MEDIA_TYPE_DOCKER_MANIFEST);
	set_descriptor(&m->config, MEDIA_TYPE_DOCKER_CONFIG, blob);
	for (size_t i = 0; image->layers && image->layers[i]; i++) {
		r = look_at_layer(s, image->layers[i], config->rootfs.diff_ids[i], &blob,
				  err);
		if (r < 0)
			return r;
		set_descriptor(SPEC_APPEND(&m->layers, &m->n_layers),
			       layer_type(blob->compression), blob);
	}
	return 0;
}

static int docker_top(struct image_source *base, const char *handle,
		      struct image_text *ret, struct error *err)
{
	struct docker_source *s = docker_of(base);
	cleanup_image_manifest struct image_manifest *m = xcalloc(1, sizeof(*m));
	cleanup_image_text struct image_text text = {0};
	uint64_t index = 0;

	if (str_to_u64(handle, &index) < 0 || index >= s->n_images)
		return error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image @%s",
				 base->name, handle);
	int r = make_manifest(s, &s->images[index], m, err);
	if (r < 0)
		return r;
	cleanup_json struct json_object *o = image_manifest_to_json(m);
	text.data = json_text(o, false);
	text.len = strlen(text.data);
	text.media_type = xstrdup(MEDIA_TYPE_DOCKER_MANIFEST);
	r = hash_text(text.data, text.len, &text.digest, err);
	if (r < 0)
		return r;
	*ret = text;
	text = (struct image_text){0};
	return 0;
}

static int docker_manifest(struct image_source *base, const struct image_descriptor *d,
			   struct image_text *ret, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0, "%s: there are no manifests in it",
			 base->name);
}

static int docker_blob(struct image_source *base, const struct image_descriptor *d,
		       struct blob_writer *w, struct error *err)
{
	struct docker_source *s = docker_of(base);
	cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;

	for (size_t i = 0; i < s->n_blobs; i++) {
		if (!str_eq(s->blobs[i].digest, d->digest))
			continue;
		int r = archive_files_find(s->files, s->blobs[i].path, &part, err);
		return r < 0 ? r : archive_part_copy(&part, w, err);
	}
	return error_set(err, ERR_NOT_FOUND, 0, "%s: there is no blob %s", base->name,
			 d->digest);
}

static void docker_close(struct image_source *base)
{
	struct docker_source *s = docker_of(base);

	for (size_t i = 0; i < s->n_images; i++) {
		free(s->images[i].config);
		strv_free(s->images[i].layers);
		strv_free(s->images[i].tags);
	}
	for (size_t i = 0; i < s->n_blobs; i++) {
		free(s->blobs[i].path);
		free(s->blobs[i].digest);
	}
	free(s->images);
	free(s->blobs);
	archive_files_free(s->files);
	free(s->reference);
	free(base->name);
	free(s);
}

static const struct image_source_ops docker_ops = {
	.list = docker_list,
	.top = docker_top,
	.manifest = docker_manifest,
	.blob = docker_blob,
	.close = docker_close,
};

static int read_image(struct json_object *o, size_t i, struct docker_image *ret,
		      struct error *err)
{
	cleanup_free char *config_at = xasprintf("manifest.json[%zu].Config", i);
	cleanup_free char *layers_at = xasprintf("manifest.json[%zu].Layers", i);
	cleanup_free char *tags_at = xasprintf("manifest.json[%zu].RepoTags", i);
	const char *config = NULL;

	int r = json_to_str(json_get(o, "Config"), config_at, &config, err);
	if (r < 0)
		return r;
	ret->config = xstrdup(config);
	if (json_get(o, "Layers"))
		r = json_to_strv(json_get(o, "Layers"), layers_at, &ret->layers, err);
	if (r == 0 && json_get(o, "RepoTags"))
		r = json_to_strv(json_get(o, "RepoTags"), tags_at, &ret->tags, err);
	if (r == 0 && strv_len(ret->layers) > IMAGE_LAYERS_MAX)
		return error_set(err, ERR_UNSUPPORTED, 0, "%s: more than %d layers",
				 layers_at, IMAGE_LAYERS_MAX);
	return r;
}

static int read_images(struct docker_source *s, struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_json struct json_object *o = NULL;
	size_t len = 0;

	int r = archive_files_read(s->files, "manifest.json", IMAGE_MANIFEST_MAX, &text,
				   &len, err);
	if (r < 0)
		return r;
	r = json_parse(text, len, "manifest.json", &o, err);
	if (r < 0)
		return error_wrap(err, "%s", s->base.name);
	if (!json_object_is_type(o, json_type_array) ||
	    json_object_array_length(o) > IMAGES_MAX)
		return error_set(
			err, ERR_INVALID, 0,
			"%s: manifest.json: expected an array of at most %d images",
			s->base.name, IMAGES_MAX);
	s->images = xcalloc(json_object_array_length(o) + 1, sizeof(*s->images));
	for (size_t i = 0; i < json_object_array_length(o) && r == 0; i++) {
		s->n_images = i + 1;
		r = read_image(json_object_array_get_idx(o, i), i, &s->images[i], err);
	}
	return r < 0 ? error_wrap(err, "%s", s->base.name) : 0;
}

int archive_docker_open(struct archive_files *files, const struct archive_wanted *wanted,
			struct image_source **ret, struct error *err)
{
	struct docker_source *s = xcalloc(1, sizeof(*s));
	cleanup_image_source struct image_source *source = &s->base;

	source->ops = &docker_ops;
	source->name = xstrdup(archive_files_name(files));
	s->files = files;
	s->reference = wanted->reference ? xstrdup(wanted->reference) : NULL;
	s->number = wanted->index;
	s->all = wanted->all;
	int r = read_images(s, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(source);
	return 0;
}

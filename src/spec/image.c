/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/image.h"

#include <assert.h>
#include <inttypes.h>

#include "spec/document.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "spec/tables.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* Old versions of Docker gave this type to configs. */
#define TYPE_UNSPECIFIC "application/octet-stream"

/* What a document looks like, whatever it says that it is. */
static enum media_kind kind_by_members(struct json_object *document)
{
	if (json_get(document, "manifests"))
		return MEDIA_INDEX;
	if (json_get(document, "config") || json_get(document, "layers"))
		return MEDIA_MANIFEST;
	return MEDIA_OTHER;
}

/*
 * Members of the other kind, which are an error: with those of both a document would be one thing to
 * us and another to the next who reads it under the same digest.
 */
static int refuse_foreign(struct json_object *document, const char *name,
			  enum media_kind kind, struct error *err)
{
	static const char *const of_index[] = {"manifests", NULL};
	static const char *const of_manifest[] = {"config", "layers", NULL};

	for (const char *const *member = kind == MEDIA_INDEX ? of_manifest : of_index;
	     *member; member++)
		if (json_get(document, *member))
			return error_set(err, ERR_INVALID, 0,
					 "%s: there is a member \"%s\", so it is not %s",
					 name, *member,
					 kind == MEDIA_INDEX ? "an index" : "a manifest");
	return 0;
}

static int refuse_schema1(struct error *err)
{
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"manifest: Docker's schema 1, a format that was given up in 2017, is not "
		"supported");
	return error_hint(
		err, "have it pushed again by a current program, or convert it: skopeo "
		     "copy --format v2s2 docker://IMAGE docker://IMAGE");
}

static bool is_schema1(struct json_object *document)
{
	struct json_object *version = json_get(document, "schemaVersion");
	struct json_object *type = json_get(document, "mediaType");

	if (json_object_is_type(type, json_type_string) &&
	    media_type_kind(json_object_get_string(type)) == MEDIA_SCHEMA1)
		return true;
	return json_object_is_type(version, json_type_int) &&
	       json_object_get_int64(version) == 1;
}

static bool is_top(enum media_kind kind)
{
	return kind == MEDIA_MANIFEST || kind == MEDIA_INDEX;
}

/* The constant for what the document itself says. *ret stays NULL where it says nothing. */
static int own_type(struct json_object *document, const char **ret, struct error *err)
{
	struct json_object *o = json_get(document, "mediaType");
	const char *text = NULL;

	if (!o)
		return 0;
	int r = json_to_str(o, "manifest.mediaType", &text, err);
	if (r < 0)
		return r;
	if (!is_top(media_type_kind(text))) {
		cleanup_free char *shown = json_describe(o);
		return error_set(
			err, ERR_INVALID, 0,
			"manifest.mediaType: expected the type of a manifest or of "
			"an index, got %s",
			shown);
	}
	*ret = media_type_header(text); /* the constant */
	return 0;
}

static const char *kind_words(enum media_kind kind)
{
	return kind == MEDIA_INDEX ? "an index" : "a manifest";
}

static int contradiction(const char *who, enum media_kind said, enum media_kind is,
			 struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "manifest: %s %s, but it is %s", who,
			 kind_words(said), kind_words(is));
}

static int document_type(struct json_object *document, const char *declared,
			 const char **ret, struct error *err)
{
	const char *own = NULL;

	if (is_schema1(document))
		return refuse_schema1(err);
	int r = own_type(document, &own, err);
	if (r == 0 && json_get(document, "manifests"))
		r = refuse_foreign(document, "manifest", MEDIA_INDEX, err);
	if (r < 0)
		return r;
	declared = declared ? media_type_header(declared) : NULL;
	enum media_kind looks = kind_by_members(document);
	enum media_kind says = media_type_kind(own), header = media_type_kind(declared);
	if (own && looks != MEDIA_OTHER && says != looks)
		return contradiction("its mediaType is that of", says, looks, err);
	enum media_kind is = own ? says : looks;
	if (is_top(header) && is != MEDIA_OTHER && header != is)
		return contradiction("declared as", header, is, err);
	if (own)
		*ret = own;
	else if (is_top(header))
		*ret = declared;
	else if (looks != MEDIA_OTHER)
		*ret = looks == MEDIA_INDEX ? MEDIA_TYPE_OCI_INDEX
					    : MEDIA_TYPE_OCI_MANIFEST;
	else
		return error_set(err, ERR_INVALID, 0,
				 "manifest: neither a manifest nor an index of images");
	return 0;
}

/* A text within its maximum, as a JSON object. */
static int parse_text(const char *text, size_t len, const char *name, size_t max,
		      struct json_object **ret, struct error *err)
{
	if (len > max)
		return error_set(err, ERR_INVALID, EFBIG,
				 "read the %s of %zu bytes: at most %zu", name, len, max);
	return json_parse(text, len, name, ret, err);
}

int image_document_type(const char *text, size_t len, const char *declared,
			const char **ret, struct error *err)
{
	cleanup_json struct json_object *document = NULL;

	if (declared && media_type_kind(media_type_header(declared)) == MEDIA_SCHEMA1)
		return refuse_schema1(err);
	int r = parse_text(text, len, "manifest", IMAGE_MANIFEST_MAX, &document, err);
	if (r < 0)
		return r;
	if (!json_object_is_type(document, json_type_object)) {
		cleanup_free char *shown = json_describe(document);
		return error_set(err, ERR_INVALID, 0,
				 "manifest: expected an object, got %s", shown);
	}
	return document_type(document, declared, ret, err);
}

int image_manifest_parse(const char *text, size_t len, struct image_manifest **ret,
			 struct error *err)
{
	cleanup_json struct json_object *document = NULL;
	struct json_path root = {.name = "manifest"};
	void *object = NULL;

	int r = parse_text(text, len, root.name, IMAGE_MANIFEST_MAX, &document, err);
	if (r == 0 && is_schema1(document))
		r = refuse_schema1(err);
	if (r == 0)
		r = refuse_foreign(document, root.name, MEDIA_MANIFEST, err);
	if (r < 0)
		return r;
	r = document_read(&image_manifest_descriptor, document, &root, &object, err);
	if (r < 0)
		return r;
	*ret = object;
	(*ret)->document = TAKE_PTR(document);
	return 0;
}

int image_index_parse(const char *text, size_t len, struct image_index **ret,
		      struct error *err)
{
	cleanup_json struct json_object *document = NULL;
	struct json_path root = {.name = "index"};
	void *object = NULL;

	int r = parse_text(text, len, root.name, IMAGE_MANIFEST_MAX, &document, err);
	if (r == 0)
		r = refuse_foreign(document, root.name, MEDIA_INDEX, err);
	if (r < 0)
		return r;
	r = document_read(&image_index_descriptor, document, &root, &object, err);
	if (r < 0)
		return r;
	*ret = object;
	(*ret)->document = TAKE_PTR(document);
	return 0;
}

int image_config_parse(const char *text, size_t len, struct image_config **ret,
		       struct error *err)
{
	cleanup_json struct json_object *document = NULL;
	struct json_path root = {.name = "config"};
	void *object = NULL;

	int r = parse_text(text, len, root.name, IMAGE_CONFIG_MAX, &document, err);
	if (r < 0)
		return r;
	r = document_read(&image_config_descriptor, document, &root, &object, err);
	if (r < 0)
		return r;
	*ret = object;
	(*ret)->document = TAKE_PTR(document);
	return 0;
}

static int unsupported(const char *what, const struct image_descriptor *d,
		       const char *why, struct error *err)
{
	cleanup_json struct json_object *type = json_object_new_string(d->media_type);
	cleanup_free char *shown = json_describe(type); /* cut, where it is long */

	return error_set(err, ERR_UNSUPPORTED, 0, "%s of type %s: %s", what, shown, why);
}

static int check_layer(const struct image_descriptor *layer, size_t i, size_t n,
		       struct error *err)
{
	cleanup_free char *what = xasprintf("layer %zu of %zu", i + 1, n);

	if (media_type_is_foreign(layer->media_type)) {
		(void)unsupported(
			what, layer,
			"a foreign layer, which is not in the registry, is not fetched",
			err);
		return error_hint(err, "such layers are parts of Windows, and no Linux "
				       "image needs them: choose another --platform");
	}
	if (str_ends(layer->media_type, "+encrypted"))
		return unsupported(what, layer, "encrypted layers are not supported",
				   err);
	if (!media_type_is_layer(layer->media_type))
		return unsupported(what, layer, "not a layer of a container image", err);
	return 0;
}

int image_manifest_check_image(const struct image_manifest *m, struct error *err)
{
	const char *type = m->config.media_type;

	if (!media_type_is_config(type) && !str_eq(type, TYPE_UNSPECIFIC))
		return unsupported("config", &m->config,
				   "this is an artifact, not a container image", err);
	if (m->config.size > IMAGE_CONFIG_MAX)
		return error_set(err, ERR_INVALID, EFBIG,
				 "read the config of %" PRId64 " bytes: at most %d",
				 m->config.size, IMAGE_CONFIG_MAX);
	for (size_t i = 0; i < m->n_layers; i++) {
		int r = check_layer(&m->layers[i], i, m->n_layers, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int image_config_check_layers(const struct image_config *c, size_t n_layers,
			      struct error *err)
{
	size_t n = strv_len(c->rootfs.diff_ids);

	if (n == n_layers)
		return 0;
	return error_set(
		err, ERR_INVALID, 0,
		"config.rootfs.diff_ids: %zu of them, but the manifest has %zu layers", n,
		n_layers);
}

/* Arrays that must be there, also when there is nothing in them. */
static void add_missing_array(struct json_object *o, const char *name)
{
	if (!json_get(o, name))
		json_add(o, name, json_object_new_array());
}

struct json_object *image_manifest_to_json(const struct image_manifest *m)
{
	struct json_object *o =
		descriptor_encode(&image_manifest_descriptor, m, m->document);

	add_missing_array(o, "layers");
	return o;
}

struct json_object *image_index_to_json(const struct image_index *i)
{
	struct json_object *o =
		descriptor_encode(&image_index_descriptor, i, i->document);

	add_missing_array(o, "manifests");
	return o;
}

struct json_object *image_config_to_json(const struct image_config *c)
{
	struct json_object *o =
		descriptor_encode(&image_config_descriptor, c, c->document);

	add_missing_array(json_get(o, "rootfs"), "diff_ids");
	return o;
}

void image_manifest_free(struct image_manifest *m)
{
	if (!m)
		return;
	json_object_put(m->document);
	descriptor_free(&image_manifest_descriptor, m);
}

void image_index_free(struct image_index *i)
{
	if (!i)
		return;
	json_object_put(i->document);
	descriptor_free(&image_index_descriptor, i);
}

void image_config_free(struct image_config *c)
{
	if (!c)
		return;
	json_object_put(c->document);
	descriptor_free(&image_config_descriptor, c);
}

void image_descriptor_copy(const struct image_descriptor *from,
			   struct image_descriptor *ret)
{
	struct json_path root = {.name = "copy"};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *document =
		descriptor_encode(&image_descriptor_descriptor, from, NULL);

	*ret = (struct image_descriptor){0};
	int r = descriptor_decode(&image_descriptor_descriptor, document, ret, &root,
				  &err);
	assert(r == 0); /* the encoder writes what the decoder takes */
}

void image_descriptor_release(struct image_descriptor *d)
{
	descriptor_release(&image_descriptor_descriptor, d);
	*d = (struct image_descriptor){0};
}

void image_platform_release(struct image_platform *p)
{
	descriptor_release(&image_platform_descriptor, p);
	*p = (struct image_platform){0};
}

const char *image_annotation(const struct spec_key_value *pairs, size_t n,
			     const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(pairs[i].key, key))
			return pairs[i].value;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest_list.h"

#include <stdlib.h>
#include <string.h>

#include "engine/image.h"
#include "engine/image_document.h"
#include "image/blobs.h"
#include "image/reference.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define V struct manifest_entry_values

const struct option_spec manifest_entry_table[] = {
	OPT_STRV(V, annotations, "annotation", 0, "NAME=VALUE",
		 "an annotation of the entry"),
	OPT_STRING(V, arch, "arch", 0, "ARCH",
		   "another architecture than the image says"),
	OPT_STRING(V, os, "os", 0, "OS", "another OS than the image says"),
	OPT_STRING(V, os_version, "os-version", 0, "VERSION", "version of the OS"),
	OPT_LIST(V, os_features, "os-features", 0, "WORD", "features of the OS"),
	OPT_STRING(V, variant, "variant", 0, "VARIANT",
		   "another variant than the image says"),
	OPT_NOT_YET("features", 0),
	OPT_END,
};

void manifest_list_release(struct manifest_list *l)
{
	free(l->name);
	if (l->index)
		image_index_free(l->index);
	*l = (struct manifest_list){0};
}

/* 1 and *ret_text, 0 if there is none of this name. */
static int get(const struct engine *e, const char *name, char **ret_text,
	       struct error *err)
{
	int r = manifest_list_get(e->store, name, ret_text, err);

	if (r >= 0)
		return 1;
	if (err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "it may have another name");
	return 0;
}

/* As with images: a short name is localhost's, else docker.io's. */
static int find_text(const struct engine *e, const char *typed, char **ret_name,
		     char **ret_text, struct error *err)
{
	cleanup_reference struct reference ref = {0};
	cleanup_free char *local = NULL, *full = NULL;
	int r = image_canonical_name(typed, &local, err);

	if (r >= 0)
		r = reference_parse_complete(typed, &ref, err);
	if (r < 0)
		return r;
	r = get(e, local, ret_text, err);
	if (r > 0)
		*ret_name = TAKE_PTR(local);
	if (r != 0)
		return r;
	full = reference_text(&ref);
	r = get(e, full, ret_text, err);
	if (r > 0)
		*ret_name = TAKE_PTR(full);
	return r;
}

int manifest_list_open(const struct engine *e, const char *typed,
		       struct manifest_list *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	int r = find_text(e, typed, &ret->name, &text, err);

	if (r < 0)
		return r;
	if (r == 0) {
		error_set(err, ERR_NOT_FOUND, 0, "%s: manifest list not known", typed);
		return error_hint(err, "Make it: cubby manifest create %s", typed);
	}
	r = image_index_parse(text, strlen(text), &ret->index, err);
	return r < 0 ? error_wrap(err, "manifest list %s", ret->name) : 0;
}

void manifest_list_new(const char *name, struct manifest_list *ret)
{
	ret->name = xstrdup(name);
	ret->index = xcalloc(1, sizeof(*ret->index));
	ret->index->schema_version = 2;
	ret->index->media_type = xstrdup(MEDIA_TYPE_OCI_INDEX);
}

int manifest_list_save(const struct engine *e, const struct manifest_list *l,
		       struct error *err)
{
	cleanup_json struct json_object *o = image_index_to_json(l->index);
	cleanup_free char *text = json_text(o, false);

	return manifest_list_put(e->store, l->name, text, err);
}

static void set_text(char **target, const char *value)
{
	if (!value)
		return;
	free(*target);
	*target = xstrdup(value);
}

static void set_annotation(struct image_descriptor *d, const char *key, const char *value)
{
	struct spec_key_value *pair = NULL;

	for (size_t i = 0; i < d->n_annotations; i++)
		if (str_eq(d->annotations[i].key, key))
			pair = &d->annotations[i];
	if (!pair) {
		pair = SPEC_APPEND(&d->annotations, &d->n_annotations);
		pair->key = xstrdup(key);
	}
	set_text(&pair->value, value);
}

int manifest_list_change(struct image_descriptor *entry,
			 const struct manifest_entry_values *v, struct error *err)
{
	strv_foreach (annotation, v->annotations) {
		const char *equals = strchr(*annotation, '=');
		cleanup_free char *key =
			equals ? xstrndup(*annotation, (size_t)(equals - *annotation))
			       : NULL;

		if (str_empty(key))
			return error_set(err, ERR_INVALID, 0,
					 "--annotation %s: expected NAME=VALUE",
					 *annotation);
		set_annotation(entry, key, equals + 1);
	}
	if (!entry->platform)
		entry->platform = xcalloc(1, sizeof(*entry->platform));
	set_text(&entry->platform->architecture, v->arch);
	set_text(&entry->platform->os, v->os);
	set_text(&entry->platform->os_version, v->os_version);
	set_text(&entry->platform->variant, v->variant);
	if (v->os_features) {
		strv_free(entry->platform->os_features);
		entry->platform->os_features = strv_copy(v->os_features);
	}
	return 0;
}

static struct image_descriptor *by_digest(const struct manifest_list *l,
					  const char *digest)
{
	for (size_t i = 0; i < l->index->n_manifests; i++)
		if (str_eq(l->index->manifests[i].digest, digest))
			return &l->index->manifests[i];
	return NULL;
}

int manifest_list_find(const struct engine *e, const struct manifest_list *l,
		       const char *typed, struct image_descriptor **ret,
		       struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	int r;

	*ret = by_digest(l, typed);
	if (!*ret && !digest_valid(typed)) {
		r = image_find(e, typed, &record, NULL, err);
		if (r < 0)
			return r;
		*ret = by_digest(l, record.manifest);
	}
	if (*ret)
		return 0;
	return error_set(err, ERR_NOT_FOUND, 0, "manifest list %s has no entry %s",
			 l->name, typed);
}

static int fill_platform(const struct image_record *record, struct image_descriptor *d,
			 struct error *err)
{
	cleanup_image_config struct image_config *c = NULL;
	int r = image_config_of(record, &c, err);

	if (r < 0)
		return r;
	d->platform = xcalloc(1, sizeof(*d->platform));
	set_text(&d->platform->architecture, c->architecture);
	set_text(&d->platform->os, c->os);
	set_text(&d->platform->os_version, c->os_version);
	set_text(&d->platform->variant, c->variant);
	d->platform->os_features = strv_copy(c->os_features);
	return 0;
}

static int fill_entry(const struct engine *e, const struct image_record *record,
		      struct image_descriptor *d, struct error *err)
{
	cleanup_fd int blobs_fd = image_blobs_open(e, err);
	int64_t size;

	if (blobs_fd < 0)
		return blobs_fd;
	size = blob_size(blobs_fd, record->manifest);
	if (size < 0) {
		error_set(err, ERR_NOT_FOUND, 0, "image %.12s: its manifest is missing",
			  record->id);
		return error_hint(err, "See 'cubby system check'");
	}
	d->digest = xstrdup(record->manifest);
	d->media_type = xstrdup(record->manifest_type);
	d->size = size;
	return fill_platform(record, d, err);
}

int manifest_list_add(const struct engine *e, struct manifest_list *l, const char *typed,
		      const struct manifest_entry_values *v, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_image_descriptor struct image_descriptor new_entry = {0};
	struct image_descriptor *entry;
	int r = image_find(e, typed, &record, NULL, err);

	if (r < 0) {
		if (err->kind == ERR_NOT_FOUND)
			error_hint(err, "Get it first: cubby pull %s", typed);
		return r;
	}
	entry = by_digest(l, record.manifest);
	if (entry)
		return manifest_list_change(entry, v, err);
	r = fill_entry(e, &record, &new_entry, err);
	if (r >= 0)
		r = manifest_list_change(&new_entry, v, err);
	if (r < 0)
		return r;
	entry = SPEC_APPEND(&l->index->manifests, &l->index->n_manifests);
	*entry = new_entry;
	new_entry = (struct image_descriptor){0};
	return 0;
}

void manifest_list_remove(struct manifest_list *l, struct image_descriptor *entry)
{
	struct image_index *index = l->index;
	size_t i = (size_t)(entry - index->manifests);

	image_descriptor_release(entry);
	index->n_manifests--;
	memmove(entry, entry + 1, (index->n_manifests - i) * sizeof(*entry));
}

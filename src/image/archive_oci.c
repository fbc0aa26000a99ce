/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OCI layout: index.json names manifests (or further indexes), each under the names that its
 * annotations give, and blobs/ALGORITHM/HEX holds everything. Entries with one digest are one image
 * with several names.
 */
#include "image/archive_oci.h"

#include <string.h>

#include "image/archive_files.h"
#include "image/archive_source.h"
#include "image/archive_text.h"
#include "image/reference.h"
#include "spec/image.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define LAYOUT_MAX 4096
#define WHOLE_INDEX \
	"index.json" /* the handle where index.json itself is the image's index */
#define HINT_NAMES 10

struct oci_source {
	struct image_source base;
	struct archive_files *files;
	struct image_text text; /* index.json */
	struct image_index *index;
	char *reference; /* wanted */
	int64_t number;
	bool all;
};

static struct oci_source *oci_of(struct image_source *s)
{
	return (struct oci_source *)(void *)s;
}

static const char *entry_annotation(const struct image_descriptor *d, const char *key)
{
	return image_annotation(d->annotations, d->n_annotations, key);
}

/* The canonical name that an entry gives, or NULL. Caller frees. */
static char *entry_name(const struct image_descriptor *d)
{
	const char *full = entry_annotation(d, ARCHIVE_OCI_CONTAINERD_NAME);
	const char *ref = entry_annotation(d, ARCHIVE_OCI_REF_NAME);

	if (full)
		return archive_name(full, NULL);
	return ref ? archive_name(ref, "localhost") : NULL;
}

static bool entry_matches(const struct image_descriptor *d, const char *reference)
{
	cleanup_free char *name = entry_name(d);
	cleanup_free char *wanted = archive_name(reference, NULL);
	cleanup_free char *local = archive_name(reference, "localhost");

	return str_eq(entry_annotation(d, ARCHIVE_OCI_REF_NAME), reference) ||
	       (name && (str_eq(name, wanted) || str_eq(name, local)));
}

static bool entry_wanted(const struct oci_source *s, size_t i)
{
	if (s->reference)
		return entry_matches(&s->index->manifests[i], s->reference);
	return s->number < 0 || (uint64_t)s->number == i;
}

/* No entry has a name, each has a platform: one image for several of them. */
static bool is_one_image(const struct image_index *index)
{
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct image_descriptor *d = &index->manifests[i];
		if (!d->platform || entry_annotation(d, ARCHIVE_OCI_REF_NAME) ||
		    entry_annotation(d, ARCHIVE_OCI_CONTAINERD_NAME))
			return false;
	}
	return index->n_manifests > 1;
}

static struct source_image *add_image(struct source_images *list, const char *handle)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].handle, handle))
			return &list->items[i];
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n] = (struct source_image){.handle = xstrdup(handle)};
	return &list->items[list->n++];
}

/* The references that there are, for a hint. Caller frees. */
static char *references(const struct image_index *index)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < index->n_manifests; i++) {
		const char *name =
			entry_annotation(&index->manifests[i], ARCHIVE_OCI_REF_NAME);
		if (strv_len(names) == HINT_NAMES) {
			strv_add(&names, "...");
			break;
		}
		if (name && !strv_has(names, name))
			strv_add(&names, name);
		else if (!name)
			strv_addf(&names, "@%zu", i);
	}
	return strv_join(names, ", ");
}

static int refuse(const struct oci_source *s, size_t n_found, struct error *err)
{
	cleanup_free char *there = references(s->index);

	if (n_found > 1)
		error_set(err, ERR_INVALID, 0, "%s: there are several images in it",
			  s->base.name);
	else if (s->reference)
		error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image %s in it",
			  s->base.name, s->reference);
	else if (s->number >= 0)
		error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image @%lld in it",
			  s->base.name, (long long)s->number);
	else
		return error_set(err, ERR_NOT_FOUND, 0, "%s: there is no image in it",
				 s->base.name);
	return *there ? error_hint(err, "name one of them behind a colon: %s", there)
		      : -EINVAL;
}

static int oci_list(struct image_source *base, struct source_images *ret,
		    struct error *err)
{
	struct oci_source *s = oci_of(base);
	cleanup_source_images struct source_images list = {0};

	if (!s->reference && s->number < 0 && is_one_image(s->index))
		add_image(&list, WHOLE_INDEX);
	for (size_t i = 0; list.n == 0 || !str_eq(list.items[0].handle, WHOLE_INDEX);
	     i++) {
		if (i == s->index->n_manifests)
			break;
		if (!entry_wanted(s, i))
			continue;
		struct source_image *image =
			add_image(&list, s->index->manifests[i].digest);
		archive_names_add(&image->names, entry_name(&s->index->manifests[i]));
	}
	if (list.n == 0 || (list.n > 1 && !s->all))
		return refuse(s, list.n, err);
	*ret = list;
	list = (struct source_images){0};
	return 0;
}

char *archive_oci_blob(const char *digest)
{
	cleanup_free char *path = digest_path(digest);

	return xasprintf("blobs/%s", path);
}

static int oci_manifest(struct image_source *base, const struct image_descriptor *d,
			struct image_text *ret, struct error *err)
{
	cleanup_free char *path = archive_oci_blob(d->digest);

	return archive_text_read(oci_of(base)->files, path, d, ret, err);
}

static int oci_top(struct image_source *base, const char *handle, struct image_text *ret,
		   struct error *err)
{
	struct oci_source *s = oci_of(base);

	if (str_eq(handle, WHOLE_INDEX))
		return archive_text_read(s->files, "index.json", NULL, ret, err);
	for (size_t i = 0; i < s->index->n_manifests; i++)
		if (str_eq(s->index->manifests[i].digest, handle))
			return oci_manifest(base, &s->index->manifests[i], ret, err);
	return error_set(err, ERR_NOT_FOUND, 0, "%s: there is no manifest %s", base->name,
			 handle);
}

static int oci_blob(struct image_source *base, const struct image_descriptor *d,
		    struct blob_writer *w, struct error *err)
{
	struct oci_source *s = oci_of(base);
	cleanup_free char *path = archive_oci_blob(d->digest);
	cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;

	int r = archive_files_find(s->files, path, &part, err);
	return r < 0 ? r : archive_part_copy(&part, w, err);
}

static void oci_close(struct image_source *base)
{
	struct oci_source *s = oci_of(base);

	archive_files_free(s->files);
	image_text_release(&s->text);
	image_index_free(s->index);
	free(s->reference);
	free(base->name);
	free(s);
}

static const struct image_source_ops oci_ops = {
	.list = oci_list,
	.top = oci_top,
	.manifest = oci_manifest,
	.blob = oci_blob,
	.close = oci_close,
};

/* The file oci-layout: which version of the layout this is. */
static int check_layout(const struct archive_files *files, struct error *err)
{
	cleanup_free char *text = NULL;
	cleanup_json struct json_object *o = NULL;
	const char *version = NULL;
	size_t len = 0;

	int r = archive_files_read(files, "oci-layout", LAYOUT_MAX, &text, &len, err);
	if (r < 0)
		return r;
	r = json_parse(text, len, "oci-layout", &o, err);
	if (r == 0)
		r = json_to_str(json_get(o, "imageLayoutVersion"),
				"oci-layout.imageLayoutVersion", &version, err);
	if (r < 0)
		return error_wrap(err, "%s", archive_files_name(files));
	if (!str_starts(version, "1."))
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s: version %s of the image layout is not known",
				 archive_files_name(files), version);
	return 0;
}

int archive_oci_open(struct archive_files *files, const struct archive_wanted *wanted,
		     struct image_source **ret, struct error *err)
{
	struct oci_source *s = xcalloc(1, sizeof(*s));
	cleanup_image_source struct image_source *source = &s->base;

	source->ops = &oci_ops;
	source->name = xstrdup(archive_files_name(files));
	s->files = files;
	s->reference = wanted->reference ? xstrdup(wanted->reference) : NULL;
	s->number = wanted->index;
	s->all = wanted->all;
	int r = check_layout(files, err);
	if (r < 0)
		return r;
	r = archive_text_read(files, "index.json", NULL, &s->text, err);
	if (r < 0)
		return r;
	r = image_index_parse(s->text.data, s->text.len, &s->index, err);
	if (r < 0)
		return error_wrap(err, "%s: index.json", source->name);
	*ret = TAKE_PTR(source);
	return 0;
}

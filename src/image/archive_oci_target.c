/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OCI layout written: blobs first, index.json last. What an existing directory's index.json names
 * stays, but for entries whose name one of the new ones takes. The name is written in full, for all who
 * read it: as the reference (skopeo, podman) and as containerd's.
 */
#include <errno.h>
#include <string.h>

#include "image/archive_oci.h"
#include "image/archive_out.h"
#include "image/archive_target.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"

struct oci_target {
	struct image_target base;
	struct archive_out *out;
	char *reference;         /* owned */
	struct image_index *old; /* owned: what was there; NULL: nothing */
	struct image_index *new; /* owned: what comes */
};

static struct oci_target *oci_of(struct image_target *t)
{
	return (struct oci_target *)(void *)t;
}

static int oci_has_blob(struct image_target *base, const struct image_descriptor *d,
			struct error *err)
{
	cleanup_free char *path = archive_oci_blob(d->digest);

	return archive_out_has(oci_of(base)->out, path, (uint64_t)d->size);
}

static int oci_blob(struct image_target *base, const struct image_descriptor *d,
		    int blob_fd, void (*progress)(void *data, uint64_t done), void *data,
		    struct error *err)
{
	cleanup_free char *path = archive_oci_blob(d->digest);

	return archive_out_copy(oci_of(base)->out, path, blob_fd, (uint64_t)d->size,
				&(struct archive_progress){progress, data}, err);
}

static void annotate(struct image_descriptor *d, const char *key, const char *value)
{
	struct spec_key_value *pair = SPEC_APPEND(&d->annotations, &d->n_annotations);

	pair->key = xstrdup(key);
	pair->value = xstrdup(value);
}

/* name: NULL: none; canonical: it is a whole reference. */
static void add_entry(struct oci_target *t, const struct image_text *m, const char *name,
		      bool canonical)
{
	struct image_descriptor *d =
		SPEC_APPEND(&t->new->manifests, &t->new->n_manifests);

	d->media_type = xstrdup(m->media_type);
	d->digest = xstrdup(m->digest);
	d->size = (int64_t)m->len;
	if (name)
		annotate(d, ARCHIVE_OCI_REF_NAME, name);
	if (name && canonical)
		annotate(d, ARCHIVE_OCI_CONTAINERD_NAME, name);
}

static int oci_manifest(struct image_target *base, const struct image_text *m,
			char *const *names, struct error *err)
{
	struct oci_target *t = oci_of(base);
	cleanup_free char *path = archive_oci_blob(m->digest);

	if (!archive_out_has(t->out, path, m->len)) {
		int r = archive_out_add(t->out, path, m->data, m->len, err);
		if (r < 0)
			return r;
	}
	if (!names)
		return 0;
	if (t->reference)
		add_entry(t, m, t->reference, false);
	else if (!*names)
		add_entry(t, m, NULL, false);
	strv_foreach (name, t->reference ? NULL : names)
		add_entry(t, m, *name, true);
	return 0;
}

static const char *name_of(const struct image_descriptor *d)
{
	return image_annotation(d->annotations, d->n_annotations, ARCHIVE_OCI_REF_NAME);
}

/* One of the new entries has its name; or, without a name, its digest. */
static bool is_replaced(const struct image_index *new, const struct image_descriptor *old)
{
	const char *name = name_of(old);

	for (size_t i = 0; i < new->n_manifests; i++)
		if (str_eq(name_of(&new->manifests[i]), name) &&
		    (name || str_eq(new->manifests[i].digest, old->digest)))
			return true;
	return false;
}

static void keep_old(struct oci_target *t)
{
	cleanup_image_index struct image_index *new = t->new;

	t->new = xcalloc(1, sizeof(*t->new));
	t->new->schema_version = 2;
	t->new->media_type = xstrdup(MEDIA_TYPE_OCI_INDEX);
	for (size_t i = 0; t->old && i < t->old->n_manifests; i++)
		if (!is_replaced(new, &t->old->manifests[i]))
			image_descriptor_copy(
				&t->old->manifests[i],
				SPEC_APPEND(&t->new->manifests, &t->new->n_manifests));
	for (size_t i = 0; i < new->n_manifests; i++)
		image_descriptor_copy(
			&new->manifests[i],
			SPEC_APPEND(&t->new->manifests, &t->new->n_manifests));
}

static int oci_finish(struct image_target *base, struct error *err)
{
	struct oci_target *t = oci_of(base);

	keep_old(t);
	cleanup_json struct json_object *o = image_index_to_json(t->new);
	cleanup_free char *text = json_text(o, false);
	int r = archive_out_add(t->out, "index.json", text, strlen(text), err);
	return r < 0 ? r : archive_out_finish(t->out, err);
}

static void oci_close(struct image_target *base)
{
	struct oci_target *t = oci_of(base);

	image_index_free(t->old);
	image_index_free(t->new);
	archive_out_free(t->out);
	free(t->reference);
	free(base->name);
	free(t);
}

static const struct image_target_ops oci_ops = {
	.has_blob = oci_has_blob,
	.blob = oci_blob,
	.manifest = oci_manifest,
	.finish = oci_finish,
	.close = oci_close,
};

static int read_old(struct oci_target *t, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	int r = archive_out_read(t->out, "index.json", IMAGE_MANIFEST_MAX, &text, &len,
				 err);
	if (r < 0 || !text)
		return r;
	r = image_index_parse(text, len, &t->old, err);
	return r < 0 ? error_wrap(err, "%s: index.json", t->base.name) : 0;
}

int archive_oci_target(struct archive_out *out, const char *name, const char *reference,
		       struct image_target **ret, struct error *err)
{
	struct oci_target *t = xcalloc(1, sizeof(*t));
	cleanup_image_target struct image_target *target = &t->base;

	t->base.ops = &oci_ops;
	t->base.name = xstrdup(name);
	t->base.serial = true;
	t->out = out;
	t->reference = reference ? xstrdup(reference) : NULL;
	t->new = xcalloc(1, sizeof(*t->new));
	int r = read_old(t, err);
	if (r == 0)
		r = archive_out_add(out, "oci-layout", LAYOUT, strlen(LAYOUT), err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(target);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "dir:": manifest.json, the blobs by the digits of their digests (with "ALGORITHM-" before them where
 * that is not sha256), manifests that an index names as DIGITS.manifest.json. Not a format for
 * others than skopeo and podman.
 */
#include "image/archive_dir.h"

#include "image/archive_files.h"
#include "image/archive_source.h"
#include "image/archive_text.h"
#include "spec/image.h"
#include "util/digest.h"
#include "util/mem.h"
#include "util/str.h"

struct dir_source {
	struct image_source base;
	struct archive_files *files;
};

static struct dir_source *dir_of(struct image_source *s)
{
	return (struct dir_source *)(void *)s;
}

char *archive_dir_file(const char *digest, const char *suffix)
{
	if (str_starts(digest, "sha256:"))
		return xasprintf("%s%s", digest_hex(digest), suffix);
	return xasprintf("sha512-%s%s", digest_hex(digest), suffix);
}

static int dir_list(struct image_source *base, struct source_images *ret,
		    struct error *err)
{
	ret->items = xcalloc(1, sizeof(*ret->items));
	ret->items[0].handle = xstrdup("manifest.json");
	ret->n = 1;
	return 0;
}

static int dir_top(struct image_source *base, const char *handle, struct image_text *ret,
		   struct error *err)
{
	return archive_text_read(dir_of(base)->files, handle, NULL, ret, err);
}

static int dir_manifest(struct image_source *base, const struct image_descriptor *d,
			struct image_text *ret, struct error *err)
{
	cleanup_free char *path = archive_dir_file(d->digest, ".manifest.json");

	return archive_text_read(dir_of(base)->files, path, d, ret, err);
}

static int dir_blob(struct image_source *base, const struct image_descriptor *d,
		    struct blob_writer *w, struct error *err)
{
	cleanup_free char *path = archive_dir_file(d->digest, "");
	cleanup_archive_part struct archive_part part = ARCHIVE_PART_INIT;

	int r = archive_files_find(dir_of(base)->files, path, &part, err);
	return r < 0 ? r : archive_part_copy(&part, w, err);
}

static void dir_close(struct image_source *base)
{
	archive_files_free(dir_of(base)->files);
	free(base->name);
	free(dir_of(base));
}

static const struct image_source_ops dir_ops = {
	.list = dir_list,
	.top = dir_top,
	.manifest = dir_manifest,
	.blob = dir_blob,
	.close = dir_close,
};

int archive_dir_open(struct archive_files *files, struct image_source **ret,
		     struct error *err)
{
	struct dir_source *s = xcalloc(1, sizeof(*s));

	s->base.ops = &dir_ops;
	s->base.name = xstrdup(archive_files_name(files));
	s->files = files;
	*ret = &s->base;
	return 0;
}

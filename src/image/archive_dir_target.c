/* SPDX-License-Identifier: Apache-2.0 */
/* "dir:" as skopeo and podman read it; see archive_dir.c. manifest.json comes last. */
#include <errno.h>
#include <string.h>

#include "image/archive_dir.h"
#include "image/archive_out.h"
#include "image/archive_target.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

#define VERSION     "Directory Transport Version: 1.1\n"
#define VERSION_MAX 4096

struct dir_target {
	struct image_target base;
	struct archive_out *out;
	char *manifest; /* owned: what becomes manifest.json */
	size_t manifest_len;
};

static struct dir_target *dir_of(struct image_target *t)
{
	return (struct dir_target *)(void *)t;
}

static int dir_has_blob(struct image_target *base, const struct image_descriptor *d,
			struct error *err)
{
	cleanup_free char *path = archive_dir_file(d->digest, "");

	return archive_out_has(dir_of(base)->out, path, (uint64_t)d->size);
}

static int dir_blob(struct image_target *base, const struct image_descriptor *d,
		    int blob_fd, void (*progress)(void *data, uint64_t done), void *data,
		    struct error *err)
{
	cleanup_free char *path = archive_dir_file(d->digest, "");

	return archive_out_copy(dir_of(base)->out, path, blob_fd, (uint64_t)d->size,
				&(struct archive_progress){progress, data}, err);
}

static int dir_manifest(struct image_target *base, const struct image_text *m,
			char *const *names, struct error *err)
{
	struct dir_target *t = dir_of(base);

	if (!names) {
		cleanup_free char *path = archive_dir_file(m->digest, ".manifest.json");
		return archive_out_add(t->out, path, m->data, m->len, err);
	}
	if (t->manifest)
		return error_set(err, ERR_INVALID, 0,
				 "%s: a directory holds one image only", base->name);
	t->manifest = xmemdup(m->data, m->len);
	t->manifest_len = m->len;
	return 0;
}

static int dir_finish(struct image_target *base, struct error *err)
{
	struct dir_target *t = dir_of(base);

	int r = archive_out_add(t->out, "version", VERSION, strlen(VERSION), err);
	if (r == 0 && t->manifest)
		r = archive_out_add(t->out, "manifest.json", t->manifest, t->manifest_len,
				    err);
	return r < 0 ? r : archive_out_finish(t->out, err);
}

static void dir_close(struct image_target *base)
{
	struct dir_target *t = dir_of(base);

	free(t->manifest);
	archive_out_free(t->out);
	free(base->name);
	free(t);
}

static const struct image_target_ops dir_ops = {
	.has_blob = dir_has_blob,
	.blob = dir_blob,
	.manifest = dir_manifest,
	.finish = dir_finish,
	.close = dir_close,
};

/* Somebody's directory of something else is left alone. */
static int check_dir(const struct archive_out *out, const char *name, struct error *err)
{
	cleanup_free char *version = NULL;
	size_t len = 0;

	int r = archive_out_read(out, "version", VERSION_MAX, &version, &len, err);
	if (r < 0)
		return r;
	if (version ? str_starts(version, "Directory Transport Version: 1.")
		    : archive_out_is_empty(out))
		return 0;
	error_set(err, ERR_CONFLICT, EEXIST, "write %s", name);
	return error_hint(err, "choose a directory that is new or empty");
}

int archive_dir_target(struct archive_out *out, const char *name,
		       struct image_target **ret, struct error *err)
{
	struct dir_target *t = xcalloc(1, sizeof(*t));
	cleanup_image_target struct image_target *target = &t->base;

	t->base.ops = &dir_ops;
	t->base.name = xstrdup(name);
	t->base.serial = true;
	t->out = out;
	int r = check_dir(out, name, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(target);
	return 0;
}

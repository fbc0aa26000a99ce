/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_text.h"

#include "image/archive_files.h"
#include "image/hash.h"
#include "image/reference.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

int archive_text_check(const void *data, size_t len, const char *digest, const char *what,
		       struct error *err)
{
	cleanup_hash struct hash *hash = NULL;
	char got[DIGEST_TEXT_MAX];

	int r = hash_new(digest, &hash, err);
	if (r < 0)
		return r;
	hash_add(hash, data, len);
	r = hash_end(hash, got, err);
	if (r < 0)
		return r;
	if (!str_eq(got, digest))
		return error_set(err, ERR_INVALID, EBADMSG,
				 "%s: its digest is %s, not %s", what, got, digest);
	return 0;
}

int archive_text_read(const struct archive_files *f, const char *path,
		      const struct image_descriptor *d, struct image_text *ret,
		      struct error *err)
{
	cleanup_image_text struct image_text text = {0};

	int r = archive_files_read(f, path, IMAGE_MANIFEST_MAX, &text.data, &text.len,
				   err);
	if (r < 0)
		return r;
	cleanup_free char *what = xasprintf("%s: %s", archive_files_name(f), path);
	if (d && (uint64_t)d->size != text.len)
		return error_set(err, ERR_INVALID, EBADMSG,
				 "%s: it has %zu bytes, not %lld as was announced", what,
				 text.len, (long long)d->size);
	if (d) {
		r = archive_text_check(text.data, text.len, d->digest, what, err);
		text.digest = xstrdup(d->digest);
		text.media_type = d->media_type ? xstrdup(d->media_type) : NULL;
	} else {
		r = hash_text(text.data, text.len, &text.digest, err);
	}
	if (r < 0)
		return r;
	*ret = text;
	text = (struct image_text){0};
	return 0;
}

char *archive_name(const char *text, const char *registry)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_reference struct reference ref = {0};

	if (reference_parse(text, &ref, &err) < 0)
		return NULL;
	if (registry && reference_is_short(&ref))
		ref.registry = xstrdup(registry);
	reference_complete(&ref);
	return reference_text(&ref);
}

void archive_names_add(char ***names, char *name)
{
	if (name && !strv_has(*names, name))
		strv_add_take(names, name);
	else
		free(name);
}

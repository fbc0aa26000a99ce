/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_document.h"

#include <fcntl.h>

#include "image/blobs.h"
#include "spec/image.h"
#include "util/fs.h"

int image_blobs_open(const struct engine *e, struct error *err)
{
	cleanup_fd int data_fd = fs_open_dir(AT_FDCWD, e->paths.data, false, 0, err);

	return data_fd < 0 ? data_fd : blobs_open(data_fd, err);
}

int image_manifest_of(const struct engine *e, const struct image_record *r,
		      struct image_manifest **ret, struct error *err)
{
	cleanup_fd int blobs_fd = image_blobs_open(e, err);
	cleanup_free char *text = NULL;
	size_t len;
	int k = blobs_fd;

	if (k >= 0)
		k = blob_read(blobs_fd, r->manifest, IMAGE_MANIFEST_MAX, &text, &len,
			      err);
	if (k >= 0)
		k = image_manifest_parse(text, len, ret, err);
	return k < 0 ? error_wrap(err, "the manifest of image %.12s", r->id) : 0;
}

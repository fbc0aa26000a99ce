/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar whose digest nobody knows, into the blobs: piece by piece, hashed as it is and as it is
 * uncompressed, the second in a process of its own. gzip, zstd and plain ones stay as they are; what
 * images have no media type for (xz, bzip2) becomes gzip.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct tarball; /* opaque; heap */

/* tarball_new() - progress may be NULL; it gets the bytes written. */
int tarball_new(int blobs_fd, void (*progress)(void *data, uint64_t done), void *data,
		struct tarball **ret, struct error *err) _must_check_;
int tarball_add(struct tarball *t, const void *data, size_t len,
		struct error *err) _must_check_;

struct tarball_layer { /* strings owned */
	char *digest, *diff_id;
	uint64_t size;          /* of the blob */
	const char *media_type; /* static */
};
void tarball_layer_release(struct tarball_layer *l);
#define cleanup_tarball_layer cleanup(tarball_layer_release)

/* tarball_end() - the blob is in place. */
int tarball_end(struct tarball *t, struct tarball_layer *ret,
		struct error *err) _must_check_;

void tarball_free(struct tarball *t);
DEFINE_CLEANUP(struct tarball *, tarball_free)
#define cleanup_tarball cleanup(tarball_freep)

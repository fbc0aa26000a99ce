/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs of layers that were built here: their manifests name the uncompressed tar, which is the same bytes whenever it is packed from the
 * layer's directory. So it need not lie there; it is made for a push or a save, and is gone afterwards.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_descriptor;

/* Blobs that lie there for as long as somebody has this. Whoever uses one has a shared flock(2) on it; the last one removes it. */
struct made_blobs { /* owned, but for the engine */
	const struct engine *engine;
	char **digests;
	int *fds; /* one each: the lock */
	size_t n;
	int fetch_fd; /* as long as there are any nobody collects blobs of no image */
};
#define MADE_BLOBS_INIT ((struct made_blobs){.fetch_fd = -EBADF})
void made_blobs_release(struct made_blobs *m);
#define cleanup_made_blobs cleanup(made_blobs_release)

/* blobs_make() - those of the image's layers that are not there are made; ret is added to. A directory that somebody changed gives another
 * digest: ERR_INVALID; one that is gone: ERR_NOT_FOUND; both with the layer's name. */
int blobs_make(const struct engine *e, const struct image_record *r,
	       struct made_blobs *ret, struct error *err) _must_check_;

/*
 * blob_can_be_made() - the layer (by chain id) has a directory here, and the descriptor means its uncompressed tar; *ret is the layer's
 * record. blob_check_layer() - pack it, and compare; nothing is written. ERR_INVALID: it is another one.
 */
bool blob_can_be_made(const struct engine *e, const char *chain_id,
		      const struct image_descriptor *blob, struct layer_record *ret);
int blob_check_layer(const struct engine *e, const struct layer_record *layer,
		     struct error *err) _must_check_;

/* blobs_drop() - those (strv) that are no image's go, unless somebody uses them. A failure is left to who collects. */
void blobs_drop(const struct engine *e, char *const *digests);

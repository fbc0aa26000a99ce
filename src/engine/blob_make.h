/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs of layers that were built here: their manifests name the uncompressed tar, which is the same bytes whenever it is packed from the
 * layer's directory. So it need not lie there; it is made for a push or a save, and is gone afterwards.
 */
#pragma once

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

/* blobs_make() - those of the image's layers that are not there. *ret (strv of digests, added to; caller frees): what was made. A directory
 * that somebody changed has another digest: ERR_INVALID with the layer's name. blobs_drop() - away with them. */
int blobs_make(const struct engine *e, const struct image_record *r, char ***ret,
	       struct error *err) _must_check_;
void blobs_drop(const struct engine *e, char *const *digests);

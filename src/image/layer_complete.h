/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay's upper directory, into which nobody writes any more, becomes a layer: what only stands there to be mounted on goes, marks
 * of overlay's own go, times are set, and the digest and size of its archive are found out (layer_pack_with() with these flags
 * gives that archive later).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/layer.h"
#include "image/layer_digest.h"
#include "util/cleanup.h"
#include "util/error.h"

#define LAYER_COMPLETE_FLAGS ((unsigned int)(LAYER_PACK_OVERLAY | LAYER_PACK_SECONDS))

struct layer_complete_options { /* nothing is owned */
	bool no_top; /* the top directory is as that of the layers below: no entry for it */
	int below_fd; /* the layers below, over each other; -EBADF: there are no places */
	char *const *places;          /* strv: paths ("etc/hosts") */
	bool has_epoch, all_at_epoch; /* as in struct layer_touch */
	int64_t epoch_sec;
};

/*
 * layer_complete() - digest: begun by the caller. A place goes if it is an empty file, a link, or a directory with nothing but places in
 * it, and the layers below have nothing of that name; then directories above it that have become empty and are as those below. n_entries of 0
 * in the result: nothing was written. A file that no layer may have, because of its name, is ERR_UNSUPPORTED.
 */
int layer_complete(int root_fd, const struct layer_complete_options *o,
		   struct layer_digest *digest, struct layer_result *ret,
		   struct error *err) _must_check_;

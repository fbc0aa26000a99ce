/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of an archive that is written nowhere: a sink for a tar writer. What is large is hashed by a process of its own, while the
 * next bytes are read.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "image/layer_ring.h"
#include "util/cleanup.h"
#include "util/digest.h"
#include "util/error.h"

struct hash;

struct layer_digest {
	struct hash *hash; /* owned */
	uint64_t size;     /* bytes that were added */
	pid_t pid;         /* of the other process; 0: there is none (yet) */
	struct layer_ring ring;
	uint8_t *chunk; /* being filled; NULL: none */
	size_t used;
};

/* layer_digest_init() - released by the caller, also if it fails. */
int layer_digest_init(struct layer_digest *d, struct error *err) _must_check_;
void layer_digest_release(struct layer_digest *d);
#define cleanup_layer_digest cleanup(layer_digest_release)

/* layer_digest_add() - a tar_sink's write(); data: the layer_digest. */
int layer_digest_add(void *data, const void *bytes, size_t len,
		     struct error *err) _must_check_;

/* layer_digest_end() - once, after the last byte. */
int layer_digest_end(struct layer_digest *d, char ret[static DIGEST_TEXT_MAX],
		     struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* The process that reads a layer's blob as it grows, decompresses and hashes it. */
#pragma once

#include <stdint.h>

#include "image/layer.h"
#include "image/layer_ring.h"
#include "util/digest.h"
#include "util/error.h"

/* What it has to say in the end. */
struct layer_stream_result {
	char diff_id[DIGEST_TEXT_MAX];
	uint64_t tar_size;
	const char *compression; /* static */
};

struct hash;

/* layer_stream_run() - in the process of its own: fills the ring, says its result or its error in
 * the ring's note, and ends the process. hash: new. */
_noreturn_ void layer_stream_run(const struct layer_input *in, uint64_t max_bytes,
				 struct layer_ring *ring, struct hash *hash);

/* layer_stream_result() - in the reading process, when layer_ring_get() has returned 0. An error is
 * that of the other process, or that it left nothing. */
int layer_stream_result(const struct layer_ring *ring, struct layer_stream_result *ret,
			struct error *err) _must_check_;

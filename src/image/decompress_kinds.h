/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of decompress.c. But for struct decompress_io only for its files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* What is still to be read, and where there is still room: both ends move on. */
struct decompress_io {
	const uint8_t *in;
	size_t in_len;
	uint8_t *out;
	size_t out_len;
};

struct decompress_ops {
	void *(*open)(struct error *err); /* NULL with *err */
	/* As decompressor_step(). */
	int (*step)(void *state, struct decompress_io *io, struct error *err);
	/* Whether what was read so far is whole. */
	bool (*complete)(const void *state);
	void (*close)(void *state);
};

extern const struct decompress_ops decompress_gzip_ops, decompress_zstd_ops,
	decompress_xz_ops, decompress_bzip2_ops;

/* decompress_skip_zeros() - what some writers put behind the end (tapes, blocks of a size): zeros are
 * skipped. */
void decompress_skip_zeros(struct decompress_io *io);

/* Libraries count in 32 bits. */
#define DECOMPRESS_PIECE_MAX (UINT32_C(1) << 30)
static inline uint32_t decompress_piece(size_t len)
{
	return len < DECOMPRESS_PIECE_MAX ? (uint32_t)len : DECOMPRESS_PIECE_MAX;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams decompressed: gzip (RFC 1952, several members), zstd (RFC 8878, several frames,
 * skippable ones), xz, bzip2 (several streams), none. The kind is seen by the first bytes;
 * what a media type says is not asked. Checksums of the formats are checked. Memory is bounded:
 * zstd windows up to 128 MiB, xz dictionaries up to 256 MiB. Transfer program only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/decompress_kinds.h"
#include "util/cleanup.h"
#include "util/error.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	COMPRESSION_XZ,
	COMPRESSION_BZIP2,
};

/* compression_name() - "none", "gzip", "zstd", "xz", "bzip2". */
const char *compression_name(enum compression kind);

/* compression_detect() - by the first bytes of a stream, COMPRESSION_MAGIC_MAX of them if there are so
 * many. */
#define COMPRESSION_MAGIC_MAX 10
enum compression compression_detect(const void *start, size_t len);

struct decompressor; /* opaque; heap */

int decompressor_new(enum compression kind, struct decompressor **ret,
		     struct error *err) _must_check_;

/*
 * decompressor_step() - go on until the input is used up or the room is. More may be waiting
 * inside as long as out_len comes back as 0: then call again, also without input. Damaged data is
 * ERR_INVALID; the sentence does not name the stream. A stream that ends in the middle is not found
 * here but by decompressor_end().
 */
int decompressor_step(struct decompressor *d, struct decompress_io *io,
		      struct error *err) _must_check_;

/* decompressor_end() - no more input will come: ERR_INVALID if it was cut off. */
int decompressor_end(const struct decompressor *d, struct error *err) _must_check_;

void decompressor_free(struct decompressor *d);
DEFINE_CLEANUP(struct decompressor *, decompressor_free)
#define cleanup_decompressor cleanup(decompressor_freep)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams compressed: gzip, zstd, or passed on as they are. The same bytes, level and library give
 * the same bytes: no name, no time in the gzip header. Transfer program only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/decompress.h"
#include "util/cleanup.h"
#include "util/error.h"

/* Where the compressed bytes go. Return: 0, or a negative errno with *err. */
typedef int compress_sink(void *data, const void *bytes, size_t len, struct error *err);

struct compressor; /* opaque; heap */

/*
 * compressor_new() - kind: COMPRESSION_NONE, _GZIP, _ZSTD (another is ERR_UNSUPPORTED). level: gzip 1 to
 * 9, zstd 1 to 19 (else ERR_INVALID); -1: the usual one, which is zstd's 3 and, for gzip, ISA-L's
 * best: many times faster than zlib's 6 and a few per cent larger.
 */
int compressor_new(enum compression kind, int64_t level, compress_sink *sink,
		   void *sink_data, struct compressor **ret,
		   struct error *err) _must_check_;
int compressor_add(struct compressor *c, const void *bytes, size_t len,
		   struct error *err) _must_check_;
int compressor_end(struct compressor *c, struct error *err) _must_check_;
void compressor_free(struct compressor *c);
DEFINE_CLEANUP(struct compressor *, compressor_free)
#define cleanup_compressor cleanup(compressor_freep)

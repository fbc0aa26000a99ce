/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of sparse files, GNU's three ways. For the tar reader only. Source: GNU tar's manual, "Storing
 * Sparse Files". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/tar_stream.h"

struct tar_map {
	struct tar_extent *extents; /* owned; reused */
	size_t n;
};

/* tar_sparse_old() - the header's own map (type 'S'), and the blocks that follow it. header: TAR_BLOCK
 * bytes of the caller's. *ret_size is the size of the whole file. */
int tar_sparse_old(struct tar_stream *s, const uint8_t *header, struct tar_map *map,
		   int64_t *ret_size, struct error *err) _must_check_;

/* tar_sparse_text() - pax format 1.0: the map in decimal numbers before the data. *stored loses what
 * was read. */
int tar_sparse_text(struct tar_stream *s, uint64_t *stored, struct tar_map *map,
		    struct error *err) _must_check_;

/* tar_sparse_check() - in order, not past size, and as long as what is stored. */
int tar_sparse_check(const struct tar_extent *extents, size_t n, uint64_t size,
		     uint64_t stored, struct error *err) _must_check_;

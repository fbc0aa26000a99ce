/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading tar archives of bytes that nobody has vouched for: v7, ustar, pax, GNU, with long names,
 * large numbers, extended attributes and sparse files. What an entry means is not judged here: paths
 * and links stay strings. Every size is bounded (tar.h).
 *
 * An archive ends with two blocks of zeros, or with the stream between two entries; what follows
 * the two blocks is not read.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "image/tar.h"
#include "image/tar_stream.h"
#include "util/cleanup.h"
#include "util/error.h"

struct tar_reader; /* opaque; heap */

struct tar_reader *tar_reader_new(const struct tar_source *source);
void tar_reader_free(struct tar_reader *t);
DEFINE_CLEANUP(struct tar_reader *, tar_reader_free)
#define cleanup_tar_reader cleanup(tar_reader_freep)

/* tar_reader_next() - the next entry, valid until the next call; content that was not read is skipped.
 * Return: 1; 0 at the end of the archive; ERR_INVALID. */
int tar_reader_next(struct tar_reader *t, const struct tar_entry **ret,
		    struct error *err) _must_check_;

/*
 * tar_reader_data() - the next piece of the entry's content, which belongs at *ret_offset of the file;
 * valid until the next call. Holes are left out. Return: bytes, 0 at the end, a negative errno.
 */
ssize_t tar_reader_data(struct tar_reader *t, const uint8_t **ret, uint64_t *ret_offset,
			struct error *err) _must_check_;

/* tar_reader_offset() - bytes of the archive that were read; for messages and limits. */
uint64_t tar_reader_offset(const struct tar_reader *t);

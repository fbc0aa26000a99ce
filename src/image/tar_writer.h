/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing tar archives: ustar headers, and pax ones before them where ustar can't say it. The same
 * entries give the same bytes. Sources: POSIX.1-2017, pax; for attributes SCHILY.xattr, as GNU tar and Go
 * write them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/tar.h"
#include "util/cleanup.h"
#include "util/error.h"

struct tar_sink {
	int (*write)(void *data, const void *bytes, size_t len, struct error *err);
	void *data;
};

struct tar_writer; /* opaque; heap */

struct tar_writer *tar_writer_new(const struct tar_sink *sink);
void tar_writer_free(struct tar_writer *w);
DEFINE_CLEANUP(struct tar_writer *, tar_writer_free)
#define cleanup_tar_writer cleanup(tar_writer_freep)

/* tar_writer_entry() - its headers; the one before must have been given whole. Extents are not looked
 * at: a sparse file is written with its holes. size counts only for TAR_FILE. */
int tar_writer_entry(struct tar_writer *w, const struct tar_entry *e,
		     struct error *err) _must_check_;

/* tar_writer_data() - the next bytes of its content; more than its size is ERR_INVALID. */
int tar_writer_data(struct tar_writer *w, const void *bytes, size_t len,
		    struct error *err) _must_check_;

/* tar_writer_end() - the two blocks of zeros. */
int tar_writer_end(struct tar_writer *w, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files written into a new tar archive or into a directory: what the archive formats are written to.
 * Nothing is there under the archive's name before archive_out_finish(). Transfer program only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct archive_out; /* opaque; heap */

/*
 * archive_out_tar() - path: "-" with fd 1, or a file. A regular file is replaced when it is finished
 * (with `keep`, one that is there and not empty is ERR_CONFLICT); anything else (a FIFO, a device) is
 * written to directly. A terminal is refused.
 */
int archive_out_tar(const char *path, bool is_stdout, bool keep, struct archive_out **ret,
		    struct error *err) _must_check_;

/* archive_out_dir() - a directory, made if missing. */
int archive_out_dir(const char *path, struct archive_out **ret,
		    struct error *err) _must_check_;

/* archive_out_dirfd() - the directory in which files are made and renamed (for confinement), or
 * -EBADF. Stays the archive_out's. */
int archive_out_dirfd(const struct archive_out *o);

/* archive_out_read() - of a directory only: a file that is there already, at most max bytes. *ret is NULL
 * if there is none. Caller frees. */
int archive_out_read(const struct archive_out *o, const char *path, size_t max,
		     char **ret, size_t *ret_len, struct error *err) _must_check_;

/* archive_out_is_empty() - nothing is in the directory. */
bool archive_out_is_empty(const struct archive_out *o);

/* archive_out_has() - the file was written already, or is in the directory with this size. */
bool archive_out_has(const struct archive_out *o, const char *path, uint64_t size);

int archive_out_add(struct archive_out *o, const char *path, const void *data, size_t len,
		    struct error *err) _must_check_;

struct archive_progress {
	void (*fn)(void *data, uint64_t done); /* may be NULL */
	void *data;
};

/* archive_out_copy() - `size` bytes that are read from fd (also a pipe). Fewer are ERR_INVALID. */
int archive_out_copy(struct archive_out *o, const char *path, int fd, uint64_t size,
		     const struct archive_progress *progress,
		     struct error *err) _must_check_;

/* archive_out_finish() - complete, under its name. */
int archive_out_finish(struct archive_out *o, struct error *err) _must_check_;

/* archive_out_free() - what was not finished is removed (in a directory: it stays, but nothing
 * names it). */
void archive_out_free(struct archive_out *o);
DEFINE_CLEANUP(struct archive_out *, archive_out_free)
#define cleanup_archive_out cleanup(archive_out_freep)

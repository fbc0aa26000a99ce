/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing one blob, checked: hashes what comes, tells a follower (the unpacker) how much
 * of the file is there, resumes what an earlier process left. Transfer program only.
 *
 * The follower reads the file itself, by pread(2), up to the last size that it was told:
 * `growth_fd` is the write end of a pipe (or -EBADF) that gets uint64_t records in host
 * order: bytes there so far; BLOB_GROWTH_COMPLETE | size once the blob has been checked.
 * End of file before that means that the blob was given up. A full pipe is no error: the
 * next record supersedes those before. Records come at most every 256 KiB. SIGPIPE must be ignored.
 *
 * The lock is that of an open file description: a process forked from the one that opened the writer
 * holds it too, until both have closed it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define BLOB_GROWTH_COMPLETE (UINT64_C(1) << 63)

struct blob_writer; /* opaque; heap */

struct blob_wanted {
	const char *digest; /* NULL: not known beforehand (import); then it is computed */
	int64_t size;       /* bytes; -1: not known beforehand */
	uint64_t max; /* refuse more than this when size is not known; 0: no limit */
};

/*
 * blob_writer_open() - lock the partial file. wait: for another process that is writing the same
 * blob; without it that is ERR_UNAVAILABLE with code EWOULDBLOCK. If the blob is there (already, or
 * after the wait): *ret_fd is it, open for reading, *ret is NULL. Otherwise *ret is the writer and
 * *ret_fd a second fd of the partial file, O_RDONLY, for a follower. What an earlier process left is
 * read and hashed again (blob_writer_offset() says how much is there).
 */
int blob_writer_open(int blobs_fd, const struct blob_wanted *wanted, bool wait,
		     struct blob_writer **ret, int *ret_fd,
		     struct error *err) _must_check_;

/* blob_writer_follow() - growth_fd as above, taken over; the first record is written at once. */
void blob_writer_follow(struct blob_writer *w, int growth_fd);

/* blob_writer_progress() - fn is called with the bytes there, at most ten times a second and at the
 * end. */
void blob_writer_progress(struct blob_writer *w, void (*fn)(void *data, uint64_t done),
			  void *data);

uint64_t blob_writer_offset(const struct blob_writer *w);

/* blob_writer_restart() - the source can't resume: begin again at 0. A follower that has read
 * already is told by end of file (it must be started anew); then fn of blob_writer_on_restart() is
 * called, which may bring another one. */
void blob_writer_on_restart(struct blob_writer *w,
			    int (*fn)(void *data, struct error *err), void *data);
int blob_writer_restart(struct blob_writer *w, struct error *err) _must_check_;

/* blob_writer_add() - the next bytes. More than wanted is ERR_INVALID; ENOSPC gets its sentence and
 * remedy. */
int blob_writer_add(struct blob_writer *w, const void *data, size_t len,
		    struct error *err) _must_check_;

/*
 * blob_writer_finish() - check size and digest, rename into place, tell the follower. A wrong
 * digest is ERR_INVALID, and the partial file is removed; code ESTALE if a part of it was
 * left by an earlier process (so a second attempt from the beginning may do). Too few bytes are
 * ERR_INVALID, and what is there stays. *ret_digest (may be NULL; caller frees) is the
 * digest, *ret_size (may be NULL) the size. The writer must still be closed.
 */
int blob_writer_finish(struct blob_writer *w, char **ret_digest, uint64_t *ret_size,
		       struct error *err) _must_check_;

/* blob_writer_close() - unfinished: what is there stays in partial/ for the next (nothing of
 * unknown digest stays, and nothing after the disk was full: the space is given back). */
void blob_writer_close(struct blob_writer *w);
DEFINE_CLEANUP(struct blob_writer *, blob_writer_close)
#define cleanup_blob_writer cleanup(blob_writer_closep)

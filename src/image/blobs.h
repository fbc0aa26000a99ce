/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of blobs, files named by their digest, shared by all images of a user:
 *
 *   blobs/sha256/HEX           checked, complete, never changed
 *   blobs/partial/HEX          on its way; its flock(2) is held by the one who writes it.
 *                              One without a lock was cut off and is resumed.
 *
 * A blob is written to partial/, checked against digest and size, renamed. So a
 * name below sha256/ is never wrong, whoever was killed when; image/unsynced.h is about
 * power failures. Used by the transfer
 * program (writing) and by the engine (reading).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

/* blobs_open() - the directory `blobs` in the data directory, made with its subdirectories
 * if missing. Return: O_PATH fd. */
int blobs_open(int data_dirfd, struct error *err) _must_check_;

/* blob_open() - a complete blob for reading; missing is ERR_NOT_FOUND. Return: fd. */
int blob_open(int blobs_fd, const char *digest, struct error *err) _must_check_;

/* blob_size() - of a complete blob in bytes, or -ENOENT (no *err). */
int64_t blob_size(int blobs_fd, const char *digest);

/* blob_read() - a small one (manifest, config), at most max bytes, NUL-terminated; caller
 * frees. Its bytes are checked no more: the name says it. */
int blob_read(int blobs_fd, const char *digest, size_t max, char **ret, size_t *ret_len,
	      struct error *err) _must_check_;

/* blob_put() - bytes whose digest the caller has computed. One that is there already stays. */
int blob_put(int blobs_fd, const char *digest, const void *data, size_t len,
	     struct error *err) _must_check_;

/* blob_remove() - missing is fine. */
int blob_remove(int blobs_fd, const char *digest, struct error *err) _must_check_;

/* blob_in_use() - somebody has a lock, flock(2), on it, as the engine has on those that it makes for a moment. */
bool blob_in_use(int blobs_fd, const char *digest);

/* blobs_list() - digests of all complete ones (strv). Caller frees. */
int blobs_list(int blobs_fd, char ***ret, struct error *err) _must_check_;

/*
 * blobs_partial() - what was begun and nobody is at work on, and with `remove` away with it. *ret_n (how
 * many) and *ret_bytes (as du counts them) are added to.
 */
int blobs_partial(int blobs_fd, bool remove, size_t *ret_n, int64_t *ret_bytes,
		  struct error *err) _must_check_;

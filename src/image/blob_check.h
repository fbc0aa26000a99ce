/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a blob's content is what its name says. Transfer program only. */
#pragma once

#include "util/cleanup.h"
#include "util/digest.h"
#include "util/error.h"

/* blob_hash() - of an open blob, by the algorithm of `digest`, from where the fd is to its end. */
int blob_hash(int fd, const char *digest, char ret[static DIGEST_TEXT_MAX],
	      struct error *err) _must_check_;

/*
 * blob_settle() - one that was written before the last boot and not looked at since (image/unsynced.h)
 * is hashed; if a power failure has damaged it, it is removed. What is left is right, or missing.
 */
int blob_settle(int blobs_fd, const char *digest, struct error *err) _must_check_;

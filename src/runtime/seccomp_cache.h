/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled filters on disk. A file is named by a 64-bit hash of its key and holds the
 * whole key, so that two keys with one hash can't be taken for each other. Format:
 * docs/design/seccomp.md.
 */
#pragma once

#include "runtime/seccomp_filter.h"
#include "util/buf.h"

/* seccomp_cache_read() - 0 and *ret, or -ENOENT: not there, not ours, or not whole. */
int seccomp_cache_read(int dirfd, const struct buf *key,
		       struct seccomp_filter *ret) _must_check_;

/* seccomp_cache_write() - a failure costs only time: it is logged at debug. */
void seccomp_cache_write(int dirfd, const struct buf *key,
			 const struct seccomp_filter *filter);

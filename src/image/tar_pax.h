/* SPDX-License-Identifier: Apache-2.0 */
/* Extended headers: what they say of the next entry. For the tar reader only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/tar.h"
#include "util/error.h"

struct tar_pax {
	const char *path,
		*link; /* point into the text that was parsed; NULL: not given */
	bool has_uid, has_gid, has_size, has_mtime;
	uint32_t uid, gid;
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec;
	struct tar_xattr *xattrs; /* owned; name and value in the text */
	size_t n_xattrs;
	/* GNU.sparse.* */
	bool has_sparse_size, has_sparse_major, has_sparse_map;
	uint64_t sparse_size, sparse_major, sparse_minor;
	const char *sparse_name;
	struct tar_extent *extents; /* owned */
	size_t n_extents;
	bool extent_open; /* an offset came, its length not yet */
};

/* tar_pax_clear() - as new, memory kept. */
void tar_pax_clear(struct tar_pax *p);
void tar_pax_release(struct tar_pax *p);

/*
 * tar_pax_parse() - the records of one header, of len bytes with room for a NUL behind them; text is
 * changed and must stay as long as *p is used. global: only owner and time are taken, since nothing
 * else makes sense for all files, and other readers take nothing. ERR_INVALID.
 */
int tar_pax_parse(char *text, size_t len, bool global, struct tar_pax *p,
		  struct error *err) _must_check_;

/* tar_extent_add() - to a growing array; ERR_INVALID past TAR_HOLES_MAX. */
int tar_extent_add(struct tar_extent **extents, size_t *n, struct tar_extent e,
		   struct error *err) _must_check_;

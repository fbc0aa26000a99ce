/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of files once more: with other owners, or without the files' content. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct tree_copy {
	int from_fd, to_fd; /* directories; the second is empty, or: */
	bool over; /* the first is a layer over what the second has: what it replaces or
		      whites out goes; no other way leads to the second meanwhile */
	/* the files are empty but as long as they were, with the attributes by which overlayfs finds their
	 * content at "/NAME/path" of a data layer; NULL: they have it themselves */
	const char *content_name;
	const struct idmap *uids,
		*gids; /* owners become their outside; NULL: they stay */
	uint32_t nobody_uid, nobody_gid; /* for owners that the map does not have */
	volatile uint64_t *bytes;        /* counts what is copied; may be NULL */
};

/*
 * tree_copy() - directories, files, links and nodes with owners, modes, times, hard links and extended
 * attributes but those of overlayfs; whiteouts are left out. As root of a user namespace that has the owners on both sides, with a umask of 0. Links
 * are not followed, mounts not entered.
 */
int tree_copy(const struct tree_copy *copy, struct error *err) _must_check_;

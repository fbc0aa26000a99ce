/* SPDX-License-Identifier: Apache-2.0 */
/* The end of `cp` that something is copied from. */
#pragma once

#include <stdbool.h>

#include "engine/copy_entry.h"
#include "engine/copy_spot.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_give {
	struct copy_place place;
	const char *path;
	bool follow; /* a link at the end of the path is followed; in the tree none is */
	const struct idmap *uids,
		*gids; /* owners become their inside; no lines, NULL: as they are */
};

/*
 * copy_give() - COPY_SOURCE, the entries, COPY_END to the sink. Mounts are entered, but for procfs and the like;
 * sockets and devices are left out, hard links kept.
 */
int copy_give(const struct copy_give *g, const struct copy_sink *sink,
	      struct error *err) _must_check_;

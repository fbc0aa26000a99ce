/* SPDX-License-Identifier: Apache-2.0 */
/* What trees of many owners take on disk, as du(1) counts it. */
#pragma once

#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * disk_usage() - ret[i]: bytes of the file system's blocks that the tree paths[i] (absolute) takes,
 * directories included, a file with several names once over all of them; 0 for a missing one. Counted
 * as root of the user's map, so nothing is hidden.
 */
int disk_usage(const struct engine *e, char *const *paths, int64_t *ret,
	       struct error *err) _must_check_;

/* disk_usage_own() - the same for one file or directory by itself, without what is in it. */
int64_t disk_usage_own(int dirfd, const char *path);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that gives host ids to containers. What it gives is on record, in a transaction, before
 * any namespace has it, and stays until the container's files are gone (container_purge). Nobody who asks
 * meanwhile gets the same: see id_stores.h for other stores of the same user. A kill -9 at any instant
 * leaves either nothing or rows of a container without a record, which container_sweep() takes away.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct id_pool;
struct idmap;

struct id_request {
	const char *container; /* its id; its run directory is locked by the caller */
	/*
	 * A range for it alone: `wanted` ids, or as few as `needed` if there are not that many any more;
	 * the same numbers for users and groups where both are free. wanted 0: none.
	 */
	uint64_t wanted, needed;
	/* What it was told to have, by an explicit map, in ids of the host (may be NULL or empty): refused
	 * if another container was given one of them for itself. */
	const struct idmap *fixed_uids, *fixed_gids;
};

struct id_grant {
	uint64_t uid_start, gid_start, count;
};

/*
 * id_alloc() - e->store is open. A map that holds every id of the pool is the user's whole map in another
 * order: nobody's reservation. ERR_UNAVAILABLE: the pool is used up; the text says by whom, the hint what
 * helps. ERR_CONFLICT: of the explicit map.
 */
int id_alloc(const struct engine *e, const struct id_request *q,
	     const struct id_pool *pool, struct id_grant *ret,
	     struct error *err) _must_check_;

/* id_alloc_size() - how many ids a container gets of a pool of this many, within these limits, but what it needs.
 * Pure. */
uint64_t id_alloc_size(uint64_t needed, uint64_t pool_size, uint64_t min_size,
		       uint64_t max_size);

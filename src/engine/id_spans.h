/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of ids as spans, in 64 bits so that nothing can wrap: what of a pool is free, and where a range
 * of some size goes. Pure. A set is sorted and its spans neither overlap nor touch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

struct idmap;

#define ID_SPANS_END UINT64_C(4294967295) /* 2^32-1 is no id */

struct id_span {
	uint64_t start, end; /* end: the first after it */
};

struct id_spans {
	struct id_span *items; /* owned */
	size_t n;
};
void id_spans_release(struct id_spans *s); /* safe on a zeroed struct */
#define cleanup_id_spans cleanup(id_spans_release)

/* id_spans_add() - ids start..start+count-1; what reaches beyond the highest id is cut off. */
void id_spans_add(struct id_spans *s, uint64_t start, uint64_t count);
/* id_spans_remove() - the same taken away. */
void id_spans_remove(struct id_spans *s, uint64_t start, uint64_t count);
/* id_spans_add_outside() - the ids that a map leads to. */
void id_spans_add_outside(struct id_spans *s, const struct idmap *map);
void id_spans_copy(struct id_spans *to, const struct id_spans *from);
void id_spans_intersect(const struct id_spans *a, const struct id_spans *b,
			struct id_spans *ret);
/* id_spans_hold() - all of them. */
bool id_spans_hold(const struct id_spans *s, uint64_t start, uint64_t count);
uint64_t id_spans_total(const struct id_spans *s);
uint64_t id_spans_largest(const struct id_spans *s); /* ids of the largest span */

/*
 * id_spans_find() - where `count` ids in a row are free: of a power of two, as ranges are that nobody asked a size
 * for, the first place that is a multiple of it away from the beginning of the pool's span around it, so that such
 * ranges leave no gaps between them; else the first place at all. false: there is none.
 */
bool id_spans_find(const struct id_spans *free_ids, const struct id_spans *pool,
		   uint64_t count, uint64_t *ret_start);

/* SPDX-License-Identifier: Apache-2.0 */
/* What id_alloc() says when there are no ids, or when they are somebody's: who has them, and what helps. */
#pragma once

#include <stdint.h>

#include "util/error.h"

struct id_holding;
struct id_holdings;
struct id_pool;
struct id_range;
struct id_span;

struct id_shortage {
	uint64_t needed;
	const struct id_pool *pool, *free_ids;
	const struct id_holdings *held;
};

int id_words_exhausted(const struct id_shortage *s, struct error *err);

/* id_words_conflict() - an explicit map wants `span`, of which `row` is its container's alone. */
int id_words_conflict(const struct id_span *span, const struct id_holding *holding,
		      const struct id_range *row, struct error *err);

/* id_words_holder() - who it is, for people: name or short id, and the store if it is another. Caller frees. */
char *id_words_holder(const struct id_holding *holding, const struct id_range *row);

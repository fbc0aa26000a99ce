/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 *   lock of all the user's stores            (id_stores.c; held to the end)
 *   BEGIN IMMEDIATE
 *     rows of this store and of the others -> what of the pool is free
 *     first place for the range
 *     INSERT
 *   COMMIT
 *
 * A used-up pool is looked at twice: in between, what killed makers left behind is swept away.
 */
#include "engine/id_alloc.h"

#include <unistd.h>

#include "engine/id_alloc_words.h"
#include "engine/id_pool.h"
#include "engine/id_spans.h"
#include "engine/id_stores.h"
#include "engine/settle.h"
#include "runtime/idmap.h"
#include "store/store.h"
#include "util/log.h"
#include "util/sys.h"

/* A range takes at most this share of the largest gap, if its container gets along with less: many
 * containers of a user with few ids get smaller ranges rather than none. */
#define SHARE_OF_GAP 32
#define LARGE_POOL   (UINT64_C(1) << 24)
#define LARGE_SIZE   65536

uint64_t id_alloc_size(uint64_t needed, uint64_t pool_size, uint64_t min_size,
		       uint64_t max_size)
{
	uint64_t size = needed > min_size ? needed : min_size;

	if (pool_size >= LARGE_POOL && size < LARGE_SIZE)
		size = LARGE_SIZE;
	size = size > max_size ? max_size : size;
	return size > needed ? size : needed;
}

/* What it was told to have, as far as that is a reservation. */
struct fixed {
	struct id_spans uids, gids;
};

static void fixed_release(struct fixed *f)
{
	id_spans_release(&f->uids);
	id_spans_release(&f->gids);
}

static bool holds_all(const struct id_spans *spans, const struct id_spans *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		if (!id_spans_hold(spans, pool->items[i].start,
				   pool->items[i].end - pool->items[i].start))
			return false;
	return true;
}

static void add_fixed(struct id_spans *spans, const struct idmap *map,
		      const struct id_spans *pool, uint32_t own)
{
	if (map)
		id_spans_add_outside(spans, map);
	if (pool->n && holds_all(spans, pool))
		id_spans_release(spans);
	id_spans_remove(spans, own, 1);
}

static bool overlaps(const struct id_range *r, const struct id_span *span)
{
	return r->start < (int64_t)span->end &&
	       (int64_t)span->start < r->start + r->count;
}

/* What the explicit map takes from somebody who has it alone. */
static int check_row(const struct fixed *f, const struct id_holding *h,
		     const struct id_range *row, struct error *err)
{
	const struct id_spans *spans = row->kind == ID_RANGE_UID ? &f->uids : &f->gids;

	for (size_t i = 0; row->exclusive && i < spans->n; i++)
		if (overlaps(row, &spans->items[i]))
			return id_words_conflict(&spans->items[i], h, row, err);
	return 0;
}

static int check_fixed(const struct fixed *f, const struct id_holdings *held,
		       struct error *err)
{
	for (size_t i = 0; i < held->n; i++)
		for (size_t k = 0; k < held->items[i].ranges.n; k++) {
			int r = check_row(f, &held->items[i],
					  &held->items[i].ranges.items[k], err);

			if (r < 0)
				return r;
		}
	return 0;
}

/* A row that somebody has damaged takes nothing away rather than everything. */
static void take_away(struct id_spans *spans, const struct id_range *row)
{
	if (row->start >= 0 && row->count > 0)
		id_spans_remove(spans, (uint64_t)row->start, (uint64_t)row->count);
}

static void take_all_away(struct id_spans *spans, const struct id_spans *away)
{
	for (size_t i = 0; i < away->n; i++)
		id_spans_remove(spans, away->items[i].start,
				away->items[i].end - away->items[i].start);
}

static void find_free(const struct fixed *f, const struct id_holdings *held,
		      const struct id_pool *pool, struct id_pool *ret)
{
	id_spans_copy(&ret->uids, &pool->uids);
	id_spans_copy(&ret->gids, &pool->gids);
	for (size_t i = 0; i < held->n; i++)
		for (size_t k = 0; k < held->items[i].ranges.n; k++) {
			const struct id_range *row = &held->items[i].ranges.items[k];

			take_away(row->kind == ID_RANGE_UID ? &ret->uids : &ret->gids,
				  row);
		}
	take_all_away(&ret->uids, &f->uids);
	take_all_away(&ret->gids, &f->gids);
}

static bool place(const struct id_pool *free_ids, const struct id_pool *pool,
		  uint64_t count, struct id_grant *ret)
{
	cleanup_id_spans struct id_spans both = {0};

	ret->count = count;
	id_spans_intersect(&free_ids->uids, &free_ids->gids, &both);
	if (id_spans_find(&both, &pool->uids, count, &ret->uid_start)) {
		ret->gid_start = ret->uid_start;
		return true;
	}
	return id_spans_find(&free_ids->uids, &pool->uids, count, &ret->uid_start) &&
	       id_spans_find(&free_ids->gids, &pool->gids, count, &ret->gid_start);
}

/* The largest that is not more than n; such ranges lie next to each other without gaps. */
static uint64_t power_of_two(uint64_t n)
{
	uint64_t power = n > 0;

	while (power && power <= n / 2)
		power *= 2;
	return power;
}

static bool choose(const struct id_request *q, const struct id_pool *free_ids,
		   const struct id_pool *pool, struct id_grant *ret)
{
	uint64_t uids = id_spans_largest(&free_ids->uids);
	uint64_t gids = id_spans_largest(&free_ids->gids);
	uint64_t share = power_of_two((uids < gids ? uids : gids) / SHARE_OF_GAP);
	uint64_t size = q->wanted;

	if (size > share)
		size = share > q->needed ? share : q->needed;
	return place(free_ids, pool, size, ret) ||
	       (size > q->needed && place(free_ids, pool, q->needed, ret));
}

static void add_row(struct id_ranges *rows, const struct id_range *row)
{
	if (row->count)
		id_ranges_add(rows, row);
}

static void add_fixed_rows(struct id_ranges *rows, const struct id_request *q,
			   enum id_range_kind kind, const struct id_spans *spans)
{
	for (size_t i = 0; i < spans->n; i++)
		add_row(rows, &(struct id_range){
				      .container = (char *)q->container,
				      .kind = kind,
				      .start = (int64_t)spans->items[i].start,
				      .count = (int64_t)(spans->items[i].end -
							 spans->items[i].start),
			      });
}

static int insert(const struct engine *e, const struct id_request *q,
		  const struct fixed *f, const struct id_grant *grant, struct error *err)
{
	cleanup_id_ranges struct id_ranges rows = {0};
	struct id_range range = {
		.container = (char *)q->container,
		.kind = ID_RANGE_UID,
		.start = (int64_t)grant->uid_start,
		.count = (int64_t)grant->count,
		.exclusive = true,
	};

	add_row(&rows, &range);
	range.kind = ID_RANGE_GID;
	range.start = (int64_t)grant->gid_start;
	add_row(&rows, &range);
	add_fixed_rows(&rows, q, ID_RANGE_UID, &f->uids);
	add_fixed_rows(&rows, q, ID_RANGE_GID, &f->gids);
	return id_range_insert(e->store, &rows, err);
}

/* Inside of the transaction. */
static int look_and_insert(const struct engine *e, const struct id_request *q,
			   const struct id_pool *pool, struct id_grant *ret,
			   struct error *err)
{
	cleanup(fixed_release) struct fixed f = {0};
	cleanup_id_holdings struct id_holdings held = {0};
	cleanup_id_pool struct id_pool free_ids = {0};
	int r = id_stores_look(e, &held, err);

	if (r < 0)
		return r;
	add_fixed(&f.uids, q->fixed_uids, &pool->uids, geteuid());
	add_fixed(&f.gids, q->fixed_gids, &pool->gids, getegid());
	r = check_fixed(&f, &held, err);
	if (r < 0)
		return r;
	find_free(&f, &held, pool, &free_ids);
	if (q->wanted && !choose(q, &free_ids, pool, ret))
		return id_words_exhausted(
			&(struct id_shortage){q->needed, pool, &free_ids, &held}, err);
	return insert(e, q, &f, ret, err);
}

static int attempt(const struct engine *e, const struct id_request *q,
		   const struct id_pool *pool, struct id_grant *ret, struct error *err)
{
	int r = store_begin(e->store, err);

	*ret = (struct id_grant){0};
	if (r >= 0)
		r = look_and_insert(e, q, pool, ret, err);
	if (r >= 0 && sys_fault("id_range_insert"))
		r = error_set(err, ERR_SYSTEM, errno, "record the container's ids");
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	return r;
}

/* Ids in the hands of the dead are given back. */
static int sweep(const struct engine *e, struct error *err)
{
	log_debug("no ids are free: look for what killed makers left");
	error_release(err);
	return container_sweep(e, err);
}

int id_alloc(const struct engine *e, const struct id_request *q,
	     const struct id_pool *pool, struct id_grant *ret, struct error *err)
{
	cleanup_fd int lock_fd = id_stores_lock(e, err);
	int r = lock_fd < 0 ? lock_fd : attempt(e, q, pool, ret, err);

	if (r < 0 && (err->kind == ERR_UNAVAILABLE || err->kind == ERR_CONFLICT)) {
		r = sweep(e, err);
		if (r >= 0)
			r = attempt(e, q, pool, ret, err);
	}
	if (r >= 0 && sys_fault("id_range_committed"))
		r = error_set(err, ERR_SYSTEM, errno, "record the container's ids");
	return r;
}

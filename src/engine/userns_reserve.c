/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/userns_reserve.h"

#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/id_alloc.h"
#include "engine/id_pool.h"
#include "engine/id_spans.h"
#include "engine/userns_maps.h"

static uint64_t pool_size(const struct id_pool *pool)
{
	uint64_t uids = id_spans_total(&pool->uids), gids = id_spans_total(&pool->gids);

	return uids < gids ? uids : gids;
}

/* Who hands ids on to containers of its own needs more of them. */
#define NESTED_SIZE  65536
#define NESTED_SHARE 4

static uint64_t needed_ids(const struct create_plan *p, uint64_t pool)
{
	uint64_t share = pool / NESTED_SHARE;

	if (!p->options->nested || p->userns.option.size)
		return p->userns.needed;
	share = share < NESTED_SIZE ? share : NESTED_SIZE;
	return share > p->userns.needed ? share : p->userns.needed;
}

int userns_reserve(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct userns_plan *u = &p->userns;
	bool is_range = u->mode == USERNS_AUTO;
	struct id_request request = {
		.container = p->id,
		.fixed_uids = is_range ? &u->fixed_uids : &p->uids,
		.fixed_gids = is_range ? &u->fixed_gids : &p->gids,
	};
	cleanup_id_pool struct id_pool pool = {0};
	struct id_grant grant;
	int r;

	if (!u->reserves)
		return 0;
	r = id_pool_get(&p->settings, &pool, err);
	if (r < 0)
		return r;
	if (is_range) {
		request.needed = needed_ids(p, pool_size(&pool));
		request.wanted = u->option.size
					 ? u->option.size
					 : id_alloc_size(request.needed, pool_size(&pool),
							 p->settings.auto_min_size,
							 p->settings.auto_max_size);
	}
	r = id_alloc(e, &request, &pool, &grant, err);
	if (r < 0 || !is_range)
		return r;
	idmap_release(&p->uids);
	idmap_release(&p->gids);
	userns_map_range(grant.uid_start, grant.count, &u->fixed_uids, &p->uids);
	userns_map_range(grant.gid_start, grant.count, &u->fixed_gids, &p->gids);
	if (p->options->nested)
		create_plan_nested_ids(p);
	return 0;
}

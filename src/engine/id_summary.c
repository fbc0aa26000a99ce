/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_summary.h"

#include <inttypes.h>

#include "engine/container.h"
#include "engine/id_pool.h"
#include "engine/id_spans.h"
#include "engine/id_stores.h"
#include "engine/settings.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define RANGES_TEXT_MAX 65536

/* "100000-101023,200000" */
static char *spans_text(const struct id_spans *s)
{
	struct buf text;

	buf_init(&text, RANGES_TEXT_MAX);
	for (size_t i = 0; i < s->n; i++) {
		(void)!buf_printf(&text, "%s%" PRIu64, i ? "," : "", s->items[i].start);
		if (s->items[i].end - s->items[i].start > 1)
			(void)!buf_printf(&text, "-%" PRIu64, s->items[i].end - 1);
	}
	return buf_take(&text);
}

struct subject {
	const struct id_holding *holding;
	const struct container
		*container; /* NULL: without a record, or another store's */
	const char *id, *name;
	struct id_spans uids, gids, chosen_uids, chosen_gids;
};

static void subject_release(struct subject *s)
{
	id_spans_release(&s->uids);
	id_spans_release(&s->gids);
	id_spans_release(&s->chosen_uids);
	id_spans_release(&s->chosen_gids);
}

static void gather(struct subject *s, const struct id_range *row)
{
	bool of_users = row->kind == ID_RANGE_UID;

	if (row->start < 0 || row->count <= 0)
		return;
	id_spans_add(of_users ? &s->uids : &s->gids, (uint64_t)row->start,
		     (uint64_t)row->count);
	if (row->exclusive)
		id_spans_add(of_users ? &s->chosen_uids : &s->chosen_gids,
			     (uint64_t)row->start, (uint64_t)row->count);
}

static bool is_outside(const struct id_spans *chosen, const struct id_spans *pool)
{
	cleanup_id_spans struct id_spans inside = {0};

	id_spans_intersect(chosen, pool, &inside);
	return id_spans_total(&inside) < id_spans_total(chosen);
}

static const char *status_of(const struct subject *s)
{
	if (!s->holding->own)
		return s->name ? "in another store" : "in another store, no record";
	return s->container ? status_word(s->container->status) : "being made";
}

static struct json_object *row_of(const struct subject *s, const struct id_pool *pool)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *uids = spans_text(&s->uids), *gids = spans_text(&s->gids);
	bool outside = is_outside(&s->chosen_uids, &pool->uids) ||
		       is_outside(&s->chosen_gids, &pool->gids);
	cleanup_free char *status =
		xasprintf("%s%s", status_of(s), outside ? ", outside the pool" : "");

	json_add_str(o, "ContainerID", s->id);
	json_add_str(o, "Name", s->name ? s->name : "");
	json_add_str(o, "UserNS", s->chosen_uids.n ? "auto" : "map");
	json_add_str(o, "UIDs", uids);
	json_add_str(o, "GIDs", gids);
	json_add_str(o, "Status", status);
	json_add_str(o, "Store", s->holding->data);
	json_add_bool(o, "Exclusive", s->chosen_uids.n > 0);
	json_add_bool(o, "OutsidePool", outside);
	return o;
}

static const struct container *find_container(const struct containers *list,
					      const char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].record.id, id))
			return &list->items[i];
	return NULL;
}

static bool is_first(const struct id_ranges *rows, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq(rows->items[i].container, rows->items[at].container))
			return false;
	return true;
}

static void add_rows(struct json_object *rows, const struct id_holding *h,
		     const struct containers *containers, const struct id_pool *pool)
{
	for (size_t i = 0; i < h->ranges.n; i++) {
		const struct id_range *row = &h->ranges.items[i];
		cleanup(subject_release) struct subject s = {
			.holding = h, .id = row->container, .name = row->name};

		if (!is_first(&h->ranges, i))
			continue;
		if (h->own)
			s.container = find_container(containers, row->container);
		for (size_t k = i; k < h->ranges.n; k++)
			if (str_eq(h->ranges.items[k].container, row->container))
				gather(&s, &h->ranges.items[k]);
		json_object_array_add(rows, row_of(&s, pool));
	}
}

static struct json_object *side(const struct id_spans *pool, const struct id_spans *rest)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *ranges = spans_text(pool);

	json_add_str(o, "Ranges", ranges);
	json_add_u64(o, "Total", id_spans_total(pool));
	json_add_u64(o, "Free", id_spans_total(rest));
	json_add_u64(o, "Largest", id_spans_largest(rest));
	return o;
}

static struct json_object *pool_of(const struct id_pool *pool,
				   const struct id_holdings *held)
{
	struct json_object *o = json_object_new_object();
	cleanup_id_pool struct id_pool rest = {0};

	id_spans_copy(&rest.uids, &pool->uids);
	id_spans_copy(&rest.gids, &pool->gids);
	for (size_t i = 0; i < held->n; i++)
		for (size_t k = 0; k < held->items[i].ranges.n; k++) {
			const struct id_range *row = &held->items[i].ranges.items[k];

			if (row->start >= 0 && row->count > 0)
				id_spans_remove(row->kind == ID_RANGE_UID ? &rest.uids
									  : &rest.gids,
						(uint64_t)row->start,
						(uint64_t)row->count);
		}
	json_add_str(o, "Source", pool->source);
	json_add(o, "UIDs", side(&pool->uids, &rest.uids));
	json_add(o, "GIDs", side(&pool->gids, &rest.gids));
	return o;
}

int id_summary(const struct engine *e, struct json_object **ret_rows,
	       struct json_object **ret_pool, struct error *err)
{
	cleanup_containers struct containers containers = {0};
	cleanup_id_holdings struct id_holdings held = {0};
	cleanup_settings struct settings settings = SETTINGS_INIT;
	cleanup_id_pool struct id_pool pool = {0};
	int r = settings_read(NULL, &settings, err);

	if (r >= 0)
		r = id_pool_get(&settings, &pool, err);
	if (r >= 0)
		r = container_list(e, &containers, err);
	if (r >= 0)
		r = id_stores_look(e, &held, err);
	if (r < 0)
		return r;
	*ret_rows = json_object_new_array();
	*ret_pool = pool_of(&pool, &held);
	for (size_t i = 0; i < held.n; i++)
		add_rows(*ret_rows, &held.items[i], &containers, &pool);
	return 0;
}

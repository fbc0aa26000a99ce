/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_cache.h"

#include <stdio.h>
#include <string.h>

#include "build/context_place.h"
#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/human.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SHORT_DIGITS 12

const struct template_heading build_cache_headings[] = {
	{"CacheID", "CACHE ID"},     {"CacheType", "CACHE TYPE"},
	{"CreatedSince", "CREATED"}, {"LastUsedSince", "LAST USED"},
	{"UsageCount", "USAGE"},     {NULL, NULL},
};

int build_cache_prune(const struct engine *e, const struct cache_prune_options *o,
		      int64_t *ret_freed, struct error *err)
{
	cleanup_cache_pruned struct cache_pruned pruned = {0};
	int r = cache_prune(e, o, &pruned, err);

	context_places_sweep(e);
	if (pruned.ids)
		printf("Deleted build cache objects:\n");
	strv_foreach (id, pruned.ids)
		printf("%s\n", *id);
	if (pruned.ids)
		printf("\n");
	if (pruned.busy)
		cubby_warn(
			"somebody builds or pulls: steps of the build cache were left");
	*ret_freed += pruned.freed;
	return r;
}

/* A row is one line. */
static char *describe(const struct cache_item *item)
{
	cleanup_free char *line =
		xasprintf("%s%.*s", item->kind == CACHE_ITEM_MOUNT ? "cache mount " : "",
			  (int)strcspn(item->text, "\n"), item->text);

	return str_visible(*line ? line : "instructions without files", "");
}

static struct json_object *row(const struct cache_item *item, int64_t now_usec)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *id = xasprintf("%.*s", SHORT_DIGITS, item->id);
	cleanup_free char *line = describe(item);
	char text[HUMAN_TEXT_MAX];

	json_add_str(o, "ID", item->id);
	json_add_str(o, "CacheID", id);
	json_add_str(o, "Parent", item->parent ? item->parent : "");
	json_add_str(o, "CacheType", cache_item_word(item->kind));
	json_add_str(o, "Description", line);
	json_add_str(o, "Size", human_size_exact(item->size, text));
	json_add_str(o, "CreatedSince", human_ago(item->created_usec, now_usec, text));
	json_add_str(o, "LastUsedSince", human_ago(item->used_usec, now_usec, text));
	json_add_i64(o, "UsageCount", item->n_uses);
	json_add_bool(o, "InUse", item->in_use);
	json_add_bool(o, "Shared", item->shared);
	return o;
}

struct json_object *build_cache_rows(const struct cache_items *list)
{
	struct json_object *rows = json_object_new_array();
	int64_t now_usec = time_now_usec();

	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(rows, row(&list->items[i], now_usec));
	return rows;
}

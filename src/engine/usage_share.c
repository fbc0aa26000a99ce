/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/usage_share.h"

#include <stdlib.h>
#include <string.h>

#include "util/str.h"

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct usage_item *)a)->key,
		      ((const struct usage_item *)b)->key);
}

static struct usage_item *find(struct usage_item *items, size_t n, const char *key)
{
	const struct usage_item wanted = {.key = (char *)key};

	return n ? bsearch(&wanted, items, n, sizeof(*items), by_key) : NULL;
}

static void hold(struct usage_item *items, size_t n, const struct usage_image *image)
{
	strv_foreach (key, image->keys) {
		struct usage_item *item = find(items, n, *key);

		if (!item)
			continue;
		item->n_images++;
		item->in_use |= image->in_use;
	}
}

static void sum_up(struct usage_item *items, size_t n, struct usage_image *image)
{
	strv_foreach (key, image->keys) {
		const struct usage_item *item = find(items, n, *key);

		if (item && item->n_images > 1)
			image->shared += item->bytes;
		else if (item)
			image->unique += item->bytes;
	}
}

int64_t usage_share(struct usage_item *items, size_t n_items, struct usage_image *images,
		    size_t n_images)
{
	int64_t reclaimable = 0;

	if (n_items)
		qsort(items, n_items, sizeof(*items), by_key);
	for (size_t i = 0; i < n_images; i++)
		hold(items, n_items, &images[i]);
	for (size_t i = 0; i < n_images; i++)
		sum_up(items, n_items, &images[i]);
	for (size_t i = 0; i < n_items; i++)
		if (!items[i].in_use)
			reclaimable += items[i].bytes;
	return reclaimable;
}

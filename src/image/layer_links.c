/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_links.h"

#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

#define SLOTS_FIRST 256

void layer_links_release(struct layer_links *l)
{
	for (size_t i = 0; i < l->n_slots; i++)
		free(l->slots[i].path);
	free(l->slots);
	*l = (struct layer_links){0};
}

static struct layer_link *slot_of(struct layer_links *l, dev_t dev, ino_t ino)
{
	uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 32) *
			UINT64_C(0x9e3779b97f4a7c15); /* Fibonacci hashing */
	size_t at = (size_t)(hash >> 20) & (l->n_slots - 1);

	while (l->slots[at].path && (l->slots[at].ino != ino || l->slots[at].dev != dev))
		at = (at + 1) & (l->n_slots - 1);
	return &l->slots[at];
}

static void grow(struct layer_links *l)
{
	struct layer_links old = *l;

	l->n_slots = old.n_slots > 0 ? 2 * old.n_slots : SLOTS_FIRST;
	l->slots = xcalloc(l->n_slots, sizeof(*l->slots));
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slots[i].path)
			*slot_of(l, old.slots[i].dev, old.slots[i].ino) = old.slots[i];
	free(old.slots);
}

const char *layer_links_meet(struct layer_links *l, dev_t dev, ino_t ino,
			     const char *path)
{
	if (2 * (l->n + 1) > l->n_slots)
		grow(l);
	struct layer_link *slot = slot_of(l, dev, ino);
	if (slot->path)
		return slot->path;
	*slot = (struct layer_link){dev, ino, xstrdup(path)};
	l->n++;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_dirs.h"

#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "util/mem.h"

#define PATHS_MAX   ((size_t)256 * 1024 * 1024)
#define DIRS_MAX    ((size_t)4 * 1024 * 1024)
#define SLOTS_FIRST 1024
#define FNV_PRIME   UINT64_C(1099511628211)

void layer_dirs_init(struct layer_dirs *d)
{
	*d = (struct layer_dirs){.n_slots = SLOTS_FIRST};
	d->slots = xcalloc(d->n_slots, sizeof(*d->slots));
	/* so that nobody can choose names which fall together */
	if (getrandom(&d->seed, sizeof(d->seed), GRND_NONBLOCK) < 0)
		d->seed = (uint64_t)(uintptr_t)d->slots;
}

void layer_dirs_release(struct layer_dirs *d)
{
	free(d->items);
	free(d->paths);
	free(d->slots);
	*d = (struct layer_dirs){0};
}

static uint64_t hash_of(const struct layer_dirs *d, const char *path, size_t len)
{
	uint64_t h = d->seed;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ (unsigned char)path[i]) * FNV_PRIME;
		h ^= h >> 29;
	}
	return h;
}

const char *layer_dirs_path(const struct layer_dirs *d, const struct layer_dir *item)
{
	return d->paths + item->path;
}

/* The slot of that path, or the free one where it would be. */
static uint32_t *slot_of(struct layer_dirs *d, const char *path, size_t len)
{
	size_t at = (size_t)hash_of(d, path, len) & (d->n_slots - 1);

	for (;; at = (at + 1) & (d->n_slots - 1)) {
		const struct layer_dir *item;

		if (d->slots[at] == 0)
			return &d->slots[at];
		item = &d->items[d->slots[at] - 1];
		if (item->len == len && memcmp(layer_dirs_path(d, item), path, len) == 0)
			return &d->slots[at];
	}
}

static void grow_slots(struct layer_dirs *d)
{
	free(d->slots);
	d->n_slots *= 2;
	d->slots = xcalloc(d->n_slots, sizeof(*d->slots));
	for (size_t i = 0; i < d->n; i++)
		*slot_of(d, layer_dirs_path(d, &d->items[i]), d->items[i].len) =
			(uint32_t)i + 1;
}

static int make_room(struct layer_dirs *d, size_t len, struct error *err)
{
	if (d->n >= DIRS_MAX || d->paths_len + len + 1 > PATHS_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "the layer has too many directories (more than %zu)",
				 d->n);
	if (d->n == d->room) {
		d->room = d->room > 0 ? 2 * d->room : SLOTS_FIRST;
		d->items = xreallocarray(d->items, d->room, sizeof(*d->items));
	}
	if (d->paths_len + len + 1 > d->paths_room) {
		d->paths_room = 2 * (d->paths_room + len + 1);
		d->paths = xreallocarray(d->paths, d->paths_room, 1);
	}
	if (2 * (d->n + 1) > d->n_slots)
		grow_slots(d);
	return 0;
}

int layer_dirs_get(struct layer_dirs *d, const char *path, size_t len,
		   struct layer_dir **ret, struct error *err)
{
	int r = make_room(d, len, err);
	uint32_t *slot;

	if (r < 0)
		return r;
	slot = slot_of(d, path, len);
	if (*slot > 0) {
		*ret = &d->items[*slot - 1];
		if ((*ret)->flags & LAYER_DIR_GONE)
			(*ret)->flags = 0;
		return 0;
	}
	*ret = &d->items[d->n++];
	**ret = (struct layer_dir){.path = d->paths_len, .len = (uint16_t)len};
	*slot = (uint32_t)d->n;
	memcpy(d->paths + d->paths_len, path, len);
	d->paths_len += len;
	d->paths[d->paths_len++] = '\0';
	return 0;
}

void layer_dirs_forget(struct layer_dirs *d, const char *path, size_t len)
{
	for (size_t i = 0; i < d->n; i++) {
		struct layer_dir *item = &d->items[i];
		const char *its = layer_dirs_path(d, item);

		if (item->len >= len && memcmp(its, path, len) == 0 &&
		    (its[len] == '\0' || its[len] == '/'))
			item->flags = LAYER_DIR_GONE;
	}
}

static bool is_implied(const struct layer_dir *item)
{
	return !(item->flags & (LAYER_DIR_ENTRY | LAYER_DIR_GONE)) && item->len > 0;
}

int layer_dirs_implied(const struct layer_dirs *d, char ***ret, struct error *err)
{
	size_t n = 0, bytes = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (!is_implied(&d->items[i]))
			continue;
		n++;
		bytes += d->items[i].len + 1U;
	}
	if (bytes > LAYER_IMPLIED_MAX)
		return error_set(
			err, ERR_INVALID, 0,
			"the layer has %zu directories without an entry of their "
			"own; that is too many",
			n);
	char **list = xcalloc(n + 1, sizeof(*list));
	n = 0;
	for (size_t i = 0; i < d->n; i++)
		if (is_implied(&d->items[i]))
			list[n++] = xstrdup(layer_dirs_path(d, &d->items[i]));
	*ret = list;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/userns_maps.h"

#include "engine/id_spans.h"
#include "util/mem.h"

static void add(struct idmap *map, uint64_t inside, uint64_t from, uint64_t count)
{
	if (count)
		idmap_add(map, (uint32_t)inside, (uint32_t)from, (uint32_t)count);
}

int userns_map_keep_id(const struct idmap *whole, uint32_t id, uint32_t size,
		       struct idmap *ret, struct error *err)
{
	uint64_t others = idmap_size(whole) - 1; /* without the user itself */
	cleanup_idmap struct idmap inner = {0};
	uint64_t below;

	if (size && size - 1 < others)
		others = size - 1;
	if (others > ID_SPANS_END - 1)
		others = ID_SPANS_END - 1;
	below = id < others ? id : others;
	add(&inner, 0, 1, below);
	add(&inner, id, 0, 1);
	add(&inner, (uint64_t)id + 1, below + 1, others - below);
	return idmap_compose(&inner, whole, ret, err);
}

int userns_map_no_user(const struct idmap *whole, struct idmap *ret, struct error *err)
{
	cleanup_idmap struct idmap inner = {0};

	if (idmap_size(whole) < 2)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "--userns nomap: there are no ids but your own");
	add(&inner, 0, 1, idmap_size(whole) - 1);
	return idmap_compose(&inner, whole, ret, err);
}

void userns_map_range(uint64_t start, uint64_t count, const struct idmap *fixed,
		      struct idmap *ret)
{
	cleanup_id_spans struct id_spans inside = {0};

	id_spans_add(&inside, 0, count);
	for (size_t i = 0; i < fixed->n_lines; i++)
		id_spans_remove(&inside, fixed->lines[i].inside, fixed->lines[i].count);
	for (size_t i = 0; i < inside.n; i++)
		add(ret, inside.items[i].start, start + inside.items[i].start,
		    inside.items[i].end - inside.items[i].start);
	for (size_t i = 0; i < fixed->n_lines; i++)
		idmap_add(ret, fixed->lines[i].inside, fixed->lines[i].outside,
			  fixed->lines[i].count);
	idmap_normalize(ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/own_map.h"

#include <stdint.h>

bool own_map_is_host(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap own = {0}, identity = {0};

	if (idmap_read("/proc/self/uid_map", &own, &err) < 0) {
		error_drop(&err, "then it is taken for the host");
		return true;
	}
	idmap_identity(&identity);
	return idmap_equal(&own, &identity);
}

static int onto_itself(const char *file, struct idmap *ret, struct error *err)
{
	cleanup_idmap struct idmap own = {0};
	int r = idmap_read(file, &own, err);

	for (size_t i = 0; r >= 0 && i < own.n_lines; i++)
		idmap_add(ret, own.lines[i].inside, own.lines[i].inside,
			  own.lines[i].count);
	if (r >= 0)
		idmap_normalize(ret);
	return r < 0 ? r : 0;
}

int own_map_uids(struct idmap *ret, struct error *err)
{
	return onto_itself("/proc/self/uid_map", ret, err);
}

int own_map_gids(struct idmap *ret, struct error *err)
{
	return onto_itself("/proc/self/gid_map", ret, err);
}

/* How many ids from this one on are in the same line of the map, or, being in none, come before the
 * next one. */
static uint64_t run_length(const struct idmap *own, uint64_t id)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < own->n_lines; i++) {
		uint64_t first = own->lines[i].inside;
		uint64_t end = first + own->lines[i].count;

		if (id >= first && id < end)
			return end - id;
		if (first > id && first < next)
			next = first;
	}
	return next - id;
}

void own_map_split(const struct idmap *map, const struct idmap *own, struct idmap *ret)
{
	for (size_t i = 0; i < map->n_lines; i++) {
		const struct idmap_line *line = &map->lines[i];

		for (uint32_t done = 0; done < line->count;) {
			uint64_t left = line->count - done;
			uint64_t n = run_length(own, (uint64_t)line->outside + done);

			if (n > left)
				n = left;
			idmap_add(ret, line->inside + done, line->outside + done,
				  (uint32_t)n);
			done += (uint32_t)n;
		}
	}
}

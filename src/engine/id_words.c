/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_words.h"

#include <grp.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/str.h"

#define ENTRY_MAX 16384

static char *host_name(enum subid_kind kind, uint32_t id, _unused_ void *data)
{
	cleanup_free char *strings = NULL;
	struct group entry, *found = NULL;

	if (kind == SUBID_UID)
		return subid_user_name(id);
	strings = xmalloc(ENTRY_MAX);
	if (getgrgid_r(id, &entry, strings, ENTRY_MAX, &found) != 0 || !found)
		return NULL;
	return xstrdup(entry.gr_name);
}

const struct id_names id_names_host = {.name = host_name};

char *id_words_id(enum subid_kind kind, uint32_t id, const struct id_names *names)
{
	cleanup_free char *name =
		names && names->name ? names->name(kind, id, names->data) : NULL;
	/* whoever wrote the file may have written anything */
	cleanup_free char *shown = name ? str_visible(name, "") : NULL;

	cleanup_free char *number = xasprintf("%u", id);

	/* the line that a container gets for a user of nobody's (--passwd) names it so */
	return shown && !str_eq(shown, number) ? xasprintf("%u (%s)", id, shown)
					       : TAKE_PTR(number);
}

char *id_words_range(uint32_t first, uint32_t count)
{
	return count <= 1 ? xasprintf("%u", first)
			  : xasprintf("%u-%u", first, first + (count - 1));
}

char **id_words_map(enum subid_kind kind, const struct idmap *map,
		    const struct id_names *outside)
{
	char **words = NULL;

	for (size_t i = 0; i < map->n_lines; i++) {
		const struct idmap_line *l = &map->lines[i];
		cleanup_free char *from = id_words_range(l->inside, l->count);
		cleanup_free char *to = NULL;

		if (l->outside == IDMAP_NONE)
			to = xstrdup("ids that are unknown here");
		else if (l->count == 1)
			to = id_words_id(kind, l->outside, outside);
		else
			to = id_words_range(l->outside, l->count);
		strv_addf(&words, "%s -> %s", from, to);
	}
	return words;
}

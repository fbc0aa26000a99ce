/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and maps as people read them: "0 -> 1001 (alice)", "1-65536 -> 100000-165535". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/idmap.h"
#include "runtime/subid.h"

/* Where names come from. */
struct id_names {
	/* name() - of a user or a group; NULL: it has none. Caller frees. May be NULL itself. */
	char *(*name)(enum subid_kind kind, uint32_t id, void *data);
	void *data;
};

/* id_names_host() - by the host's user database. */
extern const struct id_names id_names_host;

/* id_words_id() - "1001 (alice)", or "1001". Caller frees, here and below. */
char *id_words_id(enum subid_kind kind, uint32_t id, const struct id_names *names);

/* id_words_range() - "1-65536", or one number. */
char *id_words_range(uint32_t first, uint32_t count);

/*
 * id_words_map() - a word for each line (strv). Single ids outside have their names. Outside IDMAP_NONE: the reader's
 * namespace has no such id.
 */
char **id_words_map(enum subid_kind kind, const struct idmap *map,
		    const struct id_names *outside);

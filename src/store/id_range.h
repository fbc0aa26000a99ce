/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ids of the host belong to which container: ranges that were chosen for it (exclusive: no
 * other container may have one of them), and those that somebody asked for by an explicit map. A row
 * is there before the namespace is, and goes when the container's files are gone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

enum id_range_kind { ID_RANGE_UID, ID_RANGE_GID };

struct id_range {
	char *container; /* whole id; owned */
	char *name;      /* owned; NULL: the container has no record (yet) */
	enum id_range_kind kind;
	int64_t start, count;
	bool exclusive;
};
void id_range_release(struct id_range *r);

struct id_ranges {
	struct id_range *items; /* owned */
	size_t n;
};
void id_ranges_release(struct id_ranges *list);
#define cleanup_id_ranges cleanup(id_ranges_release)

/* id_ranges_add() - append one; the words are copied. */
void id_ranges_add(struct id_ranges *list, const struct id_range *r);

/* id_range_insert() - all or none of them. The caller has a transaction open. */
int id_range_insert(struct store *s, const struct id_ranges *list,
		    struct error *err) _must_check_;

/* id_range_list() - all rows, those of lower ids first; appended to *ret. None in a store that is older
 * than the table. */
int id_range_list(struct store *s, struct id_ranges *ret, struct error *err) _must_check_;

/* id_range_delete() - of one container; none is fine, and costs one look. */
int id_range_delete(struct store *s, const char *container,
		    struct error *err) _must_check_;

/* id_range_stale() - ids of the containers that have rows and no record. Caller frees *ret (strv). */
int id_range_stale(struct store *s, char ***ret, struct error *err) _must_check_;

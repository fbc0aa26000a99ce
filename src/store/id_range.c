/* SPDX-License-Identifier: Apache-2.0 */
#include "store/id_range.h"

#include <stdlib.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

void id_range_release(struct id_range *r)
{
	free(r->container);
	free(r->name);
	*r = (struct id_range){0};
}

void id_ranges_release(struct id_ranges *list)
{
	for (size_t i = 0; i < list->n; i++)
		id_range_release(&list->items[i]);
	free(list->items);
	*list = (struct id_ranges){0};
}

void id_ranges_add(struct id_ranges *list, const struct id_range *r)
{
	struct id_range *item;

	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	item = &list->items[list->n++];
	*item = *r;
	item->container = xstrdup(r->container);
	item->name = r->name ? xstrdup(r->name) : NULL;
}

static int insert_one(struct store *s, const struct id_range *r, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int k = database_prepare(
		s,
		"INSERT INTO id_range (container, kind, start, count, exclusive)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
		&st, err);

	if (k < 0)
		return k;
	database_bind(st, 1, r->container);
	sqlite3_bind_int(st, 2, r->kind);
	sqlite3_bind_int64(st, 3, r->start);
	sqlite3_bind_int64(st, 4, r->count);
	sqlite3_bind_int(st, 5, r->exclusive);
	return database_step(s, st, "record the container's ids", err);
}

int id_range_insert(struct store *s, const struct id_ranges *list, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < list->n; i++)
		r = insert_one(s, &list->items[i], err);
	return r;
}

/* 1 if there is the table: another user's or another version's cubby may have made the store. */
static int has_table(struct store *s, struct error *err)
{
	return database_run(s, "SELECT 1 FROM sqlite_master WHERE name = 'id_range'",
			    NULL, NULL, "read the records", err);
}

int id_range_list(struct store *s, struct id_ranges *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = has_table(s, err);

	if (r <= 0)
		return r;
	r = database_prepare(
		s,
		"SELECT i.container, i.kind, i.start, i.count, i.exclusive, c.name"
		" FROM id_range i LEFT JOIN container c ON c.id = i.container"
		" ORDER BY i.start, i.kind, i.container",
		&st, err);
	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records", err)) > 0) {
		struct id_range row = {
			.container = database_text(st, 0),
			.kind = sqlite3_column_int(st, 1) == ID_RANGE_GID ? ID_RANGE_GID
									  : ID_RANGE_UID,
			.start = sqlite3_column_int64(st, 2),
			.count = sqlite3_column_int64(st, 3),
			.exclusive = sqlite3_column_int(st, 4) != 0,
			.name = database_text(st, 5),
		};

		id_ranges_add(ret, &row);
		id_range_release(&row);
	}
	return r;
}

static int any_of(struct store *s, const char *container, struct error *err)
{
	return database_run(s, "SELECT 1 FROM id_range WHERE container = ?1 LIMIT 1",
			    container, NULL, "read the records", err);
}

/* Looked for first: a DELETE waits for whoever is writing, even if there is nothing to delete. */
int id_range_delete(struct store *s, const char *container, struct error *err)
{
	int r = any_of(s, container, err);

	return r <= 0 ? r
		      : database_run(s, "DELETE FROM id_range WHERE container = ?1",
				     container, NULL, "give the container's ids back",
				     err);
}

int id_range_stale(struct store *s, char ***ret, struct error *err)
{
	return database_list_of(s,
				"SELECT DISTINCT container FROM id_range"
				" WHERE container NOT IN (SELECT id FROM container)",
				NULL, ret, err);
}

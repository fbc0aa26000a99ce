/* SPDX-License-Identifier: Apache-2.0 */
#include "store/build_record.h"

#include <stdlib.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS \
	"key, parent, build_step.layer, build_step.diff, build_step.tar_size, created, used, uses, text"

void build_step_record_release(struct build_step_record *r)
{
	free(r->key);
	free(r->parent);
	free(r->layer);
	free(r->diff_id);
	free(r->text);
	free(r->boot_id);
	*r = (struct build_step_record){0};
}

void build_step_records_release(struct build_step_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		build_step_record_release(&list->items[i]);
	free(list->items);
	*list = (struct build_step_records){0};
}

static void read_row(sqlite3_stmt *st, struct build_step_record *r)
{
	*r = (struct build_step_record){
		.key = database_text(st, 0),
		.parent = database_text(st, 1),
		.layer = database_text(st, 2),
		.diff_id = database_text(st, 3),
		.tar_size = sqlite3_column_int64(st, 4),
		.created_usec = sqlite3_column_int64(st, 5),
		.used_usec = sqlite3_column_int64(st, 6),
		.n_uses = sqlite3_column_int64(st, 7),
		.text = database_text(st, 8),
		.disk_size = sqlite3_column_int64(st, 9),
		.boot_id = database_text(st, 10),
	};
}

int build_step_get(struct store *s, const char *key, bool single_id,
		   struct build_step_record *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(
		s,
		"SELECT " COLUMNS ", layer.disk_size, layer.boot FROM build_step"
		" LEFT JOIN layer ON chain = build_step.layer AND single_id = ?2"
		" WHERE key = ?1 AND (build_step.layer IS NULL OR chain IS NOT NULL)",
		&st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, key);
	sqlite3_bind_int(st, 2, single_id);
	r = database_step(s, st, "read the records of the build cache", err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "step %s is not in the build cache", key);
	read_row(st, ret);
	return 0;
}

int build_step_put(struct store *s, const struct build_step_record *rec,
		   struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(
		s,
		"INSERT OR REPLACE INTO build_step"
		" (key, parent, layer, diff, tar_size, created, used,"
		" uses, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		&st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->key);
	database_bind(st, 2, rec->parent);
	database_bind(st, 3, rec->layer);
	database_bind(st, 4, rec->diff_id);
	sqlite3_bind_int64(st, 5, rec->tar_size);
	sqlite3_bind_int64(st, 6, rec->created_usec);
	sqlite3_bind_int64(st, 7, rec->used_usec);
	sqlite3_bind_int64(st, 8, rec->n_uses);
	database_bind(st, 9, rec->text ? rec->text : "");
	return database_step(s, st, "record the step of a build", err);
}

int build_step_use(struct store *s, char *const *keys, int64_t now_usec,
		   struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	if (!keys)
		return 0;
	r = transaction_begin(&t, s, err);
	if (r >= 0)
		r = database_prepare(
			s,
			"UPDATE build_step SET used = ?2, uses = uses + 1 WHERE key = ?1",
			&st, err);
	strv_foreach (key, keys) {
		if (r < 0)
			break;
		sqlite3_reset(st);
		database_bind(st, 1, *key);
		sqlite3_bind_int64(st, 2, now_usec);
		r = database_step(s, st, "record the use of the build cache", err);
	}
	return r < 0 ? r : transaction_commit(&t, err);
}

int build_step_list(struct store *s, struct build_step_records *ret, struct error *err)
{
	cleanup_build_step_records struct build_step_records all = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	size_t room = 0;
	int r = database_prepare(
		s,
		"SELECT " COLUMNS
		", (SELECT max(disk_size) FROM layer WHERE chain = build_step.layer), NULL,"
		" ifnull(layer, parent) IN (SELECT chain FROM image_layer)"
		" FROM build_step ORDER BY used DESC, created DESC, key",
		&st, err);

	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records of the build cache", err)) >
	       0) {
		if (all.n == room) {
			room = room ? room * 2 : 16;
			all.items = xreallocarray(all.items, room, sizeof(*all.items));
		}
		read_row(st, &all.items[all.n]);
		all.items[all.n++].in_image = sqlite3_column_int(st, 11) != 0;
	}
	if (r < 0)
		return r;
	*ret = all;
	all = (struct build_step_records){0};
	return 0;
}

int build_steps_delete(struct store *s, char *const *keys, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r = transaction_begin(&t, s, err);

	strv_foreach (key, keys) {
		if (r < 0)
			break;
		r = database_run(s, "DELETE FROM build_step WHERE key = ?1", *key, NULL,
				 "remove a step from the build cache", err);
	}
	return r < 0 ? r : transaction_commit(&t, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacked layers, and what nobody holds any more. */
#include <errno.h>
#include <stdlib.h>

#include "store/database.h"
#include "store/image_record.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS \
	"chain, single_id, diff, blob, tar_size, disk_size, entries, max_uid, max_gid, boot"

void layer_record_release(struct layer_record *r)
{
	free(r->chain_id);
	free(r->diff_id);
	free(r->blob);
	free(r->boot_id);
	*r = (struct layer_record){0};
}

void layer_records_release(struct layer_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		layer_record_release(&list->items[i]);
	free(list->items);
	*list = (struct layer_records){0};
}

int layer_record_insert(struct store *s, const struct layer_record *rec,
			struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT OR REPLACE INTO layer (" COLUMNS ")"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->chain_id);
	sqlite3_bind_int(st, 2, rec->single_id);
	database_bind(st, 3, rec->diff_id);
	database_bind(st, 4, rec->blob);
	sqlite3_bind_int64(st, 5, rec->tar_size);
	sqlite3_bind_int64(st, 6, rec->disk_size);
	sqlite3_bind_int64(st, 7, rec->n_entries);
	sqlite3_bind_int64(st, 8, rec->max_uid);
	sqlite3_bind_int64(st, 9, rec->max_gid);
	database_bind(st, 10, rec->boot_id);
	return database_step(s, st, "record the layer", err);
}

static void read_row(sqlite3_stmt *st, struct layer_record *r)
{
	*r = (struct layer_record){
		.chain_id = database_text(st, 0),
		.single_id = sqlite3_column_int(st, 1) != 0,
		.diff_id = database_text(st, 2),
		.blob = database_text(st, 3),
		.tar_size = sqlite3_column_int64(st, 4),
		.disk_size = sqlite3_column_int64(st, 5),
		.n_entries = sqlite3_column_int64(st, 6),
		.max_uid = (uint32_t)sqlite3_column_int64(st, 7),
		.max_gid = (uint32_t)sqlite3_column_int64(st, 8),
		.boot_id = database_text(st, 9),
	};
}

int layer_record_get(struct store *s, const char *chain_id, bool single_id,
		     struct layer_record *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(
		s, "SELECT " COLUMNS " FROM layer WHERE chain = ?1 AND single_id = ?2",
		&st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, chain_id);
	sqlite3_bind_int(st, 2, single_id);
	r = database_step(s, st, "read the records of layers", err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, ERR_NOT_FOUND, 0, "layer %s is not there",
				 chain_id);
	read_row(st, ret);
	return 0;
}

static int read_all(struct store *s, const char *sql, struct layer_records *ret,
		    struct error *err)
{
	cleanup_layer_records struct layer_records all = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	size_t room = 0;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records of layers", err)) > 0) {
		if (all.n == room) {
			room = room ? room * 2 : 16;
			all.items = xreallocarray(all.items, room, sizeof(*all.items));
		}
		read_row(st, &all.items[all.n++]);
	}
	if (r < 0)
		return r;
	*ret = all;
	all = (struct layer_records){0};
	return 0;
}

int layer_record_list(struct store *s, struct layer_records *ret, struct error *err)
{
	return read_all(s, "SELECT " COLUMNS " FROM layer ORDER BY chain, single_id", ret,
			err);
}

int layer_record_doubtful(struct store *s, const char *image_id, bool single_id,
			  const char *boot_id, char ***ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "SELECT layer.chain FROM image_layer JOIN layer"
				 " ON layer.chain = image_layer.chain AND single_id = ?2"
				 " WHERE image = ?1 AND boot IS NOT NULL AND boot <> ?3",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, image_id);
	sqlite3_bind_int(st, 2, single_id);
	database_bind(st, 3, boot_id);
	return database_list(s, st, ret, err);
}

int layer_record_settle(struct store *s, const char *chain_id, bool single_id,
			struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(
		s, "UPDATE layer SET boot = NULL WHERE chain = ?1 AND single_id = ?2",
		&st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, chain_id);
	sqlite3_bind_int(st, 2, single_id);
	return database_step(s, st, "change the record of a layer", err);
}

static int delete_layer_row(struct store *s, const struct layer_record *rec,
			    struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(
		s, "DELETE FROM layer WHERE chain = ?1 AND single_id = ?2", &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->chain_id);
	sqlite3_bind_int(st, 2, rec->single_id);
	return database_step(s, st, "remove the record of a layer", err);
}

static int collect_layers(struct store *s, const struct image_garbage *g,
			  struct error *err)
{
	cleanup_layer_records struct layer_records unheld = {0};
	int r = read_all(s,
			 "SELECT " COLUMNS " FROM layer WHERE chain NOT IN"
			 " (SELECT chain FROM image_layer) AND chain NOT IN"
			 " (SELECT layer FROM build_step WHERE layer IS NOT NULL)"
			 " ORDER BY chain, single_id",
			 &unheld, err);

	for (size_t i = 0; r >= 0 && i < unheld.n; i++) {
		const struct layer_record *layer = &unheld.items[i];

		if (g->chain_ids && !strv_has(g->chain_ids, layer->chain_id))
			continue;
		r = g->remove_layer(g->data, layer->chain_id, layer->single_id, err);
		if (r == 0)
			r = delete_layer_row(s, layer, err);
	}
	return r;
}

/* 1 if an image has this blob, or a manifest list names it. */
static int is_held(struct store *s, const char *digest, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "SELECT 1 FROM image_blob WHERE digest = ?1"
				 " UNION ALL SELECT 1 FROM manifest_list"
				 " WHERE instr(document, ?1) > 0",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, digest);
	return database_step(s, st, "read the records of images", err);
}

static int collect_blobs(struct store *s, const struct image_garbage *g,
			 struct error *err)
{
	strv_foreach (digest, g->blobs) {
		int r = is_held(s, *digest, err);

		if (r == 0)
			r = g->remove_blob(g->data, *digest, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int image_collect(struct store *s, const struct image_garbage *garbage, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r = transaction_begin(&t, s, err);

	if (r >= 0)
		r = collect_layers(s, garbage, err);
	if (r >= 0)
		r = collect_blobs(s, garbage, err);
	return r < 0 ? r : transaction_commit(&t, err);
}

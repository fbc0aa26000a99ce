/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_record.h"

#include <errno.h>
#include <stdlib.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS "id, name, created, updated, driver, options, labels"

void secret_record_release(struct secret_record *r)
{
	free(r->id);
	free(r->name);
	free(r->driver);
	free(r->options);
	free(r->labels);
	*r = (struct secret_record){0};
}

void secret_records_release(struct secret_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		secret_record_release(&list->items[i]);
	free(list->items);
	*list = (struct secret_records){0};
}

static void read_row(sqlite3_stmt *st, struct secret_record *r)
{
	*r = (struct secret_record){
		.id = database_text(st, 0),
		.name = database_text(st, 1),
		.created_usec = sqlite3_column_int64(st, 2),
		.updated_usec = sqlite3_column_int64(st, 3),
		.driver = database_text(st, 4),
		.options = database_text(st, 5),
		.labels = database_text(st, 6),
	};
}

int secret_record_insert(struct store *s, const struct secret_record *rec,
			 struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT INTO secret (" COLUMNS ")"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->id);
	database_bind(st, 2, rec->name);
	sqlite3_bind_int64(st, 3, rec->created_usec);
	sqlite3_bind_int64(st, 4, rec->updated_usec);
	database_bind(st, 5, rec->driver);
	database_bind(st, 6, rec->options);
	database_bind(st, 7, rec->labels);
	r = database_step(s, st, "record the secret", err);
	if (r >= 0 || !database_is_taken(s))
		return r;
	error_set(err, ERR_CONFLICT, 0, "%s: secret name in use", rec->name);
	return -EEXIST;
}

/* 1 with the only row for one text parameter, 0 for none; two are ERR_CONFLICT. */
static int get(struct store *s, const char *sql, const char *text,
	       struct secret_record *ret, struct error *err)
{
	cleanup_secret_record struct secret_record found = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, text);
	r = database_step(s, st, "read the records of secrets", err);
	if (r <= 0)
		return r;
	read_row(st, &found);
	r = database_step(s, st, "read the records of secrets", err);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "more than one result secret with prefix %s", text);
	*ret = found;
	found = (struct secret_record){0};
	return 1;
}

int secret_record_find(struct store *s, const char *name_or_id, struct secret_record *ret,
		       struct error *err)
{
	int r = get(s, "SELECT " COLUMNS " FROM secret WHERE name = ?1", name_or_id, ret,
		    err);

	if (r != 0 || str_empty(name_or_id))
		return r;
	return get(s,
		   "SELECT " COLUMNS " FROM secret WHERE substr(id, 1, length(?1)) = ?1"
		   " LIMIT 2",
		   name_or_id, ret, err);
}

int secret_record_list(struct store *s, struct secret_records *ret, struct error *err)
{
	cleanup_secret_records struct secret_records all = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, "SELECT " COLUMNS " FROM secret ORDER BY name", &st,
				 err);

	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records of secrets", err)) > 0) {
		all.items = xreallocarray(all.items, all.n + 1, sizeof(*all.items));
		read_row(st, &all.items[all.n++]);
	}
	if (r < 0)
		return r;
	*ret = all;
	all = (struct secret_records){0};
	return 0;
}

int secret_record_delete(struct store *s, const char *id, struct error *err)
{
	return database_run(s, "DELETE FROM secret WHERE id = ?1", id, NULL,
			    "remove the record of the secret", err);
}

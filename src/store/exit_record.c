/* SPDX-License-Identifier: Apache-2.0 */
#include "store/exit_record.h"

#include "store/database.h"

static int drop_old(struct store *s, int64_t before_usec, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s, "DELETE FROM exit_status WHERE at < ?1", &st, err);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, before_usec);
	return database_step(s, st, "drop old exit statuses", err);
}

int exit_record_insert(struct store *s, const char *id, int exit_code, int64_t now_usec,
		       struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = drop_old(s, now_usec - EXIT_RECORD_KEEP_USEC, err);
	if (r < 0)
		return r;
	r = database_prepare(
		s,
		"INSERT OR REPLACE INTO exit_status (id, code, at) VALUES (?1, ?2, ?3)",
		&st, err);
	if (r < 0)
		return r;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, exit_code);
	sqlite3_bind_int64(st, 3, now_usec);
	return database_step(s, st, "record the exit status", err);
}

int exit_record_get(struct store *s, const char *id, int *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s, "SELECT code FROM exit_status WHERE id = ?1", &st, err);
	if (r < 0)
		return r;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "container %s is gone and nobody kept its exit status",
				 id);
	*ret = sqlite3_column_int(st, 0);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/volume_record.h"

#include <errno.h>
#include <stdlib.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS                                                               \
	"name, created, driver, labels, options, anonymous, fresh, uid, gid," \
	" (SELECT count(*) FROM volume_use WHERE volume_use.volume = volume.name)"

void volume_record_release(struct volume_record *r)
{
	free(r->name);
	free(r->driver);
	free(r->labels);
	free(r->options);
	*r = (struct volume_record){0};
}

void volume_records_release(struct volume_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		volume_record_release(&list->items[i]);
	free(list->items);
	*list = (struct volume_records){0};
}

static void read_row(sqlite3_stmt *st, struct volume_record *r)
{
	*r = (struct volume_record){
		.name = database_text(st, 0),
		.created_usec = sqlite3_column_int64(st, 1),
		.driver = database_text(st, 2),
		.labels = database_text(st, 3),
		.options = database_text(st, 4),
		.anonymous = sqlite3_column_int(st, 5) != 0,
		.fresh = sqlite3_column_int(st, 6) != 0,
		.uid = sqlite3_column_int64(st, 7),
		.gid = sqlite3_column_int64(st, 8),
		.n_users = sqlite3_column_int64(st, 9),
	};
}

static int run(struct store *s, const char *sql, const char *first, const char *second,
	       struct error *err)
{
	return database_run(s, sql, first, second, "change the records of volumes", err);
}

int volume_record_insert(struct store *s, const struct volume_record *rec,
			 struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT INTO volume (name, created, driver, labels,"
				 " options, anonymous, fresh, uid, gid)"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->name);
	sqlite3_bind_int64(st, 2, rec->created_usec);
	database_bind(st, 3, rec->driver);
	database_bind(st, 4, rec->labels);
	database_bind(st, 5, rec->options);
	sqlite3_bind_int(st, 6, rec->anonymous);
	sqlite3_bind_int(st, 7, rec->fresh);
	sqlite3_bind_int64(st, 8, rec->uid);
	sqlite3_bind_int64(st, 9, rec->gid);
	r = database_step(s, st, "record the volume", err);
	if (r >= 0 || !database_is_taken(s))
		return r;
	error_set(err, ERR_CONFLICT, 0,
		  "volume with name %s already exists: volume already exists", rec->name);
	return -EEXIST;
}

int volume_record_get(struct store *s, const char *name, struct volume_record *ret,
		      struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, "SELECT " COLUMNS " FROM volume WHERE name = ?1", &st,
				 err);

	if (r < 0)
		return r;
	database_bind(st, 1, name);
	r = database_step(s, st, "read the records of volumes", err);
	if (r > 0)
		read_row(st, ret);
	return r;
}

static int not_found(const char *name, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0,
			 "no volume with name \"%s\" found: no such volume", name);
}

static int find_prefix(struct store *s, const char *prefix, struct volume_record *ret,
		       struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = database_list_of(
		s,
		"SELECT name FROM volume"
		" WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT 2",
		prefix, &names, err);

	if (r < 0)
		return r;
	if (strv_len(names) > 1) {
		error_set(
			err, ERR_CONFLICT, 0,
			"more than one result for volume name %s: volume already exists",
			prefix);
		return error_hint(err, "'cubby volume ls' shows whole names");
	}
	if (!names)
		return not_found(prefix, err);
	r = volume_record_get(s, names[0], ret, err);
	return r == 0 ? not_found(prefix, err) : r;
}

int volume_record_find(struct store *s, const char *name, struct volume_record *ret,
		       struct error *err)
{
	int r = volume_record_get(s, name, ret, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (str_empty(name))
		return not_found(name, err);
	r = find_prefix(s, name, ret, err);
	return r < 0 ? r : 0;
}

int volume_record_list(struct store *s, struct volume_records *ret, struct error *err)
{
	cleanup_volume_records struct volume_records all = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	size_t room = 0;
	int r = database_prepare(s, "SELECT " COLUMNS " FROM volume ORDER BY name", &st,
				 err);

	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records of volumes", err)) > 0) {
		if (all.n == room) {
			room = room ? room * 2 : 16;
			all.items = xreallocarray(all.items, room, sizeof(*all.items));
		}
		read_row(st, &all.items[all.n++]);
	}
	if (r < 0)
		return r;
	*ret = all;
	all = (struct volume_records){0};
	return 0;
}

int volume_use_containers(struct store *s, const char *volume, char ***ret,
			  struct error *err)
{
	return database_list_of(s,
				"SELECT container FROM volume_use WHERE volume = ?1"
				" ORDER BY container",
				volume, ret, err);
}

int volume_record_delete(struct store *s, const char *name, struct error *err)
{
	cleanup_strv char **users = NULL;
	int r = run(s,
		    "DELETE FROM volume WHERE name = ?1 AND NOT EXISTS"
		    " (SELECT 1 FROM volume_use WHERE volume = ?1)",
		    name, NULL, err);

	if (r >= 0)
		r = volume_use_containers(s, name, &users, err);
	if (r < 0 || !users)
		return r;
	cleanup_free char *list = strv_join(users, ", ");
	error_set(
		err, ERR_CONFLICT, 0,
		"volume %s is being used by the following container(s): %s: volume is being used",
		name, list);
	error_hint(err,
		   "Remove them first: cubby rm %.12s; or with the volume: "
		   "cubby volume rm --force %s",
		   users[0], name);
	return -EBUSY;
}

int volume_record_settled(struct store *s, const char *name, struct error *err)
{
	return run(s, "UPDATE volume SET fresh = 0 WHERE name = ?1 AND fresh = 1", name,
		   NULL, err);
}

int volume_use_insert(struct store *s, const char *volume, const char *container,
		      struct error *err)
{
	return run(s,
		   "INSERT OR IGNORE INTO volume_use (volume, container) VALUES (?1, ?2)",
		   volume, container, err);
}

int volume_use_stale(struct store *s, char ***ret, struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = database_list_of(
		s,
		"SELECT DISTINCT container FROM volume_use WHERE container"
		" NOT IN (SELECT id FROM container)",
		NULL, &ids, err);

	strv_foreach (id, ids)
		if (!strv_has(*ret, *id))
			strv_add(ret, *id);
	return r;
}

/* The container's own: anonymous, and nobody else uses them. */
#define OWN_VOLUMES                                                              \
	" volume WHERE anonymous = 1 AND name IN (SELECT volume FROM volume_use" \
	" WHERE container = ?1) AND NOT EXISTS (SELECT 1 FROM volume_use"        \
	" WHERE volume_use.volume = volume.name AND container <> ?1)"

static int uses_any(struct store *s, const char *container, struct error *err)
{
	return run(s, "SELECT 1 FROM volume_use WHERE container = ?1", container, NULL,
		   err);
}

int volume_use_end(struct store *s, const char *container, char ***ret, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r = uses_any(s, container, err);

	if (r <= 0)
		return r;
	r = transaction_begin(&t, s, err);
	if (r >= 0)
		r = database_list_of(s, "SELECT name FROM" OWN_VOLUMES, container, ret,
				     err);
	if (r >= 0)
		r = run(s, "DELETE FROM" OWN_VOLUMES, container, NULL, err);
	if (r >= 0)
		r = run(s, "DELETE FROM volume_use WHERE container = ?1", container, NULL,
			err);
	return r < 0 ? r : transaction_commit(&t, err);
}

int volume_use_keep(struct store *s, const char *container, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r = transaction_begin(&t, s, err);

	if (r >= 0)
		r = run(s, "DELETE FROM volume_use WHERE container = ?1", container, NULL,
			err);
	if (r >= 0)
		r = run(s, "DELETE FROM container WHERE id = ?1", container, NULL, err);
	return r < 0 ? r : transaction_commit(&t, err);
}

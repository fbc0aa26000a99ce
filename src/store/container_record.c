/* SPDX-License-Identifier: Apache-2.0 */
#include "store/container_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/dependency_record.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS                                                                                         \
	"id, name, created, auto_remove, config, ended, started, finished, exit_code, failure, image, " \
	"phase, restarts, stopped, pod, oom_killed, memory_peak"

void container_record_release(struct container_record *r)
{
	free(r->id);
	free(r->name);
	free(r->config);
	free(r->failure);
	free(r->image);
	free(r->pod);
	*r = (struct container_record){0};
}

void container_records_release(struct container_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		container_record_release(&list->items[i]);
	free(list->items);
	*list = (struct container_records){0};
}

static void read_row(sqlite3_stmt *st, struct container_record *r)
{
	*r = (struct container_record){
		.id = database_text(st, 0),
		.name = database_text(st, 1),
		.created_usec = sqlite3_column_int64(st, 2),
		.auto_remove = sqlite3_column_int(st, 3) != 0,
		.config = database_text(st, 4),
		.ended = sqlite3_column_int(st, 5) != 0,
		.started_usec = sqlite3_column_int64(st, 6),
		.finished_usec = sqlite3_column_int64(st, 7),
		.exit_code = sqlite3_column_int(st, 8),
		.failure = database_text(st, 9),
		.image = database_text(st, 10),
		.phase = (enum container_phase)sqlite3_column_int(st, 11),
		.restarts = sqlite3_column_int(st, 12),
		.stopped = sqlite3_column_int(st, 13) != 0,
		.pod = database_text(st, 14),
		.oom_killed = sqlite3_column_int(st, 15) != 0,
		.memory_peak = (uint64_t)sqlite3_column_int64(st, 16),
	};
}

static int no_such_container(const char *name, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0,
			 "no container with name or ID \"%s\" found: no such container",
			 name);
}

static int holder_of(struct store *s, const char *name, char **ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s, "SELECT id FROM container WHERE name = ?1", &st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, name);
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	*ret = r ? database_text(st, 0) : NULL;
	return 0;
}

static int name_in_use(struct store *s, const char *name, char **ret_holder,
		       struct error *err)
{
	cleanup_free char *holder = NULL;
	int r;

	r = holder_of(s, name, &holder, err);
	if (r < 0)
		return r;
	error_set(
		err, ERR_CONFLICT, 0,
		"the container name \"%s\" is already in use by %s. You have to remove that "
		"container to be able to reuse that name: that name is already in use",
		name, holder ? holder : "another container");
	error_hint(err, "cubby rm %s", name);
	if (ret_holder)
		*ret_holder = TAKE_PTR(holder);
	return -EEXIST;
}

static int insert(struct store *s, const struct container_record *rec, char **ret_holder,
		  struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	if (ret_holder)
		*ret_holder = NULL;
	r = database_prepare(
		s,
		"INSERT INTO container (id, name, created, auto_remove, config, image, phase, pod)"
		" SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"
		" WHERE ?6 IS NULL OR EXISTS (SELECT 1 FROM image WHERE id = ?6)",
		&st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, rec->id);
	database_bind(st, 2, rec->name);
	sqlite3_bind_int64(st, 3, rec->created_usec);
	sqlite3_bind_int(st, 4, rec->auto_remove);
	database_bind(st, 5, rec->config);
	database_bind(st, 6, rec->image);
	sqlite3_bind_int(st, 7, (int)rec->phase);
	database_bind(st, 8, rec->pod);
	r = database_step(s, st, "record the container", err);
	if (r < 0 && sqlite3_extended_errcode(s->db) == SQLITE_CONSTRAINT_UNIQUE)
		return name_in_use(s, rec->name, ret_holder, err);
	if (r >= 0 && sqlite3_changes(s->db) == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "image %.12s was removed meanwhile", rec->image);
	return r;
}

int container_record_insert(struct store *s, const struct container_record *rec,
			    char **ret_holder, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r;

	if (!rec->needs)
		return insert(s, rec, ret_holder, err);
	r = transaction_begin(&t, s, err);
	if (r >= 0)
		r = insert(s, rec, ret_holder, err);
	if (r >= 0)
		r = dependency_insert(s, rec->id, rec->needs, err);
	return r < 0 ? r : transaction_commit(&t, err);
}

int container_record_get(struct store *s, const char *id, struct container_record *ret,
			 struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s, "SELECT " COLUMNS " FROM container WHERE id = ?1", &st,
			     err);
	if (r < 0)
		return r;
	database_bind(st, 1, id);
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	if (r == 0)
		return no_such_container(id, err);
	read_row(st, ret);
	return 0;
}

/* Ids are hexadecimal digits, so "g" sorts after all that begin with the same digits. */
static int find_prefix(struct store *s, const char *prefix, struct container_record *ret,
		       struct error *err)
{
	cleanup_container_record struct container_record found = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s,
			     "SELECT " COLUMNS " FROM container"
			     " WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2",
			     &st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, prefix);
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	if (r == 0)
		return no_such_container(prefix, err);
	read_row(st, &found);
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	if (r > 0) {
		error_set(err, ERR_CONFLICT, 0,
			  "more than one container has an ID that begins with \"%s\"",
			  prefix);
		return error_hint(
			err, "Give more digits; 'cubby ps -a --no-trunc' shows them all");
	}
	*ret = found;
	found = (struct container_record){0};
	return 0;
}

int container_record_find(struct store *s, const char *name_or_id,
			  struct container_record *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s,
			     "SELECT " COLUMNS " FROM container WHERE id = ?1"
			     " UNION ALL SELECT " COLUMNS
			     " FROM container WHERE name = ?1",
			     &st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, name_or_id);
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	if (r > 0) {
		read_row(st, ret);
		return 0;
	}
	if (str_empty(name_or_id) ||
	    strspn(name_or_id, "0123456789abcdef") != strlen(name_or_id))
		return no_such_container(name_or_id, err);
	return find_prefix(s, name_or_id, ret, err);
}

int container_record_list(struct store *s, struct container_records *ret,
			  struct error *err)
{
	cleanup_container_records struct container_records list = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	size_t room = 0;
	int r;

	r = database_prepare(s, "SELECT " COLUMNS " FROM container ORDER BY created, id",
			     &st, err);
	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records", err)) > 0) {
		if (list.n == room) {
			room = room ? room * 2 : 16;
			list.items = xreallocarray(list.items, room, sizeof(*list.items));
		}
		read_row(st, &list.items[list.n++]);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct container_records){0};
	return 0;
}

int container_record_end(struct store *s, const struct container_record *rec,
			 struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(
		s,
		"UPDATE container SET ended = 1, phase = 1, started = ?2, finished = ?3,"
		" exit_code = ?4, failure = ?5, oom_killed = ?6, memory_peak = ?7 WHERE id = ?1 AND ended = 0",
		&st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, rec->id);
	sqlite3_bind_int64(st, 2, rec->started_usec);
	sqlite3_bind_int64(st, 3, rec->finished_usec);
	sqlite3_bind_int(st, 4, rec->exit_code);
	database_bind(st, 5, rec->failure);
	sqlite3_bind_int(st, 6, rec->oom_killed);
	sqlite3_bind_int64(st, 7, (sqlite3_int64)rec->memory_peak);
	return database_step(s, st, "record the end of the container", err);
}

int container_record_rename(struct store *s, const char *id, const char *name,
			    struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s, "UPDATE container SET name = ?2 WHERE id = ?1", &st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, id);
	database_bind(st, 2, name);
	r = database_step(s, st, "rename the container", err);
	if (r < 0 && sqlite3_extended_errcode(s->db) == SQLITE_CONSTRAINT_UNIQUE)
		return name_in_use(s, name, NULL, err);
	if (r >= 0 && sqlite3_changes(s->db) == 0)
		return no_such_container(id, err);
	return r;
}

/* One change to the record with this id. Return: how many there were, 0 or 1. */
static int change(struct store *s, const char *sql, const char *id, const char *text,
		  struct error *err)
{
	int r = database_run(s, sql, id, text, "change the record of the container", err);

	return r < 0 ? r : sqlite3_changes(s->db);
}

int container_record_start(struct store *s, const char *id, bool restart,
			   struct error *err)
{
	int r = change(s,
		       restart ? "UPDATE container SET phase = 2, ended = 0,"
				 " restarts = restarts + 1"
				 " WHERE id = ?1 AND (phase = 1 OR ended = 1)"
				 " AND stopped = 0"
			       : "UPDATE container SET phase = 2, ended = 0, stopped = 0,"
				 " restarts = 0 WHERE id = ?1"
				 " AND (phase = 1 OR ended = 1)",
		       id, NULL, err);

	if (r == 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "container %.12s was started, stopped or removed by "
				 "another command meanwhile",
				 id);
	return r < 0 ? r : 0;
}

int container_record_rest(struct store *s, const char *id, const char *failure,
			  struct error *err)
{
	int r = change(s,
		       failure ? "UPDATE container SET phase = 1, ended = finished != 0,"
				 " failure = ?2 WHERE id = ?1 AND phase = 2 AND ended = 0"
			       : "UPDATE container SET phase = 1, ended = finished != 0"
				 " WHERE id = ?1 AND phase = 2 AND ended = 0",
		       id, failure, err);

	return r < 0 ? r : 0;
}

int container_record_stopped(struct store *s, const char *id, struct error *err)
{
	int r = change(s, "UPDATE container SET stopped = 1 WHERE id = ?1", id, NULL,
		       err);

	return r < 0 ? r : 0;
}

int container_record_config(struct store *s, const char *id, const char *config,
			    struct error *err)
{
	int r = change(s, "UPDATE container SET config = ?2 WHERE id = ?1", id, config,
		       err);

	if (r == 0)
		return no_such_container(id, err);
	return r < 0 ? r : 0;
}

int container_record_auto_remove(struct store *s, const char *id, bool value,
				 struct error *err)
{
	int r = change(s,
		       value ? "UPDATE container SET auto_remove = 1 WHERE id = ?1"
			     : "UPDATE container SET auto_remove = 0 WHERE id = ?1",
		       id, NULL, err);

	return r < 0 ? r : 0;
}

int container_record_delete(struct store *s, const char *id, struct error *err)
{
	return database_run(s, "DELETE FROM container WHERE id = ?1", id, NULL,
			    "remove the record of the container", err);
}

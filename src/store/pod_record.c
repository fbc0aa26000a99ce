/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pod_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS "id, name, created, config, infra"
#define ID_LEN  64

void pod_record_release(struct pod_record *r)
{
	free(r->id);
	free(r->name);
	free(r->config);
	free(r->infra);
	*r = (struct pod_record){0};
}

void pod_records_release(struct pod_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		pod_record_release(&list->items[i]);
	free(list->items);
	*list = (struct pod_records){0};
}

static void read_row(sqlite3_stmt *st, struct pod_record *r)
{
	*r = (struct pod_record){
		.id = database_text(st, 0),
		.name = database_text(st, 1),
		.created_usec = sqlite3_column_int64(st, 2),
		.config = database_text(st, 3),
		.infra = database_text(st, 4),
	};
}

static int name_in_use(const char *name, struct error *err)
{
	return error_set(err, ERR_CONFLICT, 0,
			 "adding pod to state: name \"%s\" is in use: pod already exists",
			 name);
}

int pod_record_insert(struct store *s, const struct pod_record *rec, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(
		s,
		"INSERT INTO pod (id, name, created, config, infra) SELECT ?1, ?2, ?3, ?4, ?5"
		" WHERE NOT EXISTS (SELECT 1 FROM container WHERE name = ?2)",
		&st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->id);
	database_bind(st, 2, rec->name);
	sqlite3_bind_int64(st, 3, rec->created_usec);
	database_bind(st, 4, rec->config);
	database_bind(st, 5, rec->infra);
	r = database_step(s, st, "record the pod", err);
	if ((r < 0 && sqlite3_extended_errcode(s->db) == SQLITE_CONSTRAINT_UNIQUE) ||
	    (r >= 0 && sqlite3_changes(s->db) == 0)) {
		error_release(err);
		(void)name_in_use(rec->name, err);
		return -EEXIST;
	}
	return r;
}

static int read_all(struct store *s, sqlite3_stmt *st, struct pod_records *ret,
		    struct error *err)
{
	int r;

	while ((r = database_step(s, st, "read the records", err)) > 0) {
		ret->items = xreallocarray(ret->items, ret->n + 1, sizeof(*ret->items));
		read_row(st, &ret->items[ret->n++]);
	}
	return r;
}

static int query(struct store *s, const char *sql, const char *text,
		 struct pod_records *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	if (text)
		database_bind(st, 1, text);
	return read_all(s, st, ret, err);
}

/* Ids are hexadecimal digits, so "g" sorts after all that begin with the same digits. */
int pod_record_find(struct store *s, const char *name_or_id, struct pod_record *ret,
		    struct error *err)
{
	cleanup_pod_records struct pod_records found = {0};
	int r = query(s, "SELECT " COLUMNS " FROM pod WHERE id = ?1 OR name = ?1",
		      name_or_id, &found, err);

	if (r >= 0 && found.n == 0 && *name_or_id && strlen(name_or_id) < ID_LEN)
		r = query(s,
			  "SELECT " COLUMNS
			  " FROM pod WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2",
			  name_or_id, &found, err);
	if (r < 0)
		return r;
	if (found.n == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "no pod with name or ID %s found: no such pod",
				 name_or_id);
	if (found.n > 1)
		return error_set(
			err, ERR_CONFLICT, 0,
			"more than one result for ID or name %s: pod already exists",
			name_or_id);
	*ret = found.items[0];
	found.items[0] = (struct pod_record){0};
	return 0;
}

int pod_record_list(struct store *s, struct pod_records *ret, struct error *err)
{
	return query(s, "SELECT " COLUMNS " FROM pod ORDER BY created, id", NULL, ret,
		     err);
}

int pod_record_members(struct store *s, const char *id, char ***ret, struct error *err)
{
	return database_list_of(
		s, "SELECT id FROM container WHERE pod = ?1 ORDER BY created, id", id,
		ret, err);
}

int pod_record_strays(struct store *s, char ***ret, struct error *err)
{
	return database_list_of(s,
				"SELECT id FROM container WHERE pod IS NOT NULL"
				" AND pod NOT IN (SELECT id FROM pod)",
				NULL, ret, err);
}

int pod_record_delete(struct store *s, const char *id, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	cleanup_statement sqlite3_stmt *st = NULL, *members = NULL;
	int r = transaction_begin(&t, s, err);

	if (r >= 0)
		r = database_prepare(
			s,
			"SELECT 1 FROM container, pod WHERE pod.id = ?1 AND"
			" container.pod = ?1 AND container.id IS NOT pod.infra",
			&members, err);
	if (r < 0)
		return r;
	database_bind(members, 1, id);
	r = database_step(s, members, "read the records", err);
	if (r > 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "pod %s contains containers and cannot be removed", id);
	if (r >= 0)
		r = database_prepare(s, "DELETE FROM pod WHERE id = ?1", &st, err);
	if (r < 0)
		return r;
	database_bind(st, 1, id);
	r = database_step(s, st, "remove the pod's record", err);
	return r < 0 ? r : transaction_commit(&t, err);
}

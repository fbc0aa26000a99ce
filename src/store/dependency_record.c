/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dependency_record.h"

#include "store/database.h"
#include "util/str.h"

static int insert_one(struct store *s, const char *container, const char *needs,
		      struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT INTO dependency (container, needs) SELECT ?1, ?2"
				 " WHERE EXISTS (SELECT 1 FROM container WHERE id = ?2)",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, container);
	database_bind(st, 2, needs);
	r = database_step(s, st, "record what the container needs", err);
	if (r >= 0 && sqlite3_changes(s->db) == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "container %.12s was removed meanwhile", needs);
	return r;
}

int dependency_insert(struct store *s, const char *container, char *const *needs,
		      struct error *err)
{
	int r = 0;

	strv_foreach (id, needs)
		if (r >= 0)
			r = insert_one(s, container, *id, err);
	return r;
}

int dependency_dependents(struct store *s, const char *id, char ***ret, struct error *err)
{
	return database_list_of(
		s, "SELECT container FROM dependency WHERE needs = ?1 ORDER BY container",
		id, ret, err);
}

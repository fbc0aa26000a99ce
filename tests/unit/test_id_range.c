/* SPDX-License-Identifier: Apache-2.0 */
/* The table of host ids. */
#include <sqlite3.h>

#include "store/container_record.h"
#include "store/id_range.h"
#include "store/store.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define ID(digit) digit "000000000000000000000000000000000000000000000000000000000000000"

static struct store *open_store(const char *dir)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;

	ck_assert_ok(store_open(dir, &s, &err), &err);
	return s;
}

static void add(struct store *s, const char *container, int64_t start, bool exclusive)
{
	cleanup_id_ranges struct id_ranges rows = {0};
	struct error err = ERROR_INIT;
	struct id_range row = {.container = (char *)container,
			       .kind = ID_RANGE_UID,
			       .start = start,
			       .count = 4294967294,
			       .exclusive = exclusive};

	id_ranges_add(&rows, &row);
	row.kind = ID_RANGE_GID;
	id_ranges_add(&rows, &row);
	ck_assert_ok(store_begin(s, &err), &err);
	ck_assert_ok(id_range_insert(s, &rows, &err), &err);
	ck_assert_ok(store_commit(s, &err), &err);
	store_end(s);
}

static size_t count(struct store *s)
{
	cleanup_id_ranges struct id_ranges rows = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(id_range_list(s, &rows, &err), &err);
	return rows.n;
}

START_TEST(test_rows)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_id_ranges struct id_ranges rows = {0};
	cleanup_strv char **stale = NULL;
	struct error err = ERROR_INIT;
	const struct container_record record = {
		.id = (char *)ID("b"), .name = (char *)"web", .config = (char *)"{}"};

	ck_assert_uint_eq(count(s), 0);
	add(s, ID("a"), 200000, true);
	add(s, ID("b"), 100000, false);
	ck_assert_ok(container_record_insert(s, &record, NULL, &err), &err);
	ck_assert_ok(id_range_list(s, &rows, &err), &err);
	ck_assert_uint_eq(rows.n, 4);
	ck_assert_str_eq(rows.items[0].container, ID("b"));
	ck_assert_str_eq(rows.items[0].name, "web");
	ck_assert_int_eq(rows.items[0].kind, ID_RANGE_UID);
	ck_assert_int_eq(rows.items[1].kind, ID_RANGE_GID);
	ck_assert_int_eq(rows.items[0].start, 100000);
	ck_assert_int_eq(rows.items[0].count, 4294967294);
	ck_assert(!rows.items[0].exclusive && rows.items[2].exclusive);
	ck_assert_ptr_null(rows.items[2].name);
	ck_assert_ok(id_range_stale(s, &stale, &err), &err);
	ck_assert_uint_eq(strv_len(stale), 1);
	ck_assert_str_eq(stale[0], ID("a"));
	ck_assert_ok(id_range_delete(s, ID("a"), &err), &err);
	ck_assert_ok(id_range_delete(s, ID("a"), &err), &err);
	ck_assert_uint_eq(count(s), 2);
}
END_TEST

/* What was not committed never was. */
START_TEST(test_undone)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_id_ranges struct id_ranges rows = {0};
	struct error err = ERROR_INIT;
	const struct id_range row = {.container = (char *)ID("a"), .count = 5};

	id_ranges_add(&rows, &row);
	ck_assert_ok(store_begin(s, &err), &err);
	ck_assert_ok(id_range_insert(s, &rows, &err), &err);
	store_end(s);
	ck_assert_uint_eq(count(s), 0);
	store_end(s); /* nothing is open: no harm */
}
END_TEST

START_TEST(test_looking)
{
	const char *dir = unit_dir();
	cleanup_store struct store *s = open_store(dir), *other = NULL, *none = NULL;
	cleanup_free char *nowhere = fs_join(dir, "nowhere");
	struct error err = ERROR_INIT;

	add(s, ID("a"), 1, true);
	ck_assert_ok(store_open_to_look(dir, &other, &err), &err);
	ck_assert_uint_eq(count(other), 2);
	ck_assert_int_lt(id_range_delete(other, ID("a"), &err), 0);
	error_release(&err);
	ck_assert_int_lt(store_open_to_look(nowhere, &none, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

static void execute(const char *path, const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A store of an older version holds nothing, and gets the table when it is opened to be used. */
START_TEST(test_older_store)
{
	const char *dir = unit_dir();
	cleanup_free char *path = fs_join(dir, STORE_FILE);
	cleanup_store struct store *s = NULL;
	struct error err = ERROR_INIT;

	execute(path,
		"CREATE TABLE container (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
		" created INTEGER, image TEXT) WITHOUT ROWID; PRAGMA user_version = 2");
	ck_assert_ok(store_open_to_look(dir, &s, &err), &err);
	ck_assert_uint_eq(count(s), 0);
	store_close(TAKE_PTR(s));
	s = open_store(dir);
	add(s, ID("a"), 1, true);
	ck_assert_uint_eq(count(s), 2);
}
END_TEST

UNIT_MAIN("id_range", test_rows, test_undone, test_looking, test_older_store)

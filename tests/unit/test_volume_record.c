/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of volumes and of who uses them. */
#include "store/container_record.h"
#include "store/store.h"
#include "store/volume_record.h"
#include "unit.h"
#include "util/str.h"

#define ID(digit) digit "000000000000000000000000000000000000000000000000000000000000000"

static struct store *open_store(void)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;

	ck_assert_ok(store_open(unit_dir(), &s, &err), &err);
	return s;
}

static int add(struct store *s, const char *name, bool anonymous)
{
	cleanup_error struct error err = ERROR_INIT;
	const struct volume_record rec = {.name = (char *)name,
					  .driver = (char *)"local",
					  .labels = (char *)"{}",
					  .options = (char *)"{}",
					  .anonymous = anonymous,
					  .fresh = true,
					  .uid = -1,
					  .gid = -1};

	return volume_record_insert(s, &rec, &err);
}

static void use(struct store *s, const char *volume, const char *container)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(volume_use_insert(s, volume, container, &err), &err);
}

START_TEST(test_rows)
{
	cleanup_store struct store *s = open_store();
	cleanup_volume_records struct volume_records all = {0};
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_ge(add(s, "data", false), 0);
	ck_assert_int_ge(add(s, "database", false), 0);
	ck_assert_int_eq(add(s, "data", false), -EEXIST);
	ck_assert_ok(volume_record_find(s, "datab", &rec, &err), &err);
	ck_assert_str_eq(rec.name, "database");
	ck_assert(rec.fresh && rec.uid == -1 && rec.n_users == 0);
	ck_assert_int_lt(volume_record_find(s, "dat", &rec, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	ck_assert_int_lt(volume_record_find(s, "x", &rec, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_ok(volume_record_settled(s, "data", &err), &err);
	ck_assert_ok(volume_record_list(s, &all, &err), &err);
	ck_assert_uint_eq(all.n, 2);
	ck_assert(!all.items[0].fresh && all.items[1].fresh);
}
END_TEST

START_TEST(test_use)
{
	cleanup_store struct store *s = open_store();
	cleanup_strv char **gone = NULL, **stale = NULL;
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_ge(add(s, "named", false), 0);
	ck_assert_int_ge(add(s, "own", true), 0);
	ck_assert_int_ge(add(s, "shared", true), 0);
	use(s, "named", ID("a"));
	use(s, "own", ID("a"));
	use(s, "shared", ID("a"));
	use(s, "shared", ID("b"));
	use(s, "shared", ID("b"));
	ck_assert_int_eq(volume_record_delete(s, "named", &err), -EBUSY);
	ck_assert(strstr(err.text, "is being used by") != NULL);
	error_release(&err);
	/* neither container has a record */
	ck_assert_ok(volume_use_stale(s, &stale, &err), &err);
	ck_assert_uint_eq(strv_len(stale), 2);
	ck_assert_ok(volume_use_end(s, ID("a"), &gone, &err), &err);
	ck_assert(strv_len(gone) == 1 && str_eq(gone[0], "own"));
	ck_assert_ok(volume_record_delete(s, "named", &err), &err);
	ck_assert_ok(volume_use_keep(s, ID("b"), &err), &err);
	ck_assert_ok(volume_use_end(s, ID("b"), &gone, &err), &err);
	ck_assert_uint_eq(strv_len(gone), 1);
	ck_assert_ok(volume_record_delete(s, "shared", &err), &err);
}
END_TEST

UNIT_MAIN("volume_record", test_rows, test_use)

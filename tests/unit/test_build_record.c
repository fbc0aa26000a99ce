/* SPDX-License-Identifier: Apache-2.0 */
/* The build cache's table, and what it holds. */
#include <sqlite3.h>

#include "store/build_record.h"
#include "store/image_record.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define HEX(digit)   digit "000000000000000000000000000000000000000000000000000000000000000"
#define CHAIN(digit) "sha256:" HEX(digit)

static struct store *open_store(const char *dir)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;

	ck_assert_ok(store_open(dir, &s, &err), &err);
	return s;
}

static void add_layer(struct store *s, const char *chain_id, const char *boot_id)
{
	const struct layer_record r = {
		.chain_id = (char *)chain_id,
		.diff_id = (char *)CHAIN("d"),
		.blob = (char *)CHAIN("d"),
		.disk_size = 8192,
		.boot_id = (char *)boot_id,
	};
	struct error err = ERROR_INIT;

	ck_assert_ok(layer_record_insert(s, &r, &err), &err);
}

static void add_step(struct store *s, const char *key, const char *parent,
		     const char *layer, int64_t used)
{
	const struct build_step_record r = {
		.key = (char *)key,
		.parent = (char *)parent,
		.layer = (char *)layer,
		.diff_id = layer ? (char *)CHAIN("d") : NULL,
		.tar_size = 1024,
		.created_usec = 5,
		.used_usec = used,
		.text = (char *)"RUN true",
	};
	struct error err = ERROR_INIT;

	ck_assert_ok(build_step_put(s, &r, &err), &err);
}

static bool has(struct store *s, const char *key)
{
	cleanup_build_step_record struct build_step_record r = {0};
	struct error err = ERROR_INIT;
	int k = build_step_get(s, key, false, &r, &err);

	if (k < 0)
		ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	return k >= 0;
}

START_TEST(test_a_step_comes_back_as_it_was)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_build_step_record struct build_step_record r = {0}, none = {0};
	cleanup_strv char **keys = NULL;
	struct error err = ERROR_INIT;

	ck_assert(!has(s, HEX("1")));
	add_layer(s, CHAIN("a"), "boot");
	add_step(s, HEX("1"), CHAIN("0"), CHAIN("a"), 7);
	add_step(s, HEX("2"), NULL, NULL, 8);
	strv_add(&keys, HEX("1"));
	strv_add(&keys, HEX("9"));
	ck_assert_ok(build_step_use(s, keys, 99, &err), &err);
	ck_assert_ok(build_step_use(s, NULL, 99, &err), &err);
	ck_assert_ok(build_step_get(s, HEX("1"), false, &r, &err), &err);
	ck_assert_str_eq(r.key, HEX("1"));
	ck_assert_str_eq(r.parent, CHAIN("0"));
	ck_assert_str_eq(r.layer, CHAIN("a"));
	ck_assert_str_eq(r.diff_id, CHAIN("d"));
	ck_assert_str_eq(r.text, "RUN true");
	ck_assert_str_eq(r.boot_id, "boot");
	ck_assert_int_eq(r.tar_size, 1024);
	ck_assert_int_eq(r.disk_size, 8192);
	ck_assert_int_eq(r.created_usec, 5);
	ck_assert_int_eq(r.used_usec, 99);
	ck_assert_int_eq(r.n_uses, 1);
	ck_assert_ok(build_step_get(s, HEX("2"), false, &none, &err), &err);
	ck_assert_ptr_null(none.layer);
	ck_assert_ptr_null(none.parent);
	/* the same key again */
	add_step(s, HEX("1"), NULL, NULL, 1);
	build_step_record_release(&r);
	ck_assert_ok(build_step_get(s, HEX("1"), false, &r, &err), &err);
	ck_assert_ptr_null(r.layer);
	ck_assert_int_eq(r.n_uses, 0);
}
END_TEST

START_TEST(test_without_its_layer_there_is_no_step)
{
	cleanup_store struct store *s = open_store(unit_dir());

	add_step(s, HEX("1"), NULL, CHAIN("a"), 7);
	ck_assert(!has(s, HEX("1")));
	add_layer(s, CHAIN("a"), NULL);
	ck_assert(has(s, HEX("1")));
}
END_TEST

static int take(void *data, const char *chain_id, bool single_id, struct error *err)
{
	(void)err;
	(void)single_id;
	strv_add(data, chain_id);
	return 0;
}

static bool yes_layer(void *data, const char *chain_id, bool single_id)
{
	(void)data;
	(void)chain_id;
	(void)single_id;
	return true;
}

static void add_image(struct store *s, char **layers)
{
	static const struct image_presence yes = {.layer = yes_layer};
	const struct image_record r = {
		.id = (char *)HEX("e"),
		.manifest = (char *)CHAIN("e"),
		.manifest_type = (char *)"t",
		.config = (char *)"{}",
		.layers = layers,
	};
	struct error err = ERROR_INIT;

	ck_assert_ok(image_record_insert(s, &r, false, &yes, &err), &err);
}

START_TEST(test_layers_of_steps_are_held)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_build_step_records struct build_step_records list = {0};
	cleanup_strv char **taken = NULL, **keys = NULL;
	const struct image_garbage all = {.remove_layer = take, .data = &taken};
	static char *in_image[] = {(char *)CHAIN("a"), NULL};
	struct error err = ERROR_INIT;

	add_layer(s, CHAIN("a"), NULL);
	add_layer(s, CHAIN("b"), NULL);
	add_layer(s, CHAIN("c"), NULL);
	add_image(s, in_image);
	add_step(s, HEX("1"), NULL, CHAIN("a"), 7);
	add_step(s, HEX("2"), CHAIN("a"), CHAIN("b"), 9);
	add_step(s, HEX("3"), CHAIN("a"), NULL, 8);
	add_step(s, HEX("4"), CHAIN("b"), NULL, 6);
	ck_assert_ok(image_collect(s, &all, &err), &err);
	ck_assert_uint_eq(strv_len(taken), 1);
	ck_assert_str_eq(taken[0], CHAIN("c"));
	/* the last used first; whose files are in an image */
	ck_assert_ok(build_step_list(s, &list, &err), &err);
	ck_assert_uint_eq(list.n, 4);
	ck_assert_str_eq(list.items[0].key, HEX("2"));
	ck_assert_str_eq(list.items[1].key, HEX("3"));
	ck_assert_str_eq(list.items[2].key, HEX("1"));
	ck_assert(!list.items[0].in_image && list.items[1].in_image);
	ck_assert(list.items[2].in_image && !list.items[3].in_image);
	strv_add(&keys, HEX("2"));
	strv_add(&keys, HEX("8"));
	ck_assert_ok(build_steps_delete(s, keys, &err), &err);
	ck_assert_ok(image_collect(s, &all, &err), &err);
	ck_assert_uint_eq(strv_len(taken), 2);
	ck_assert_str_eq(taken[1], CHAIN("b"));
	ck_assert(!has(s, HEX("2")) && has(s, HEX("1")));
}
END_TEST

/* As cubby wrote it before it could build. */
START_TEST(test_an_older_database)
{
	const char *dir = unit_dir();
	cleanup_free char *path = fs_join(dir, STORE_FILE);
	sqlite3 *db;

	store_close(open_store(dir));
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				      "DROP TABLE build_step;"
				      "ALTER TABLE container DROP COLUMN oom_killed;"
				      "ALTER TABLE container DROP COLUMN memory_peak;"
				      "PRAGMA user_version=5",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	cleanup_store struct store *s = open_store(dir);
	ck_assert(!has(s, HEX("1")));
	add_step(s, HEX("1"), NULL, NULL, 1);
	ck_assert(has(s, HEX("1")));
}
END_TEST

UNIT_MAIN("build_record", test_a_step_comes_back_as_it_was,
	  test_without_its_layer_there_is_no_step, test_layers_of_steps_are_held,
	  test_an_older_database)

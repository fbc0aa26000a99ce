/* SPDX-License-Identifier: Apache-2.0 */
/* Records of images and layers: who removes and who records at the same time. */
#include <sqlite3.h>

#include "store/container_record.h"
#include "store/image_record.h"
#include "store/store.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define DIGITS "00000000000000000000000000000000000000000000000000000000000000"
#define ID_A   "aa" DIGITS
#define ID_B   "ab" DIGITS
#define NAME   "docker.io/library/debian:12"

static struct store *open_store(const char *dir)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;

	ck_assert_ok(store_open(dir, &s, &err), &err);
	return s;
}

static bool layer_there(void *data, const char *chain_id, bool single_id)
{
	(void)single_id;
	return !str_eq(data, chain_id);
}

static bool blob_there(void *data, const char *digest)
{
	return !str_eq(data, digest);
}

/* `missing` is the one thing that is not there. */
static int insert(struct store *s, const struct image_record *r, const char *missing,
		  struct error *err)
{
	const struct image_presence p = {
		.layer = layer_there, .blob = blob_there, .data = (void *)missing};

	return image_record_insert(s, r, false, &p, err);
}

static struct image_record image(const char *id, char **names, char **layers,
				 char **blobs)
{
	return (struct image_record){
		.id = (char *)id,
		.manifest = (char *)"sha256:m",
		.manifest_type = (char *)"application/vnd.oci.image.manifest.v1+json",
		.created_usec = 5,
		.recorded_usec = 6,
		.size = 7,
		.config = (char *)"{}",
		.names = names,
		.layers = layers,
		.blobs = blobs,
	};
}

static void insert_layer(struct store *s, const char *chain_id, bool single_id)
{
	const struct layer_record r = {
		.chain_id = (char *)chain_id,
		.single_id = single_id,
		.diff_id = (char *)"sha256:d",
		.blob = (char *)"sha256:b",
		.tar_size = 10,
		.max_uid = UINT32_MAX - 1,
	};
	struct error err = ERROR_INIT;

	ck_assert_ok(layer_record_insert(s, &r, &err), &err);
}

static char *no_names[] = {NULL};
static char *one_name[] = {(char *)NAME, NULL};
static char *chain_1[] = {(char *)"sha256:1", NULL};
static char *chain_12[] = {(char *)"sha256:1", (char *)"sha256:2", NULL};
static char *blobs_1[] = {(char *)"sha256:b1", (char *)"sha256:shared", NULL};
static char *blobs_2[] = {(char *)"sha256:b2", (char *)"sha256:shared", NULL};

START_TEST(test_an_image_comes_back_as_it_was)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_image_record struct image_record r = {0};
	cleanup_layer_record struct layer_record layer = {0};
	struct image_record a = image(ID_A, one_name, chain_12, blobs_1);
	struct error err = ERROR_INIT;

	insert_layer(s, "sha256:1", false);
	insert_layer(s, "sha256:2", false);
	ck_assert_ok(insert(s, &a, NULL, &err), &err);
	ck_assert_ok(image_record_by_name(s, NAME, &r, &err), &err);
	ck_assert_str_eq(r.id, ID_A);
	ck_assert_int_eq(r.created_usec, 5);
	ck_assert_int_eq(r.size, 7);
	ck_assert_uint_eq(strv_len(r.layers), 2);
	ck_assert_str_eq(r.layers[1], "sha256:2");
	ck_assert_uint_eq(strv_len(r.blobs), 2);
	ck_assert_ptr_null(r.passwd);
	ck_assert_ok(layer_record_get(s, "sha256:1", false, &layer, &err), &err);
	ck_assert_uint_eq(layer.max_uid, UINT32_MAX - 1);
}
END_TEST

START_TEST(test_what_is_missing_is_not_recorded)
{
	static const char *const missing[] = {"sha256:1", "sha256:b1", "sha256:shared"};
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_image_records struct image_records all = {0};
	struct image_record a = image(ID_A, one_name, chain_1, blobs_1);
	struct error err = ERROR_INIT;

	/* no row of the layer */
	ck_assert_int_eq(insert(s, &a, NULL, &err), -EAGAIN);
	error_release(&err);
	insert_layer(s, "sha256:1", true);
	ck_assert_int_eq(insert(s, &a, NULL, &err), -EAGAIN);
	error_release(&err);
	insert_layer(s, "sha256:1", false);
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		ck_assert_int_eq(insert(s, &a, missing[i], &err), -EAGAIN);
		ck_assert_int_eq(err.kind, ERR_UNAVAILABLE);
		error_release(&err);
	}
	ck_assert_ok(image_record_list(s, &all, &err), &err);
	ck_assert_uint_eq(all.n, 0);
	ck_assert_ok(insert(s, &a, NULL, &err), &err);
}
END_TEST

START_TEST(test_names_move)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_image_record struct image_record r = {0}, old = {0};
	struct image_record a = image(ID_A, one_name, no_names, blobs_1);
	struct image_record b = image(ID_B, one_name, no_names, blobs_2);
	struct error err = ERROR_INIT;
	cleanup_strv char **found = NULL;

	ck_assert_ok(insert(s, &a, NULL, &err), &err);
	ck_assert_ok(insert(s, &b, NULL, &err), &err);
	ck_assert_ok(image_record_by_name(s, NAME, &r, &err), &err);
	ck_assert_str_eq(r.id, ID_B);
	ck_assert_ok(image_record_by_id(s, ID_A, &old, &err), &err);
	ck_assert_ptr_null(old.names);
	ck_assert_ok(image_record_names_like(s, "debian:12", &found, &err), &err);
	ck_assert_uint_eq(strv_len(found), 1);
	ck_assert_ok(image_record_drop_name(s, NAME, &err), &err);
	ck_assert_ok(image_record_drop_name(s, NAME, &err), &err);
	/* one that is gone gets none */
	ck_assert_int_lt(image_record_add_name(s, "cc" DIGITS, NAME, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	image_record_release(&r);
	ck_assert_int_lt(image_record_by_name(s, NAME, &r, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

START_TEST(test_prefixes)
{
	static const struct {
		const char *prefix, *want; /* NULL: several; "": none */
	} cases[] = {{"a", NULL}, {"aa", ID_A}, {"ab0", ID_B}, {"b", ""},     {"ac", ""},
		     {"%", ""},   {"a_", ""},   {ID_A, ID_A},  {ID_A "0", ""}};
	cleanup_store struct store *s = open_store(unit_dir());
	struct image_record a = image(ID_A, no_names, no_names, blobs_1);
	struct image_record b = image(ID_B, no_names, no_names, blobs_2);
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, &a, NULL, &err), &err);
	ck_assert_ok(insert(s, &b, NULL, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_image_record struct image_record r = {0};
		int k = image_record_by_prefix(s, cases[i].prefix, &r, &err);

		if (cases[i].want && cases[i].want[0]) {
			ck_assert_ok(k, &err);
			ck_assert_str_eq(r.id, cases[i].want);
			continue;
		}
		ck_assert_int_lt(k, 0);
		ck_assert_int_eq(err.kind, cases[i].want ? ERR_NOT_FOUND : ERR_CONFLICT);
		error_release(&err);
	}
}
END_TEST

static int insert_container(struct store *s, const char *image_id, struct error *err)
{
	const struct container_record c = {
		.id = (char *)ID_B,
		.name = (char *)"web",
		.config = (char *)"{}",
		.image = (char *)image_id,
	};

	return container_record_insert(s, &c, NULL, err);
}

START_TEST(test_containers_hold_their_image)
{
	cleanup_store struct store *s = open_store(unit_dir());
	struct image_record a = image(ID_A, one_name, no_names, blobs_1);
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, &a, NULL, &err), &err);
	ck_assert_ok(insert_container(s, ID_A, &err), &err);
	ck_assert_int_eq(image_record_delete(s, ID_A, &err), -EBUSY);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	error_release(&err);
	ck_assert_ok(container_record_delete(s, ID_B, &err), &err);
	ck_assert_ok(image_record_delete(s, ID_A, &err), &err);
	/* and none is made of an image that has just gone */
	ck_assert_int_lt(insert_container(s, ID_A, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_ok(insert_container(s, NULL, &err), &err);
}
END_TEST

struct taken {
	char **layers, **blobs;
	int answer;
};

static int take_layer(void *data, const char *chain_id, bool single_id, struct error *err)
{
	struct taken *t = data;

	strv_addf(&t->layers, "%s%s", chain_id, single_id ? "+" : "");
	return t->answer < 0 ? error_set(err, ERR_SYSTEM, EIO, "take it") : t->answer;
}

static int take_blob(void *data, const char *digest, struct error *err)
{
	struct taken *t = data;

	(void)err;
	strv_add(&t->blobs, digest);
	return 0;
}

static int collect(struct store *s, char *const *chains, struct taken *t,
		   struct error *err)
{
	static char *const blobs[] = {(char *)"sha256:b1", (char *)"sha256:b2",
				      (char *)"sha256:listed", (char *)"sha256:shared",
				      NULL};
	const struct image_garbage g = {
		.chain_ids = chains,
		.blobs = blobs,
		.remove_layer = take_layer,
		.remove_blob = take_blob,
		.data = t,
	};

	return image_collect(s, &g, err);
}

START_TEST(test_only_what_nobody_holds_is_collected)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_layer_records struct layer_records left = {0};
	struct image_record a = image(ID_A, one_name, chain_12, blobs_1);
	struct image_record b = image(ID_B, no_names, chain_1, blobs_2);
	struct error err = ERROR_INIT;
	struct taken none = {0}, leave = {.answer = IMAGE_LEAVE_IT},
		     fail = {.answer = -1}, all = {0};

	insert_layer(s, "sha256:1", false);
	insert_layer(s, "sha256:2", false);
	insert_layer(s, "sha256:2", true);
	ck_assert_ok(insert(s, &a, NULL, &err), &err);
	ck_assert_ok(insert(s, &b, NULL, &err), &err);
	ck_assert_ok(manifest_list_put(s, "l", "{\"digest\": \"sha256:listed\"}", &err),
		     &err);
	ck_assert_ok(collect(s, NULL, &none, &err), &err);
	ck_assert_ptr_null(none.layers);
	ck_assert_ptr_null(none.blobs);
	ck_assert_ok(image_record_delete(s, ID_A, &err), &err);
	/* not among the candidates */
	ck_assert_ok(collect(s, chain_1, &none, &err), &err);
	ck_assert_ptr_null(none.layers);
	ck_assert_ok(collect(s, NULL, &leave, &err), &err);
	ck_assert_uint_eq(strv_len(leave.layers), 2);
	ck_assert_int_eq(collect(s, NULL, &fail, &err), -EIO);
	error_release(&err);
	ck_assert_ok(collect(s, chain_12, &all, &err), &err);
	ck_assert_uint_eq(strv_len(all.layers), 2);
	ck_assert_str_eq(all.layers[0], "sha256:2");
	ck_assert_str_eq(all.layers[1], "sha256:2+");
	ck_assert_uint_eq(strv_len(all.blobs), 1);
	ck_assert_str_eq(all.blobs[0], "sha256:b1");
	ck_assert_ok(layer_record_list(s, &left, &err), &err);
	ck_assert_uint_eq(left.n, 1);
	strv_free(none.blobs);
	strv_free(leave.layers);
	strv_free(leave.blobs);
	strv_free(fail.layers);
	strv_free(all.layers);
	strv_free(all.blobs);
}
END_TEST

/* As cubby wrote it before there were images. */
START_TEST(test_an_older_database)
{
	const char *dir = unit_dir();
	cleanup_free char *path = fs_join(dir, STORE_FILE);
	cleanup_container_record struct container_record c = {0};
	struct image_record a = image(ID_A, one_name, no_names, blobs_1);
	struct error err = ERROR_INIT;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_exec(
			db,
			"PRAGMA journal_mode=WAL; CREATE TABLE container ("
			" id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
			" created INTEGER NOT NULL, auto_remove INTEGER NOT NULL,"
			" config TEXT NOT NULL, ended INTEGER NOT NULL DEFAULT 0,"
			" started INTEGER NOT NULL DEFAULT 0,"
			" finished INTEGER NOT NULL DEFAULT 0,"
			" exit_code INTEGER NOT NULL DEFAULT 0, failure TEXT"
			") WITHOUT ROWID;"
			"CREATE TABLE exit_status (id TEXT NOT NULL PRIMARY KEY,"
			" code INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"
			"INSERT INTO container (id, name, created, auto_remove, config)"
			" VALUES ('" ID_B "', 'old', 1, 0, '{}');"
			"PRAGMA user_version=1",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	cleanup_store struct store *s = open_store(dir);
	ck_assert_ok(container_record_get(s, ID_B, &c, &err), &err);
	ck_assert_str_eq(c.name, "old");
	ck_assert_ptr_null(c.image);
	ck_assert_ok(insert(s, &a, NULL, &err), &err);
}
END_TEST

START_TEST(test_manifest_lists)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_free char *text = NULL;
	cleanup_strv char **names = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(manifest_list_put(s, "b", "{}", &err), &err);
	ck_assert_ok(manifest_list_put(s, "a", "{}", &err), &err);
	ck_assert_ok(manifest_list_put(s, "b", "{\"x\":1}", &err), &err);
	ck_assert_ok(manifest_list_get(s, "b", &text, &err), &err);
	ck_assert_str_eq(text, "{\"x\":1}");
	ck_assert_ok(manifest_list_names(s, &names, &err), &err);
	ck_assert_uint_eq(strv_len(names), 2);
	ck_assert_str_eq(names[0], "a");
	ck_assert_ok(manifest_list_drop(s, "b", &err), &err);
	ck_assert_int_lt(manifest_list_get(s, "b", &text, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

UNIT_MAIN("image_record", test_an_image_comes_back_as_it_was,
	  test_what_is_missing_is_not_recorded, test_names_move, test_prefixes,
	  test_containers_hold_their_image, test_only_what_nobody_holds_is_collected,
	  test_an_older_database, test_manifest_lists)

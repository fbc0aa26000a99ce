/* SPDX-License-Identifier: Apache-2.0 */
/* Removing images, and what killed processes leave. */
#include <sys/file.h>

#include "engine/collect.h"
#include "engine/disk_usage.h"
#include "engine/image.h"
#include "store_box.h"

static char *names_ab[] = {(char *)"localhost/a:1", (char *)"localhost/b:1", NULL};
static char *layers_a[] = {(char *)BOX_DIGEST("1"), (char *)BOX_DIGEST("2"), NULL};
static char *layers_b[] = {(char *)BOX_DIGEST("1"), NULL};
static char *blobs_a[] = {(char *)BOX_DIGEST("c"), (char *)BOX_DIGEST("d"), NULL};
static char *blobs_b[] = {(char *)BOX_DIGEST("d"), NULL};

/* Two images: a of layers 1 and 2, b, without a name, of layer 1. */
static struct store_box full_box(void)
{
	const struct image_record a = {
		.id = (char *)BOX_HEX("a"),
		.manifest = (char *)BOX_DIGEST("c"),
		.manifest_type = (char *)"t",
		.config = (char *)"{}",
		.names = names_ab,
		.layers = layers_a,
		.blobs = blobs_a,
	};
	const struct image_record b = {
		.id = (char *)BOX_HEX("b"),
		.manifest = (char *)BOX_DIGEST("d"),
		.manifest_type = (char *)"t",
		.config = (char *)"{}",
		.layers = layers_b,
		.blobs = blobs_b,
	};
	struct store_box box = store_box_open();

	box_layer(&box, BOX_DIGEST("1"), true);
	box_layer(&box, BOX_DIGEST("2"), true);
	box_blob(&box, BOX_DIGEST("c"), "cc");
	box_blob(&box, BOX_DIGEST("d"), "dd");
	box_image(&box, &a);
	box_image(&box, &b);
	return box;
}

static bool has_layer(struct store_box *box, const char *chain_id)
{
	return layer_dir_exists(box->layers_fd, chain_id, false);
}

static bool has_blob(struct store_box *box, const char *digest)
{
	return blob_size(box->blobs_fd, digest) >= 0;
}

START_TEST(test_by_id_all_names_need_force)
{
	struct store_box box = full_box();
	cleanup_image_record struct image_record r = {0};
	cleanup(image_removal_release) struct image_removal removal = {.by_id = true};
	struct error err = ERROR_INIT;

	ck_assert_ok(image_find(&box.engine, BOX_HEX("a"), &r, NULL, &err), &err);
	ck_assert_int_lt(image_remove(&box.engine, &r, NULL, &removal, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	error_release(&err);
	removal.force = true;
	ck_assert_ok(image_remove(&box.engine, &r, NULL, &removal, &err), &err);
	ck_assert_uint_eq(strv_len(removal.untagged), 2);
	ck_assert_str_eq(removal.deleted[0], BOX_HEX("a"));
	/* what b has too stays */
	ck_assert(has_layer(&box, BOX_DIGEST("1")) && !has_layer(&box, BOX_DIGEST("2")));
	ck_assert(has_blob(&box, BOX_DIGEST("d")) && !has_blob(&box, BOX_DIGEST("c")));
	store_box_close(&box);
}
END_TEST

START_TEST(test_by_name_the_last_takes_the_image)
{
	struct store_box box = full_box();
	struct error err = ERROR_INIT;

	for (int i = 0; i < 2; i++) {
		cleanup_image_record struct image_record r = {0};
		cleanup(image_removal_release) struct image_removal removal = {0};
		cleanup_free char *name = NULL;

		ck_assert_ok(image_find(&box.engine, names_ab[i], &r, &name, &err), &err);
		ck_assert_ok(image_remove(&box.engine, &r, name, &removal, &err), &err);
		ck_assert_uint_eq(strv_len(removal.untagged), 1);
		ck_assert_str_eq(removal.untagged[0], names_ab[i]);
		ck_assert_uint_eq(strv_len(removal.deleted), (size_t)i);
	}
	ck_assert(!has_layer(&box, BOX_DIGEST("2")));
	store_box_close(&box);
}
END_TEST

static bool keep_all(void *data, const struct image_record *r)
{
	(void)r;
	++*(int *)data;
	return true;
}

START_TEST(test_prune)
{
	struct store_box box = full_box();
	cleanup_strv char **deleted = NULL;
	int asked = 0;
	struct image_prune_options o = {.keep = keep_all, .data = &asked};
	struct error err = ERROR_INIT;
	int64_t freed = 0;

	ck_assert_ok(image_prune(&box.engine, &o, &deleted, &freed, &err), &err);
	ck_assert_int_eq(asked, 1);
	ck_assert_ptr_null(deleted);
	ck_assert_int_eq(freed, 0);
	o.keep = NULL;
	ck_assert_ok(image_prune(&box.engine, &o, &deleted, &freed, &err), &err);
	ck_assert_uint_eq(strv_len(deleted), 1);
	ck_assert_str_eq(deleted[0], BOX_HEX("b"));
	ck_assert(has_layer(&box, BOX_DIGEST("1")) && has_blob(&box, BOX_DIGEST("d")));
	o.all = true;
	ck_assert_ok(image_prune(&box.engine, &o, &deleted, &freed, &err), &err);
	ck_assert(!has_layer(&box, BOX_DIGEST("1")) && !has_blob(&box, BOX_DIGEST("d")));
	ck_assert_int_gt(freed, 0);
	store_box_close(&box);
}
END_TEST

static void count(struct store_box *box, struct collected *ret)
{
	struct error err = ERROR_INIT;

	*ret = (struct collected){0};
	ck_assert_ok(collect_all(&box->engine, true, ret, &err), &err);
}

static int64_t usage(struct store_box *box)
{
	char *paths[] = {xasprintf("%s/layers", box->engine.paths.data),
			 xasprintf("%s/blobs", box->engine.paths.data), NULL};
	struct error err = ERROR_INIT;
	int64_t sizes[2];

	ck_assert_ok(disk_usage(&box->engine, paths, sizes, &err), &err);
	free(paths[0]);
	free(paths[1]);
	return sizes[0] + sizes[1];
}

START_TEST(test_what_killed_processes_leave)
{
	struct store_box box = full_box();
	struct error err = ERROR_INIT;
	struct collected c;
	int64_t before;
	int fd;

	count(&box, &c);
	ck_assert_uint_eq(
		c.n_layers + c.n_blobs + c.n_partial + c.n_left_over + c.n_nameless, 0);
	before = usage(&box);
	box_layer(&box, BOX_DIGEST("5"), true);
	box_layer(&box, BOX_DIGEST("6"), false);
	box_blob(&box, BOX_DIGEST("e"), "ee");
	box_file(box.blobs_fd, "partial/" BOX_HEX("f"), "half");
	ck_assert_int_eq(mkdirat(box.layers_fd, ".new-1", 0755), 0);
	box_file(box.layers_fd, ".new-1/f", "x");
	ck_assert_int_eq(mkdirat(box.layers_fd, ".old-1", 0755), 0);
	count(&box, &c);
	ck_assert_uint_eq(c.n_layers, 1);
	ck_assert_uint_eq(c.n_blobs, 1);
	ck_assert_uint_eq(c.n_partial, 1);
	ck_assert_uint_eq(c.n_left_over, 2);
	ck_assert_uint_eq(c.n_nameless, 1);
	ck_assert(!c.fetching);
	/* looking took nothing away */
	ck_assert(has_layer(&box, BOX_DIGEST("5")) && has_blob(&box, BOX_DIGEST("e")));
	/* in use: all of it may be somebody's */
	fd = collect_fetch_lock(&box.engine, &err);
	ck_assert_int_ge(fd, 0);
	c = (struct collected){0};
	ck_assert_ok(collect_all(&box.engine, false, &c, &err), &err);
	ck_assert(c.fetching);
	ck_assert(has_layer(&box, BOX_DIGEST("5")) && has_blob(&box, BOX_DIGEST("e")));
	ck_assert(!fs_exists(box.layers_fd, ".new-1"));
	close(fd);
	c = (struct collected){0};
	ck_assert_ok(collect_all(&box.engine, false, &c, &err), &err);
	ck_assert(!has_layer(&box, BOX_DIGEST("5")) && !has_layer(&box, BOX_DIGEST("6")));
	ck_assert(has_layer(&box, BOX_DIGEST("1")) && has_layer(&box, BOX_DIGEST("2")));
	ck_assert_int_eq(usage(&box), before);
	store_box_close(&box);
}
END_TEST

START_TEST(test_locked_things_stay)
{
	struct store_box box = full_box();
	struct error err = ERROR_INIT;
	struct collected c = {0};
	cleanup_free char *name = NULL;
	int lock_fd, partial_fd, new_fd;

	box_layer(&box, BOX_DIGEST("5"), true);
	box_file(box.blobs_fd, "partial/" BOX_HEX("f"), "half");
	lock_fd = layer_lock(box.layers_fd, BOX_DIGEST("5"), false, &err);
	partial_fd = openat(box.blobs_fd, "partial/" BOX_HEX("f"), O_RDWR | O_CLOEXEC);
	new_fd = layer_dir_new(box.layers_fd, &name, &err);
	ck_assert(lock_fd >= 0 && partial_fd >= 0 && new_fd >= 0);
	ck_assert_int_eq(flock(partial_fd, LOCK_EX), 0);
	ck_assert_ok(collect_all(&box.engine, false, &c, &err), &err);
	ck_assert(has_layer(&box, BOX_DIGEST("5")));
	ck_assert(fs_exists(box.blobs_fd, "partial/" BOX_HEX("f")));
	ck_assert(fs_exists(box.layers_fd, name));
	close(lock_fd);
	close(partial_fd);
	close(new_fd);
	ck_assert_ok(collect_all(&box.engine, false, &c, &err), &err);
	ck_assert(!has_layer(&box, BOX_DIGEST("5")));
	ck_assert(!fs_exists(box.blobs_fd, "partial/" BOX_HEX("f")));
	ck_assert(!fs_exists(box.layers_fd, name));
	store_box_close(&box);
}
END_TEST

START_TEST(test_lists_keep_what_their_manifests_need)
{
	static const char manifest[] =
		"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/"
		"vnd.oci.image.config.v1+json\",\"digest\":\"" BOX_DIGEST(
			"7") "\",\"size\":2},\"layers\":[{\"mediaType\":\"application/"
			     "vnd.oci.image.layer.v1.tar\",\"digest\":\"" BOX_DIGEST(
				     "8") "\",\"size\":2}]}";
	static const char list[] =
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/"
		"vnd.oci.image.manifest.v1+json\",\"digest\":\"" BOX_DIGEST(
			"9") "\",\"size\":2}]}";
	struct store_box box = full_box();
	struct collected c;
	struct error err = ERROR_INIT;

	box_blob(&box, BOX_DIGEST("9"), manifest);
	box_blob(&box, BOX_DIGEST("7"), "{}");
	box_blob(&box, BOX_DIGEST("8"), "88");
	count(&box, &c);
	ck_assert_uint_eq(c.n_blobs, 3);
	ck_assert_ok(manifest_list_put(box.engine.store, "l", list, &err), &err);
	count(&box, &c);
	ck_assert_uint_eq(c.n_blobs, 0);
	store_box_close(&box);
}
END_TEST

START_TEST(test_names_of_layers)
{
	static const struct {
		const char *name, *chain_id; /* NULL: none */
		bool single_id;
	} cases[] = {
		{BOX_HEX("1"), BOX_DIGEST("1"), false},
		{BOX_HEX("1") ".single", BOX_DIGEST("1"), true},
		{BOX_HEX("1") BOX_HEX("2"), "sha512:" BOX_HEX("1") BOX_HEX("2"), false},
		{"lock", NULL, false},
		{".new-0", NULL, false},
		{BOX_HEX("1") "0", NULL, false},
		{BOX_HEX("1") ".other", NULL, false},
		{BOX_HEX("G"), NULL, false},
		{".single", NULL, false},
		{"", NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *chain_id = NULL, *name = NULL;
		bool single_id = false;
		bool is_one = layer_dir_parse(cases[i].name, &chain_id, &single_id);

		ck_assert_int_eq(is_one, cases[i].chain_id != NULL);
		if (!is_one)
			continue;
		ck_assert_str_eq(chain_id, cases[i].chain_id);
		ck_assert_int_eq(single_id, cases[i].single_id);
		name = layer_dir_name(chain_id, single_id);
		ck_assert_str_eq(name, cases[i].name);
	}
}
END_TEST

START_TEST(test_disk_usage_counts_as_du_does)
{
	struct store_box box = store_box_open();
	char *paths[] = {xasprintf("%s/layers", box.engine.paths.data),
			 xasprintf("%s/nosuch", box.engine.paths.data), NULL};
	struct error err = ERROR_INIT;
	int64_t sizes[2] = {-1, -1}, du = -1;
	cleanup_free char *command = NULL;
	FILE *pipe;

	box_layer(&box, BOX_DIGEST("1"), false);
	box_layer(&box, BOX_DIGEST("2"), false);
	ck_assert_int_eq(linkat(box.layers_fd, BOX_HEX("1") "/file", box.layers_fd,
				BOX_HEX("2") "/second", 0),
			 0);
	ck_assert_int_eq(symlinkat("/", box.layers_fd, BOX_HEX("2") "/link"), 0);
	ck_assert_ok(disk_usage(&box.engine, paths, sizes, &err), &err);
	command = xasprintf("du -s --block-size=1 '%s'", paths[0]);
	pipe = popen(command, "r");
	ck_assert_int_eq(fscanf(pipe, "%ld", &du), 1);
	pclose(pipe);
	ck_assert_int_eq(sizes[0], du);
	ck_assert_int_eq(sizes[1], 0);
	free(paths[0]);
	free(paths[1]);
	store_box_close(&box);
}
END_TEST

UNIT_MAIN("collect", test_by_id_all_names_need_force,
	  test_by_name_the_last_takes_the_image, test_prune,
	  test_what_killed_processes_leave, test_locked_things_stay,
	  test_lists_keep_what_their_manifests_need, test_names_of_layers,
	  test_disk_usage_counts_as_du_does)

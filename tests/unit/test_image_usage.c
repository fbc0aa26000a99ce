/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image.h"
#include "engine/usage_share.h"
#include "store_box.h"
#include "util/json.h"

START_TEST(test_sharing)
{
	char *keys_a[] = {(char *)"l1", (char *)"l2", (char *)"missing", NULL};
	char *keys_b[] = {(char *)"l1", (char *)"l3", NULL};
	char *keys_c[] = {(char *)"l1", NULL};
	struct usage_item items[] = {{.key = (char *)"l3", .bytes = 4},
				     {.key = (char *)"l1", .bytes = 1},
				     {.key = (char *)"orphan", .bytes = 8},
				     {.key = (char *)"l2", .bytes = 2}};
	struct usage_image images[] = {
		{.keys = keys_a}, {.keys = keys_b}, {.keys = keys_c}};

	ck_assert_int_eq(usage_share(items, 4, images, 3), 15);
	ck_assert_int_eq(images[0].shared, 1);
	ck_assert_int_eq(images[0].unique, 2);
	ck_assert_int_eq(images[1].unique, 4);
	ck_assert_int_eq(images[2].unique, 0);
	for (size_t i = 0; i < 4; i++) {
		items[i].n_images = 0;
		items[i].in_use = false;
	}
	images[0].in_use = true;
	ck_assert_int_eq(usage_share(items, 4, images, 3), 12);
	ck_assert_int_eq(usage_share(NULL, 0, NULL, 0), 0);
	ck_assert_int_eq(usage_share(NULL, 0, images, 3), 0);
}
END_TEST

static int64_t du(const struct store_box *box, const char *below)
{
	cleanup_free char *command =
		xasprintf("du -s --block-size=1 '%s/%s'", box->engine.paths.data, below);
	FILE *pipe = popen(command, "r");
	long bytes = -1;

	ck_assert_int_eq(fscanf(pipe, "%ld", &bytes), 1);
	pclose(pipe);
	return bytes;
}

static int64_t number(struct json_object *o, const char *key)
{
	struct error err = ERROR_INIT;
	int64_t value;

	ck_assert_ok(json_to_i64(json_get(o, key), key, &value, &err), &err);
	return value;
}

START_TEST(test_sums_are_those_of_du)
{
	char *layers[] = {(char *)BOX_DIGEST("1"), NULL};
	char *blobs[] = {(char *)BOX_DIGEST("c"), NULL};
	const struct image_record a = {
		.id = (char *)BOX_HEX("a"),
		.manifest = (char *)BOX_DIGEST("c"),
		.manifest_type = (char *)"t",
		.config = (char *)"{}",
		.layers = layers,
		.blobs = blobs,
	};
	struct store_box box = store_box_open();
	cleanup_json struct json_object *o = NULL;
	struct json_object *image;
	struct error err = ERROR_INIT;

	box_layer(&box, BOX_DIGEST("1"), true);
	box_layer(&box, BOX_DIGEST("2"), false);
	box_blob(&box, BOX_DIGEST("c"), "cc");
	box_file(box.blobs_fd, "partial/" BOX_HEX("f"), "half");
	box_image(&box, &a);
	ck_assert_ok(image_usage(&box.engine, &o, &err), &err);
	ck_assert_int_eq(number(o, "LayersSize"), du(&box, "layers"));
	ck_assert_int_eq(number(o, "BlobsSize"), du(&box, "blobs"));
	ck_assert_int_eq(number(o, "Total"), du(&box, "layers") + du(&box, "blobs"));
	image = json_object_array_get_idx(json_get(o, "Images"), 0);
	ck_assert_int_eq(number(image, "Size"),
			 du(&box, "layers/" BOX_HEX("1")) +
				 du(&box, "blobs/sha256/" BOX_HEX("c")));
	ck_assert_int_eq(number(image, "SharedSize"), 0);
	ck_assert_str_eq(json_get_str(image, "Repository"), "<none>");
	store_box_close(&box);
}
END_TEST

UNIT_MAIN("image_usage", test_sharing, test_sums_are_those_of_du)

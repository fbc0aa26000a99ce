/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image.h"
#include "store_box.h"
#include "util/json.h"

#define ENTRY(by, more) \
	"{\"created\":\"2026-01-01T00:00:00Z\",\"created_by\":\"" by "\"" more "}"
#define EMPTY ",\"empty_layer\":true"

#define CONFIG(history)                                                                    \
	"{\"created\":\"2026-01-02T00:00:00Z\",\"architecture\":\"amd64\",\"os\":"         \
	"\"linux\",\"docker_version\":\"20\",\"config\":{\"Cmd\":[\"sh\"],\"Entrypoint\":" \
	"null,\"Labels\":{\"a\":\"b\"},\"User\":\"7\"},\"rootfs\":{\"type\":\"layers\","   \
	"\"diff_ids\":[\"" BOX_DIGEST("1") "\",\"" BOX_DIGEST(                             \
		"2") "\"]},\"history\":[" history "]}"

static char *names[] = {(char *)"localhost/a:1", (char *)"localhost/a:2", NULL};
static char *digests[] = {(char *)"docker.io/library/x@" BOX_DIGEST("c"), NULL};
static char *layers[] = {(char *)BOX_DIGEST("1"), (char *)BOX_DIGEST("2"), NULL};
static char *base_names[] = {(char *)"localhost/base:1", NULL};
static char *base_layers[] = {(char *)BOX_DIGEST("1"), NULL};
static char *blobs[] = {(char *)BOX_DIGEST("c"), NULL};

static struct image_record make_image(const char *config)
{
	return (struct image_record){
		.id = (char *)BOX_HEX("a"),
		.manifest = (char *)BOX_DIGEST("c"),
		.manifest_type = (char *)"application/vnd.oci.image.manifest.v1+json",
		.size = 2048,
		.config = (char *)config,
		.names = names,
		.digests = digests,
		.layers = layers,
		.blobs = blobs,
	};
}

static struct store_box make_box(const struct image_record *r)
{
	const struct image_record base = {
		.id = (char *)BOX_HEX("b"),
		.manifest = (char *)BOX_DIGEST("d"),
		.manifest_type = (char *)"t",
		.config = (char *)"{}",
		.names = base_names,
		.layers = base_layers,
	};
	struct store_box box = store_box_open();

	box_layer(&box, BOX_DIGEST("1"), true);
	box_layer(&box, BOX_DIGEST("2"), true);
	box_image(&box, r);
	box_image(&box, &base);
	return box;
}

START_TEST(test_history)
{
	static const struct {
		const char *config;
		const char *want[4]; /* id, createdBy, size of each, newest first */
	} cases[] = {
		{CONFIG(ENTRY("one", "") "," ENTRY("two", "") "," ENTRY("env", EMPTY)),
		 {BOX_HEX("a") " env 0 2", "<missing> two 1024 0",
		  BOX_HEX("b") " one 1024 1"}},
		{CONFIG(ENTRY("one", "") "," ENTRY("two", "")),
		 {BOX_HEX("a") " two 1024 2", BOX_HEX("b") " one 1024 1"}},
		/* a history that does not speak of all layers, or of more */
		{CONFIG(ENTRY("one", "")),
		 {BOX_HEX("a") "  1024 2", BOX_HEX("b") " one 1024 1"}},
		{CONFIG(""), {BOX_HEX("a") "  1024 2", BOX_HEX("b") "  1024 1"}},
		{CONFIG(ENTRY("one", "") "," ENTRY("two", "") "," ENTRY("three", "")),
		 {BOX_HEX("a") " three 0 2", "<missing> two 1024 0",
		  BOX_HEX("b") " one 1024 1"}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_record r = make_image(cases[i].config);
		struct store_box box = make_box(&r);
		cleanup_json struct json_object *list = NULL;
		struct error err = ERROR_INIT;
		size_t n = 0;

		ck_assert_ok(image_history(&box.engine, &r, &list, &err), &err);
		for (; cases[i].want[n]; n++) {
			struct json_object *o = json_object_array_get_idx(list, n);
			cleanup_free char *line =
				xasprintf("%s %s %ld %zu", json_get_str(o, "id"),
					  json_get_str(o, "createdBy"),
					  json_object_get_int64(json_get(o, "size")),
					  json_object_array_length(json_get(o, "tags")));

			ck_assert_str_eq(line, cases[i].want[n]);
		}
		ck_assert_uint_eq(json_object_array_length(list), n);
		store_box_close(&box);
		unit_dir_remove();
	}
}
END_TEST

START_TEST(test_inspect)
{
	static const struct {
		const char *member, *want;
	} cases[] = {
		{"Id", "\"" BOX_HEX("a") "\""},
		{"Digest", "\"" BOX_DIGEST("c") "\""},
		{"RepoTags", "[\"localhost/a:1\",\"localhost/a:2\"]"},
		{"RepoDigests", "[\"docker.io/library/x@" BOX_DIGEST(
					"c") "\",\"localhost/a@" BOX_DIGEST("c") "\"]"},
		{"Created", "\"2026-01-02T00:00:00Z\""},
		{"Config", "{\"Cmd\":[\"sh\"],\"Labels\":{\"a\":\"b\"},\"User\":\"7\"}"},
		{"Version", "\"20\""},
		{"Architecture", "\"amd64\""},
		{"Size", "2048"},
		{"Labels", "{\"a\":\"b\"}"},
		{"User", "\"7\""},
		{"Comment", "\"hi\""},
		{"Annotations", "{\"k\":\"v\"}"},
		{"ManifestType", "\"application/vnd.oci.image.manifest.v1+json\""},
		{"History", "[{\"created\":\"2026-01-01T00:00:00Z\",\"created_by\":\"x\","
			    "\"comment\":\"hi\"}]"},
	};
	struct image_record r = make_image(CONFIG(ENTRY("x", ",\"comment\":\"hi\"")));
	struct store_box box = make_box(&r);
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *top = layer_dir_path(&box.engine, layers[1], false);
	struct json_object *data;
	struct error err = ERROR_INIT;

	box_blob(&box, BOX_DIGEST("c"),
		 "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":"
		 "\"" BOX_DIGEST("1") "\",\"size\":1},\"layers\":[],\"annotations\":"
				      "{\"k\":\"v\"}}");
	ck_assert_ok(image_inspect(&box.engine, &r, &o, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text = json_text(json_get(o, cases[i].member), false);

		ck_assert_str_eq(text, cases[i].want);
	}
	data = json_get(json_get(o, "GraphDriver"), "Data");
	ck_assert_str_eq(json_get_str(data, "UpperDir"), top);
	store_box_close(&box);
}
END_TEST

START_TEST(test_layers)
{
	struct image_record r = make_image(CONFIG(""));
	struct store_box box = make_box(&r);
	cleanup_json struct json_object *list = NULL;
	struct json_object *lowest;
	cleanup_free char *images = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(image_layers(&box.engine, &r, &list, &err), &err);
	ck_assert_uint_eq(json_object_array_length(list), 2);
	lowest = json_object_array_get_idx(list, 0);
	ck_assert_str_eq(json_get_str(lowest, "chainId"), BOX_DIGEST("1"));
	images = json_text(json_get(lowest, "images"), false);
	ck_assert_ptr_nonnull(strstr(images, "localhost/base:1"));
	ck_assert_ptr_nonnull(strstr(images, "localhost/a:2"));
	store_box_close(&box);
}
END_TEST

UNIT_MAIN("image_inspect", test_history, test_inspect, test_layers)

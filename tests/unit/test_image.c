/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/image.h"

#include "spec/media_type.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define SEEDS UNIT_DATA "/../../fuzz/seeds/image/"

#define A     "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BLOB  "\"digest\":\"" A "\",\"size\":5"
#define LAYER "{\"mediaType\":\"" MEDIA_TYPE_OCI_LAYER "\"," BLOB "}"
#define CONF  "\"config\":{\"mediaType\":\"" MEDIA_TYPE_OCI_CONFIG "\"," BLOB "}"
#define ROOT  "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" A "\"]}"

static char *seed(const char *name, size_t *ret_len)
{
	cleanup_free char *path = fs_join(SEEDS, name);
	struct error err = ERROR_INIT;
	char *text = NULL;

	ck_assert_ok(fs_read(AT_FDCWD, path, 1 << 20, &text, ret_len, &err), &err);
	return text;
}

static struct image_config *seed_config(const char *name)
{
	struct error err = ERROR_INIT;
	struct image_config *c = NULL;
	size_t len = 0;
	cleanup_free char *text = seed(name, &len);

	ck_assert_ok(image_config_parse(text, len, &c, &err), &err);
	return c;
}

static struct image_manifest *seed_manifest(const char *name)
{
	struct error err = ERROR_INIT;
	struct image_manifest *m = NULL;
	size_t len = 0;
	cleanup_free char *text = seed(name, &len);

	ck_assert_ok(image_manifest_parse(text, len, &m, &err), &err);
	return m;
}

static void assert_strv(char **v, const char *want)
{
	cleanup_free char *text = strv_join(v, "|");
	ck_assert_str_eq(text, want);
}

/* Real programs' manifests. */
START_TEST(test_manifest)
{
	struct error err = ERROR_INIT;
	cleanup_image_manifest struct image_manifest *m =
		seed_manifest("oci_manifest.json");
	cleanup_image_manifest struct image_manifest *docker =
		seed_manifest("docker_manifest.json");
	cleanup_image_manifest struct image_manifest *minimal =
		seed_manifest("minimal_manifest.json");

	ck_assert_uint_eq(m->schema_version, 2);
	ck_assert_str_eq(m->config.media_type, MEDIA_TYPE_OCI_CONFIG);
	ck_assert_int_eq(m->config.size, 546);
	ck_assert_uint_eq(m->n_layers, 1);
	ck_assert_int_eq(m->layers[0].size, 37888);
	ck_assert_str_eq(m->layers[0].media_type, MEDIA_TYPE_OCI_LAYER);
	ck_assert_str_eq(image_annotation(m->annotations, m->n_annotations, "o"), "p");
	ck_assert_ptr_null(image_annotation(m->annotations, m->n_annotations, "q"));
	ck_assert_ok(image_manifest_check_image(m, &err), &err);

	ck_assert_str_eq(docker->media_type, MEDIA_TYPE_DOCKER_MANIFEST);
	ck_assert_ok(image_manifest_check_image(docker, &err), &err);
	ck_assert_uint_eq(minimal->n_layers, 0);
	ck_assert_ok(image_manifest_check_image(minimal, &err), &err);
}
END_TEST

START_TEST(test_index)
{
	struct error err = ERROR_INIT;
	cleanup_image_index struct image_index *list = NULL, *nested = NULL;
	size_t len = 0;
	cleanup_free char *list_text = seed("docker_list.json", &len);

	ck_assert_ok(image_index_parse(list_text, len, &list, &err), &err);
	ck_assert_str_eq(list->media_type, MEDIA_TYPE_DOCKER_LIST);
	ck_assert_uint_eq(list->n_manifests, 11);
	ck_assert_str_eq(list->manifests[3].platform->variant, "v7");
	ck_assert_str_eq(list->manifests[10].platform->os_version, "10.0.20348.2966");
	assert_strv(list->manifests[10].platform->os_features, "win32k");

	cleanup_free char *nested_text = seed("nested_index.json", &len);
	ck_assert_ok(image_index_parse(nested_text, len, &nested, &err), &err);
	ck_assert_ptr_null(nested->media_type);
	ck_assert_ptr_nonnull(nested->subject);
	ck_assert_ptr_null(nested->manifests[1].platform);
	assert_strv(nested->manifests[1].urls, "https://example.com/x");
	cleanup_json struct json_object *o = image_index_to_json(nested);
	struct json_object *second =
		json_object_array_get_idx(json_get(o, "manifests"), 1);
	ck_assert_ptr_nonnull(json_get(second, "data")); /* which no struct knows */
}
END_TEST

/* A manifest is not read as an index, whatever it lacks. */
START_TEST(test_wrong_indexes)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"{\"schemaVersion\":2," CONF "}",
		 "index: there is a member \"config\", so it is not an index"},
		{"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}",
		 "index: there is a member \"layers\", so it is not an index"},
		{"{\"schemaVersion\":1,\"manifests\":[]}",
		 "index.schemaVersion: expected 2, got 1"},
		{"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\"}",
		 "index.mediaType: expected an index's media type, got "
		 "\"" MEDIA_TYPE_OCI_MANIFEST "\""},
		{"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a\"," BLOB
		 ",\"platform\":{\"os\":1}}]}",
		 "index.manifests[0].platform.os: expected a string, got 1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_index *index = NULL;
		struct error err = ERROR_INIT;
		int r = image_index_parse(cases[i].text, strlen(cases[i].text), &index,
					  &err);
		ck_assert_msg(r < 0, "%s", cases[i].text);
		ck_assert_message(&err, cases[i].message);
	}
}
END_TEST

START_TEST(test_config)
{
	cleanup_image_config struct image_config *c = seed_config("big_config.json");
	cleanup_image_config struct image_config *docker =
		seed_config("docker_config.json");
	cleanup_image_config struct image_config *minimal =
		seed_config("minimal_config.json");
	struct image_run_config *run = &c->config;

	ck_assert_str_eq(c->architecture, "arm");
	ck_assert_str_eq(c->variant, "v7");
	ck_assert_str_eq(run->user, "www-data:www-data");
	assert_strv(run->exposed_ports, "80/tcp|53/udp");
	assert_strv(run->cmd, "nginx|-g|daemon off;");
	assert_strv(run->entrypoint, "/docker-entrypoint.sh");
	assert_strv(run->shell, "/bin/bash|-o|pipefail|-c");
	ck_assert_str_eq(run->env[2], "NO_EQUALS");
	ck_assert_ptr_null(run->volumes);
	ck_assert_ptr_null(run->on_build);
	ck_assert(run->args_escaped);
	ck_assert(run->has_stop_timeout && run->stop_timeout == 0);
	ck_assert_str_eq(run->stop_signal, "SIGQUIT");
	ck_assert_str_eq(image_annotation(run->labels, run->n_labels, "a/b.c"), "");
	ck_assert_int_eq(run->healthcheck->start_interval, 500000000);
	ck_assert_int_eq(run->healthcheck->retries, 7);
	ck_assert_uint_eq(strv_len(c->rootfs.diff_ids), 2);
	ck_assert_uint_eq(c->n_history, 4);
	ck_assert(c->history[1].empty_layer && !c->history[2].empty_layer);
	ck_assert_str_eq(c->history[2].author, "me");

	assert_strv(docker->config.volumes, "/data");
	assert_strv(docker->config.env, "PATH=/bin|A=b");
	ck_assert_uint_eq(strv_len(docker->config.on_build), 0);
	ck_assert_ptr_null(minimal->architecture);
	ck_assert_ptr_null(minimal->config.cmd);
}
END_TEST

/* Nothing that stood there is lost when a document is changed and written. */
START_TEST(test_config_written)
{
	cleanup_image_config struct image_config *c = seed_config("docker_config.json");
	size_t len = 0;
	cleanup_free char *text = seed("docker_config.json", &len);
	cleanup_json struct json_object *before = NULL, *after = image_config_to_json(c);
	struct error err = ERROR_INIT;

	ck_assert_ok(json_parse(text, len, "seed", &before, &err), &err);
	ck_assert(json_object_equal(before, after));
	strv_add(&c->config.volumes, "/more");
	cleanup_json struct json_object *changed = image_config_to_json(c);
	struct json_object *volumes = json_get(json_get(changed, "config"), "Volumes");
	ck_assert_str_eq(
		json_object_to_json_string_ext(
			volumes, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		"{\"/data\":{},\"/more\":{}}");
}
END_TEST

/* What has to be there is written, also if there is nothing in it. */
START_TEST(test_built)
{
	struct image_manifest m = {.schema_version = 2};
	struct image_config c = {0};
	struct image_index i = {.schema_version = 2};

	m.config = (struct image_descriptor){
		.media_type = xstrdup("x/y"), .digest = xstrdup(A), .size = 0};
	c.rootfs.type = xstrdup("layers");
	cleanup_json struct json_object *mo = image_manifest_to_json(&m);
	cleanup_json struct json_object *co = image_config_to_json(&c);
	cleanup_json struct json_object *io = image_index_to_json(&i);
	cleanup_free char *mt = json_text(mo, false), *ct = json_text(co, false),
			  *it = json_text(io, false);
	ck_assert_str_eq(mt, "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x/y\","
			     "\"digest\":\"" A "\",\"size\":0},\"layers\":[]}");
	ck_assert_str_eq(ct, "{\"config\":{},\"rootfs\":{\"type\":\"layers\","
			     "\"diff_ids\":[]}}");
	ck_assert_str_eq(it, "{\"schemaVersion\":2,\"manifests\":[]}");
	image_descriptor_release(&m.config);
	free(c.rootfs.type);
}
END_TEST

START_TEST(test_wrong_manifests)
{
	static const struct {
		const char *text, *message; /* NULL: taken */
	} cases[] = {
		{"{\"schemaVersion\":2," CONF ",\"layers\":[" LAYER "]}", NULL},
		{"", "manifest: there is nothing in it"},
		{"[]", "manifest: expected an object, got an array"},
		{"{\"schemaVersion\":2}", "manifest.config.mediaType: missing"},
		{"{" CONF "}", "manifest.schemaVersion: missing"},
		{"{\"schemaVersion\":\"2\"," CONF "}",
		 "manifest.schemaVersion: expected a number, got \"2\""},
		{"{\"schemaVersion\":3," CONF "}",
		 "manifest.schemaVersion: expected 2, got 3"},
		{"{\"schemaVersion\":2,\"mediaType\":\"a/b\"," CONF "}",
		 "manifest.mediaType: expected a manifest's media type, got \"a/b\""},
		{"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_INDEX "\"," CONF
		 "}",
		 "manifest.mediaType: expected a manifest's media type, got "
		 "\"" MEDIA_TYPE_OCI_INDEX "\""},
		{"{\"schemaVersion\":2," CONF ",\"manifests\":[]}",
		 "manifest: there is a member \"manifests\", so it is not a manifest"},
		{"{\"schemaVersion\":2," CONF ",\"layers\":{}}",
		 "manifest.layers: expected an array of objects, got an object"},
		{"{\"schemaVersion\":2," CONF ",\"layers\":[null]}",
		 "manifest.layers[0]: expected an object, got null"},
		{"{\"schemaVersion\":2," CONF ",\"layers\":[{" BLOB "}]}",
		 "manifest.layers[0].mediaType: missing"},
		{"{\"schemaVersion\":2," CONF
		 ",\"layers\":[{\"mediaType\":\"a\",\"digest\":\"" A "\"}]}",
		 "manifest.layers[0].size: missing"},
		{"{\"schemaVersion\":2," CONF
		 ",\"layers\":[{\"mediaType\":\"a\",\"digest\":\"" A "\",\"size\":-1}]}",
		 "manifest.layers[0].size: expected a number from 0 to "
		 "9223372036854775807, got -1"},
		{"{\"schemaVersion\":2," CONF
		 ",\"layers\":[{\"mediaType\":\"a\",\"digest\":\"" A
		 "\",\"size\":9223372036854775808}]}",
		 "manifest.layers[0].size: expected a number from 0 to "
		 "9223372036854775807, got 9223372036854775808"},
		{"{\"schemaVersion\":2," CONF
		 ",\"layers\":[{\"mediaType\":\"a\",\"digest\":\"" A "\",\"size\":1.0}]}",
		 "manifest.layers[0].size: expected a whole number, got 1.0"},
		{"{\"schemaVersion\":2," CONF
		 ",\"layers\":[{\"mediaType\":\"a\",\"digest\":\"" A
		 "\",\"size\":9223372036854775807}]}",
		 "manifest.layers: their sizes together are over 2^63 bytes"},
		{"{\"schemaVersion\":2," CONF
		 ",\"layers\":[{\"mediaType\":\"a\",\"digest\":\"sha256:../x\",\"size\":1}]}",
		 "manifest.layers[0].digest: expected \"sha256:\" and 64 hexadecimal "
		 "digits, or \"sha512:\" and 128, got \"sha256:../x\""},
		{"{\"schemaVersion\":2," CONF ",\"annotations\":{\"a\":1}}",
		 "manifest.annotations.a: expected a string, got 1"},
		{"{\"schemaVersion\":2," CONF ",\"schemaVersion\":2}",
		 "manifest: line 1, column 178: the key \"schemaVersion\" stands twice"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_image_manifest struct image_manifest *m = NULL;
		struct error err = ERROR_INIT;
		int r = image_manifest_parse(cases[i].text, strlen(cases[i].text), &m,
					     &err);
		if (!cases[i].message) {
			ck_assert_ok(r, &err);
			continue;
		}
		ck_assert_msg(r < 0, "%s", cases[i].text);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_message(&err, cases[i].message);
	}
}
END_TEST

START_TEST(test_wrong_configs)
{
	static const struct {
		const char *text, *message; /* NULL: taken */
	} cases[] = {
		{"{" ROOT "}", NULL},
		{"{" ROOT ",\"config\":null,\"history\":null,\"os\":null}", NULL},
		{"{" ROOT ",\"config\":{\"Cmd\":null,\"Entrypoint\":null,\"Env\":null,"
		 "\"Volumes\":null,\"Labels\":null,\"Healthcheck\":null}}",
		 NULL},
		{"{" ROOT ",\"config\":{\"Unknown\":[{}]},\"x\":1}", NULL},
		{"{}", "config.rootfs.type: missing"},
		{"{\"rootfs\":{\"type\":\"layers+base\"}}",
		 "config.rootfs.type: expected \"layers\", got \"layers+base\""},
		{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}}",
		 "config.rootfs.diff_ids[0]: expected \"sha256:\" and 64 hexadecimal "
		 "digits, or \"sha512:\" and 128, got \"x\""},
		{"{" ROOT ",\"config\":{\"Cmd\":\"sh\"}}",
		 "config.config.Cmd: expected an array of strings, got \"sh\""},
		{"{" ROOT ",\"config\":{\"Env\":[1]}}",
		 "config.config.Env[0]: expected a string, got 1"},
		{"{" ROOT ",\"config\":{\"Volumes\":[\"/a\"]}}",
		 "config.config.Volumes: expected an object, got an array"},
		{"{" ROOT ",\"config\":{\"ExposedPorts\":{\"80/tcp\":1}}}",
		 "config.config.ExposedPorts[\"80/tcp\"]: expected an object, got 1"},
		{"{" ROOT ",\"config\":{\"Healthcheck\":{\"Interval\":-1}}}",
		 "config.config.Healthcheck.Interval: expected a number from 0 to "
		 "9223372036854775807, got -1"},
		{"{" ROOT ",\"history\":[{\"empty_layer\":\"true\"}]}",
		 "config.history[0].empty_layer: expected true or false, got \"true\""},
		{"{" ROOT ",\"os\":\"a\\u0000b\"}",
		 "config: line 1, column 125: \\u0000 cannot stand in a string"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_image_config struct image_config *c = NULL;
		struct error err = ERROR_INIT;
		int r = image_config_parse(cases[i].text, strlen(cases[i].text), &c,
					   &err);
		if (!cases[i].message) {
			ck_assert_ok(r, &err);
			continue;
		}
		ck_assert_msg(r < 0, "%s", cases[i].text);
		ck_assert_message(&err, cases[i].message);
	}
}
END_TEST

/* As many layers as overlay takes, and one more. */
START_TEST(test_many_layers)
{
	for (size_t n = IMAGE_LAYERS_MAX; n <= IMAGE_LAYERS_MAX + 1; n++) {
		cleanup_image_manifest struct image_manifest *m = NULL;
		cleanup_image_config struct image_config *c = NULL;
		struct error err = ERROR_INIT;
		cleanup_strv char **layers = NULL, **ids = NULL;
		for (size_t i = 0; i < n; i++) {
			strv_add(&layers, LAYER);
			strv_add(&ids, "\"" A "\"");
		}
		cleanup_free char *list = strv_join(layers, ","),
				  *id_list = strv_join(ids, ",");
		cleanup_free char *text =
			xasprintf("{\"schemaVersion\":2," CONF ",\"layers\":[%s]}", list);
		cleanup_free char *config = xasprintf(
			"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}}", id_list);
		int r = image_manifest_parse(text, strlen(text), &m, &err);
		if (n == IMAGE_LAYERS_MAX) {
			ck_assert_ok(r, &err);
			ck_assert_ok(image_config_parse(config, strlen(config), &c, &err),
				     &err);
			ck_assert_ok(image_config_check_layers(c, n, &err), &err);
			ck_assert_int_lt(image_config_check_layers(c, n - 1, &err), 0);
			ck_assert_message(&err,
					  "config.rootfs.diff_ids: 500 of them, but the "
					  "manifest has 499 layers");
			continue;
		}
		ck_assert_message(&err, "manifest.layers: 501 layers, more than the 500 "
					"that can be mounted over another");
		ck_assert_int_lt(image_config_parse(config, strlen(config), &c, &err), 0);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_too_long)
{
	struct error err = ERROR_INIT;
	struct image_manifest *m = NULL;
	struct image_config *c = NULL;
	const char *type = NULL;
	cleanup_free char *text = xcalloc(1, IMAGE_CONFIG_MAX + 2);

	memset(text, ' ', IMAGE_CONFIG_MAX + 1);
	ck_assert_int_lt(image_manifest_parse(text, IMAGE_MANIFEST_MAX + 1, &m, &err), 0);
	ck_assert_int_eq(err.code, EFBIG);
	error_release(&err);
	ck_assert_int_lt(
		image_document_type(text, IMAGE_MANIFEST_MAX + 1, NULL, &type, &err), 0);
	ck_assert_int_eq(err.code, EFBIG);
	error_release(&err);
	ck_assert_int_lt(image_config_parse(text, IMAGE_CONFIG_MAX + 1, &c, &err), 0);
	ck_assert_int_eq(err.code, EFBIG);
	error_release(&err);
}
END_TEST

#define M(type) "\"mediaType\":\"" type "\""

START_TEST(test_document_type)
{
	static const struct {
		const char *text, *declared, *want; /* NULL: refused */
		enum error_kind kind;
	} cases[] = {
		{"{" CONF "}", NULL, MEDIA_TYPE_OCI_MANIFEST, 0},
		{"{" CONF "}", "application/json", MEDIA_TYPE_OCI_MANIFEST, 0},
		{"{" CONF "}", MEDIA_TYPE_DOCKER_MANIFEST, MEDIA_TYPE_DOCKER_MANIFEST, 0},
		{"{" CONF "," M(MEDIA_TYPE_DOCKER_MANIFEST) "}", NULL,
		 MEDIA_TYPE_DOCKER_MANIFEST, 0},
		/* the document counts */
		{"{" CONF "," M(MEDIA_TYPE_DOCKER_MANIFEST) "}", MEDIA_TYPE_OCI_MANIFEST,
		 MEDIA_TYPE_DOCKER_MANIFEST, 0},
		{"{\"manifests\":[]}", NULL, MEDIA_TYPE_OCI_INDEX, 0},
		{"{\"manifests\":[]}", MEDIA_TYPE_DOCKER_LIST "; charset=utf-8",
		 MEDIA_TYPE_DOCKER_LIST, 0},
		{"{\"manifests\":null," M(MEDIA_TYPE_OCI_INDEX) "}", NULL,
		 MEDIA_TYPE_OCI_INDEX, 0},
		{"{\"layers\":[]}", NULL, MEDIA_TYPE_OCI_MANIFEST, 0},
		{"{}", MEDIA_TYPE_OCI_INDEX, MEDIA_TYPE_OCI_INDEX, 0},
		{"{}", NULL, NULL, ERR_INVALID},
		{"[]", MEDIA_TYPE_OCI_INDEX, NULL, ERR_INVALID},
		{"<html>", MEDIA_TYPE_OCI_INDEX, NULL, ERR_INVALID},
		{"{\"mediaType\":1}", NULL, NULL, ERR_INVALID},
		{"{" CONF "," M("a/b") "}", NULL, NULL, ERR_INVALID},
		{"{" CONF "," M(MEDIA_TYPE_OCI_CONFIG) "}", NULL, NULL, ERR_INVALID},
		/* one thing to the one and another to the next */
		{"{" CONF ",\"manifests\":[]}", NULL, NULL, ERR_INVALID},
		{"{" CONF ",\"manifests\":[]}", MEDIA_TYPE_OCI_INDEX, NULL, ERR_INVALID},
		{"{\"layers\":[],\"manifests\":[]," M(MEDIA_TYPE_OCI_INDEX) "}", NULL,
		 NULL, ERR_INVALID},
		{"{" CONF "," M(MEDIA_TYPE_OCI_INDEX) "}", NULL, NULL, ERR_INVALID},
		{"{\"manifests\":[]," M(MEDIA_TYPE_OCI_MANIFEST) "}", NULL, NULL,
		 ERR_INVALID},
		{"{" CONF "}", MEDIA_TYPE_OCI_INDEX, NULL, ERR_INVALID},
		{"{" CONF "," M(MEDIA_TYPE_OCI_MANIFEST) "}", MEDIA_TYPE_DOCKER_LIST,
		 NULL, ERR_INVALID},
		/* schema 1 */
		{"{\"schemaVersion\":1,\"fsLayers\":[]}", NULL, NULL, ERR_UNSUPPORTED},
		{"{" M(MEDIA_TYPE_DOCKER_SCHEMA1) "}", NULL, NULL, ERR_UNSUPPORTED},
		{"{}", MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED, NULL, ERR_UNSUPPORTED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		const char *type = NULL;
		int r = image_document_type(cases[i].text, strlen(cases[i].text),
					    cases[i].declared, &type, &err);
		ck_assert_msg(str_eq(type, cases[i].want), "%zu: %s: %s", i,
			      cases[i].text, type);
		ck_assert_msg((r < 0) == !cases[i].want && err.kind == cases[i].kind,
			      "%zu: %s", i, cases[i].text);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_check_image)
{
	static const struct {
		const char *config, *layer, *message;
	} cases[] = {
		{MEDIA_TYPE_DOCKER_CONFIG, MEDIA_TYPE_DOCKER_LAYER_GZIP, NULL},
		{MEDIA_TYPE_OCI_CONFIG, MEDIA_TYPE_OCI_LAYER_ZSTD, NULL},
		{MEDIA_TYPE_OCI_EMPTY, MEDIA_TYPE_OCI_LAYER,
		 "config of type \"application/vnd.oci.empty.v1+json\": this is an "
		 "artifact, not a container image"},
		{MEDIA_TYPE_OCI_CONFIG, MEDIA_TYPE_DOCKER_FOREIGN_GZIP,
		 "layer 1 of 1 of type "
		 "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\": a "
		 "foreign layer, which is not in the registry, is not fetched"},
		{MEDIA_TYPE_OCI_CONFIG, MEDIA_TYPE_OCI_LAYER_GZIP "+encrypted",
		 "layer 1 of 1 of type "
		 "\"application/vnd.oci.image.layer.v1.tar+gzip+encrypted\": encrypted "
		 "layers are not supported"},
		{MEDIA_TYPE_OCI_CONFIG, "application/zip",
		 "layer 1 of 1 of type \"application/zip\": not a layer of a container "
		 "image"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_image_manifest struct image_manifest *m = NULL;
		cleanup_free char *text = xasprintf(
			"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"%s\"," BLOB
			"},\"layers\":[{\"mediaType\":\"%s\"," BLOB "}]}",
			cases[i].config, cases[i].layer);
		ck_assert_ok(image_manifest_parse(text, strlen(text), &m, &err), &err);
		int r = image_manifest_check_image(m, &err);
		if (!cases[i].message) {
			ck_assert_ok(r, &err);
			continue;
		}
		ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
		ck_assert_message(&err, cases[i].message);
	}
	struct error err = ERROR_INIT;
	cleanup_image_manifest struct image_manifest *m =
		seed_manifest("oci_manifest.json");
	m->config.size = IMAGE_CONFIG_MAX + 1;
	ck_assert_int_eq(image_manifest_check_image(m, &err), -EFBIG);
	error_release(&err);
}
END_TEST

START_TEST(test_copy)
{
	cleanup_image_manifest struct image_manifest *m =
		seed_manifest("windows_manifest.json");
	cleanup_image_descriptor struct image_descriptor copy = {0}, empty = {0};
	struct image_descriptor nothing = {0};

	image_descriptor_copy(&m->layers[0], &copy);
	ck_assert_str_eq(copy.digest, m->layers[0].digest);
	ck_assert_str_eq(copy.urls[0], m->layers[0].urls[0]);
	ck_assert_ptr_ne(copy.urls, m->layers[0].urls);
	ck_assert_int_eq(copy.size, 101145811);
	image_descriptor_copy(&nothing, &empty);
	ck_assert_ptr_null(empty.digest);
}
END_TEST

UNIT_MAIN("image", test_manifest, test_index, test_wrong_indexes, test_config,
	  test_config_written, test_built, test_wrong_manifests, test_wrong_configs,
	  test_many_layers, test_too_long, test_document_type, test_check_image,
	  test_copy)

/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/media_type.h"
#include "unit.h"
#include "util/str.h"

START_TEST(test_kinds)
{
	static const struct {
		const char *type;
		enum media_kind kind;
		bool docker;
		const char *compression;
	} cases[] = {
		{NULL, MEDIA_OTHER, false, NULL},
		{"", MEDIA_OTHER, false, NULL},
		{"application/json", MEDIA_OTHER, false, NULL},
		{"application/vnd.oci.image.index.v1+json", MEDIA_INDEX, false, NULL},
		{"application/vnd.oci.image.index.v1+jso", MEDIA_OTHER, false, NULL},
		{"application/vnd.oci.image.index.v1+json ", MEDIA_OTHER, false, NULL},
		{"application/vnd.oci.image.manifest.v1+json", MEDIA_MANIFEST, false,
		 NULL},
		{"application/vnd.oci.image.config.v1+json", MEDIA_CONFIG, false, NULL},
		{"application/vnd.oci.empty.v1+json", MEDIA_OTHER, false, NULL},
		{"application/vnd.oci.image.layer.v1.tar", MEDIA_LAYER, false, "none"},
		{"application/vnd.oci.image.layer.v1.tar+gzip", MEDIA_LAYER, false,
		 "gzip"},
		{"application/vnd.oci.image.layer.v1.tar+zstd", MEDIA_LAYER, false,
		 "zstd"},
		{"application/vnd.oci.image.layer.v1.tar+gzip+encrypted", MEDIA_OTHER,
		 false, NULL},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		 MEDIA_FOREIGN_LAYER, false, "gzip"},
		{"application/vnd.docker.distribution.manifest.list.v2+json", MEDIA_INDEX,
		 true, NULL},
		{"application/vnd.docker.distribution.manifest.v2+json", MEDIA_MANIFEST,
		 true, NULL},
		{"application/vnd.docker.container.image.v1+json", MEDIA_CONFIG, true,
		 NULL},
		{"application/vnd.docker.image.rootfs.diff.tar.gzip", MEDIA_LAYER, true,
		 "gzip"},
		{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
		 MEDIA_FOREIGN_LAYER, true, "gzip"},
		{"application/vnd.docker.distribution.manifest.v1+prettyjws",
		 MEDIA_SCHEMA1, true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *type = cases[i].type;
		enum media_kind kind = cases[i].kind;
		ck_assert_msg(media_type_kind(type) == kind, "%s", type);
		ck_assert(media_type_is_index(type) == (kind == MEDIA_INDEX));
		ck_assert(media_type_is_manifest(type) == (kind == MEDIA_MANIFEST));
		ck_assert(media_type_is_config(type) == (kind == MEDIA_CONFIG));
		ck_assert(media_type_is_layer(type) ==
			  (kind == MEDIA_LAYER || kind == MEDIA_FOREIGN_LAYER));
		ck_assert(media_type_is_foreign(type) == (kind == MEDIA_FOREIGN_LAYER));
		ck_assert(media_type_is_docker(type) == cases[i].docker);
		ck_assert(str_eq(media_type_compression(type), cases[i].compression));
	}
}
END_TEST

START_TEST(test_layer_types)
{
	ck_assert_str_eq(media_type_layer(false, "zstd"), MEDIA_TYPE_OCI_LAYER_ZSTD);
	ck_assert_str_eq(media_type_layer(false, "none"), MEDIA_TYPE_OCI_LAYER);
	ck_assert_str_eq(media_type_layer(true, "gzip"), MEDIA_TYPE_DOCKER_LAYER_GZIP);
	ck_assert_ptr_null(media_type_layer(true, "xz"));
	ck_assert_ptr_null(media_type_layer(false, NULL));
}
END_TEST

START_TEST(test_header)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{NULL, NULL},
		{"", NULL},
		{"  ", NULL},
		{"text/html; charset=utf-8", NULL},
		{"application/json", NULL},
		{MEDIA_TYPE_OCI_INDEX, MEDIA_TYPE_OCI_INDEX},
		{" Application/vnd.OCI.image.index.v1+JSON ; charset=utf-8",
		 MEDIA_TYPE_OCI_INDEX},
		{MEDIA_TYPE_DOCKER_MANIFEST ";x", MEDIA_TYPE_DOCKER_MANIFEST},
		{MEDIA_TYPE_DOCKER_MANIFEST "\r\n", MEDIA_TYPE_DOCKER_MANIFEST},
		{MEDIA_TYPE_DOCKER_MANIFEST "x", NULL},
		{MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED, MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(str_eq(media_type_header(cases[i].value), cases[i].want),
			      "%s", cases[i].value);
}
END_TEST

UNIT_MAIN("media_type", test_kinds, test_layer_types, test_header)

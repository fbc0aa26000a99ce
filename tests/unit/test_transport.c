/* SPDX-License-Identifier: Apache-2.0 */
#include "image/transport.h"
#include "unit.h"
#include "util/str.h"

START_TEST(test_parse)
{
	static const struct {
		const char *text;
		enum transport_kind kind;
		const char *path, *reference;
		int64_t index;
	} cases[] = {
		{"debian", TRANSPORT_REGISTRY, NULL, "debian", -1},
		{"docker:27", TRANSPORT_REGISTRY, NULL, "docker:27", -1},
		{"localhost:5000/a:b", TRANSPORT_REGISTRY, NULL, "localhost:5000/a:b",
		 -1},
		{"docker://localhost:5000/a:b", TRANSPORT_REGISTRY, NULL,
		 "localhost:5000/a:b", -1},
		{"docker-archive:/x.tar", TRANSPORT_DOCKER_ARCHIVE, "/x.tar", NULL, -1},
		{"docker-archive:x.tar:a/b:c", TRANSPORT_DOCKER_ARCHIVE, "x.tar", "a/b:c",
		 -1},
		{"docker-archive:x.tar:@3", TRANSPORT_DOCKER_ARCHIVE, "x.tar", NULL, 3},
		{"oci:dir", TRANSPORT_OCI, "dir", NULL, -1},
		{"oci:dir:v1", TRANSPORT_OCI, "dir", "v1", -1},
		{"oci-archive:a:localhost:5000/x:y", TRANSPORT_OCI_ARCHIVE, "a",
		 "localhost:5000/x:y", -1},
		{"dir:/a:b", TRANSPORT_DIR, "/a:b", NULL, -1},
		{"archive:-", TRANSPORT_ARCHIVE, "-", NULL, -1},
		{"tarball:http://h/x.tgz", TRANSPORT_TARBALL, "http://h/x.tgz", NULL, -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_transport struct transport t;
		ck_assert_ok(transport_parse(cases[i].text, &t, &err), &err);
		ck_assert_int_eq(t.kind, cases[i].kind);
		ck_assert(str_eq(t.path, cases[i].path));
		ck_assert(str_eq(t.reference, cases[i].reference));
		ck_assert_int_eq(t.index, cases[i].index);
		ck_assert_int_eq(transport_named(cases[i].text), i > 2);
	}
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "\"\": no image is named"},
		{"docker://", "docker://: no image is named"},
		{"oci:", "oci:: the path is empty"},
		{"oci::a", "oci::a: the path is empty"},
		{"oci:a:", "oci:a:: the reference is empty"},
		{"docker-archive:a:@x", "docker-archive:a:@x: expected a number after @"},
		{"docker-archive:a:@-1",
		 "docker-archive:a:@-1: expected a number after @"},
		{"containers-storage:a",
		 "containers-storage:a: cubby does not have this transport"},
		{"docker-daemon:a:b",
		 "docker-daemon:a:b: cubby does not have this transport"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct transport t;
		ck_assert_int_lt(transport_parse(cases[i].text, &t, &err), 0);
		ck_assert_message(&err, cases[i].want);
		ck_assert_ptr_null(t.path);
	}
	ck_assert(transport_named("containers-storage:a"));
	ck_assert(!transport_named("ocix:a"));
}
END_TEST

START_TEST(test_words)
{
	ck_assert_str_eq(transport_word(TRANSPORT_REGISTRY), "docker");
	ck_assert_str_eq(transport_word(TRANSPORT_OCI_ARCHIVE), "oci-archive");
}
END_TEST

UNIT_MAIN("transport", test_parse, test_refused, test_words)

/* SPDX-License-Identifier: Apache-2.0 */
/* What --cache-from and --cache-to may say. */
#include "build/cache_remote.h"
#include "unit.h"
#include "util/str.h"

#define LONG_TAG "0123456789012345678901234567890123456789012345678901234567890123"

START_TEST(test_places)
{
	static const struct {
		const char *text, *repository, *prefix; /* NULL: refused */
		bool ignore_error;
	} cases[] = {
		{"registry.example/team/cache", "registry.example/team/cache", "", false},
		{"localhost:5000/c", "localhost:5000/c", "", false},
		{"me/cache", "docker.io/me/cache", "", false},
		{"registry.example/cache:build", "registry.example/cache", "build-",
		 false},
		{"type=registry,ref=registry.example/c", "registry.example/c", "", false},
		{"ref=registry.example/c:b,mode=max,type=registry", "registry.example/c",
		 "b-", false},
		{"type=registry,ref=r.example/c,ignore-error=true", "r.example/c", "",
		 true},
		{"type=registry", NULL, NULL, false},
		{"type=gha", NULL, NULL, false},
		{"type=local,dest=/tmp/x", NULL, NULL, false},
		{"type=inline", NULL, NULL, false},
		{"type=registry,ref=r.example/c,colour=red", NULL, NULL, false},
		{"type=registry,ref=r.example/c,mode=some", NULL, NULL, false},
		{"type=registry,,ref=r.example/c", NULL, NULL, false},
		{"r.example/c@sha256:" LONG_TAG, NULL, NULL, false},
		{"r.example/c:" LONG_TAG, NULL, NULL, false},
		{"Not A Name", NULL, NULL, false},
		{"", NULL, NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cache_place p = {0};
		struct error err = ERROR_INIT;
		int r = cache_place_parse(cases[i].text, &p, &err);

		ck_assert_msg((r >= 0) == (cases[i].repository != NULL), "%s",
			      cases[i].text);
		if (r >= 0) {
			ck_assert_str_eq(p.repository, cases[i].repository);
			ck_assert_str_eq(p.prefix, cases[i].prefix);
			ck_assert_int_eq(p.ignore_error, cases[i].ignore_error);
		}
		cache_place_release(&p);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_check)
{
	char *good[] = {(char *)"r.example/c", NULL};
	char *bad[] = {(char *)"r.example/c", (char *)"type=s3", NULL};
	struct build_options o = {.cache_from = good, .cache_to = good};
	struct error err = ERROR_INIT;

	ck_assert_ok(cache_remote_check(&o, &err), &err);
	o.cache_to = bad;
	ck_assert_int_lt(cache_remote_check(&o, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	error_release(&err);
	o.cache_to = NULL;
	o.cache_from = NULL;
	ck_assert_ok(cache_remote_check(&o, &err), &err);
}
END_TEST

UNIT_MAIN("cache_place", test_places, test_check)

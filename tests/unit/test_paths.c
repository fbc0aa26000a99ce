/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are kept, by environment and options. */
#include "engine/names.h"
#include "engine/paths.h"
#include "unit.h"
#include "util/str.h"

static const struct {
	struct engine_paths_input in;
	const char *data, *run, *cache;
} cases[] = {
	{{.uid = 0, .home = "/root"}, "/var/lib/cubby", "/run/cubby", "/var/cache/cubby"},
	{{.uid = 5, .home = "/h"},
	 "/h/.local/share/cubby",
	 "/tmp/cubby-run-5",
	 "/h/.cache/cubby"},
	{{.uid = 5, .home = "/h", .runtime_dir = "/r", .runtime_dir_ours = true},
	 "/h/.local/share/cubby",
	 "/r/cubby",
	 "/h/.cache/cubby"},
	/* after `su`: another user's */
	{{.uid = 5, .home = "/h", .runtime_dir = "/r", .run_user_dir_ours = true},
	 "/h/.local/share/cubby",
	 "/run/user/5/cubby",
	 "/h/.cache/cubby"},
	{{.uid = 5, .home = "/h", .data_home = "/d", .cache_home = "/c"},
	 "/d/cubby",
	 "/tmp/cubby-run-5",
	 "/c/cubby"},
	/* a place for all users' data, as in a container that nests */
	{{.uid = 5, .home = "/h", .has_users_data = true},
	 "/var/lib/cubby-users/5",
	 "/tmp/cubby-run-5",
	 "/h/.cache/cubby"},
	{{.uid = 5, .has_users_data = true, .data_home = "d"},
	 "/var/lib/cubby-users/5",
	 "/tmp/cubby-run-5",
	 NULL},
	{{.uid = 5, .home = "/h", .has_users_data = true, .data_home = "/d"},
	 "/d/cubby",
	 "/tmp/cubby-run-5",
	 "/h/.cache/cubby"},
	{{.uid = 0, .home = "/root", .has_users_data = true},
	 "/var/lib/cubby",
	 "/run/cubby",
	 "/var/cache/cubby"},
	{{.uid = 5, .home = "/h", .data_home = "d"},
	 "/h/.local/share/cubby",
	 "/tmp/cubby-run-5",
	 "/h/.cache/cubby"},
	{{.uid = 5, .home = "/h", .root = "/x", .runroot = "/y"},
	 "/x",
	 "/y",
	 "/h/.cache/cubby"},
	{{.uid = 5, .root = "/x", .runroot = "/y"}, "/x", "/y", NULL},
	/* inside of `cubby unshare` */
	{{.uid = 0,
	  .home = "/h",
	  .unshared_data = "/d",
	  .unshared_run = "/r",
	  .unshared_cache = "/c"},
	 "/d",
	 "/r",
	 "/c"},
	{{.uid = 5, .home = "/h", .root = "/h/.local/share/cubby"},
	 "/h/.local/share/cubby",
	 "/tmp/cubby-run-5",
	 "/h/.cache/cubby"},
};

START_TEST(test_cases)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(engine_paths_release) struct engine_paths p = {0};
		struct error err = ERROR_INIT;

		ck_assert_ok(engine_paths_choose(&cases[i].in, &p, &err), &err);
		ck_assert_str_eq(p.data, cases[i].data);
		ck_assert_str_eq(p.run, cases[i].run);
		ck_assert_pstr_eq(p.cache, cases[i].cache);
	}
}
END_TEST

START_TEST(test_other_data_never_shares_the_run_directory)
{
	struct engine_paths_input in = {.uid = 0, .root = "/x"};
	cleanup(engine_paths_release) struct engine_paths a = {0}, b = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(engine_paths_choose(&in, &a, &err), &err);
	in.root = "/y";
	ck_assert_ok(engine_paths_choose(&in, &b, &err), &err);
	ck_assert_str_ne(a.run, b.run);
	ck_assert_str_ne(a.run, "/run/cubby");
	ck_assert(str_starts(a.run, "/run/cubby-"));
}
END_TEST

START_TEST(test_no_place_at_all)
{
	const struct engine_paths_input in = {.uid = 5};
	cleanup(engine_paths_release) struct engine_paths p = {0};
	struct error err = ERROR_INIT;

	ck_assert_int_lt(engine_paths_choose(&in, &p, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(err.hint);
	error_release(&err);
}
END_TEST

START_TEST(test_names)
{
	static const char *const good[] = {"a", "web", "A.b_c-9", "0"};
	static const char *const bad[] = {"",    "-a",  ".a",  "_a",
					  "a b", "a/b", "a:b", "\xc3\xa4"};
	struct error err = ERROR_INIT;
	cleanup_free char *id = NULL, *name = name_random(0), *next = name_random(3);

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_ok(name_check(good[i], &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(name_check(bad[i], &err) < 0, "%s was accepted", bad[i]);
		error_release(&err);
	}
	ck_assert_ok(name_check(name, &err), &err);
	ck_assert(str_ends(next, "3"));
	ck_assert_ok(name_random_id(&id, &err), &err);
	ck_assert_uint_eq(strlen(id), 64);
	ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 64);
}
END_TEST

UNIT_MAIN("paths", test_cases, test_other_data_never_shares_the_run_directory,
	  test_no_place_at_all, test_names)

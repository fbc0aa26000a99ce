/* SPDX-License-Identifier: Apache-2.0 */
/* cubby.conf */
#include "engine/settings.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

START_TEST(test_good)
{
	cleanup_settings struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ok(settings_parse("# a comment\n"
				    "\n"
				    "userns = \"auto:size=500\"  # and why\n"
				    "\tauto_min_size=10\r\n"
				    "auto_max_size = 2000# here\n"
				    "auto_pool = \"1000000-1999999\"\n"
				    "layer_max_size = \"20g\"",
				    "f", &s, &err),
		     &err);
	ck_assert_str_eq(s.userns, "auto:size=500");
	ck_assert_uint_eq(s.auto_min_size, 10);
	ck_assert_uint_eq(s.auto_max_size, 2000);
	ck_assert(s.has_auto_pool);
	ck_assert_uint_eq(s.auto_pool_first, 1000000);
	ck_assert_uint_eq(s.auto_pool_last, 1999999);
	ck_assert_uint_eq(s.layer_max_size, 20ULL << 30);
}
END_TEST

START_TEST(test_defaults)
{
	cleanup_settings struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ok(settings_parse("", "f", &s, &err), &err);
	ck_assert_ptr_null(s.userns);
	ck_assert_uint_eq(s.auto_min_size, 1024);
	ck_assert_uint_eq(s.auto_max_size, 65536);
	ck_assert(!s.has_auto_pool);
	ck_assert_uint_eq(s.layer_max_size, 0);
}
END_TEST

/* The user's file comes second and has the last word. */
START_TEST(test_second_file)
{
	cleanup_settings struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ok(
		settings_parse("userns = \"host\"\nauto_min_size = 5", "a", &s, &err),
		&err);
	ck_assert_ok(settings_parse("userns = \"keep-id\"", "b", &s, &err), &err);
	ck_assert_str_eq(s.userns, "keep-id");
	ck_assert_uint_eq(s.auto_min_size, 5);
}
END_TEST

static const struct {
	const char *text, *want;
} bad[] = {
	{"user = 1", "f:1: unknown key \"user\""},
	{"\n\nusern = \"auto\"", "f:3: unknown key \"usern\" (did you mean userns?)"},
	{"userns", "f:1: expected key = value"},
	{"= 1", "f:1: expected key = value"},
	{"userns =", "f:1: userns: expected"},
	{"userns = auto", "f:1: userns: expected \"auto\""},
	{"userns = \"auto", "f:1: userns: expected"},
	{"userns = \"auto\" x", "f:1: userns: expected"},
	{"userns = 'auto'", "f:1: userns: expected"},
	{"userns = \"container:x\"", "f:1: userns: expected"},
	{"userns = \"\"", "f:1: userns: expected"},
	{"auto_min_size = \"5\"", "f:1: auto_min_size: expected a number"},
	{"auto_min_size = 0", "expected a number of ids"},
	{"auto_min_size = -1", "expected a number of ids"},
	{"auto_min_size = 4294967295", "expected a number of ids"},
	{"auto_min_size = 5 6", "f:1: auto_min_size: expected"},
	{"auto_min_size = 70000", "is more than auto_max_size"},
	{"auto_pool = \"5\"", "expected \"FIRST-LAST\""},
	{"auto_pool = \"5-4\"", "expected \"FIRST-LAST\""},
	{"auto_pool = \"0-4\"", "expected \"FIRST-LAST\""},
	{"auto_pool = \"1-4294967295\"", "expected \"FIRST-LAST\""},
	{"auto_pool = 5-6", "expected \"FIRST-LAST\""},
	{"layer_max_size = \"much\"", "expected a size"},
	{"layer_max_size = 0", "expected a size"},
	{"[engine]", "expected key = value"},
};

START_TEST(test_bad)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_settings struct settings s = SETTINGS_INIT;
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_msg(settings_parse(bad[i].text, "f", &s, &err) < 0, "%s",
			      bad[i].text);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_msg(strstr(err.text, bad[i].want) != NULL, "%s: %s",
			      bad[i].text, err.text);
	}
}
END_TEST

static void write_conf(const char *dir, const char *text)
{
	cleanup_free char *sub = fs_join(dir, "cubby");
	cleanup_free char *path = fs_join(sub, "cubby.conf");
	struct error err = ERROR_INIT;

	ck_assert_ok(fs_mkdirs(AT_FDCWD, sub, 0700, &err), &err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, 0, &err),
		     &err);
}

START_TEST(test_read)
{
	const char *dir = unit_dir();
	struct error err = ERROR_INIT;
	cleanup_settings struct settings s = SETTINGS_INIT;

	setenv("XDG_CONFIG_HOME", dir, 1);
	write_conf(dir, "auto_min_size = 7\n");
	ck_assert_ok(settings_read(NULL, &s, &err), &err);
	ck_assert_uint_eq(s.auto_min_size, 7);
	write_conf(dir, "auto_min_size = x\n");
	ck_assert_int_lt(settings_read(NULL, &s, &err), 0);
	ck_assert_msg(strstr(err.text, dir) && strstr(err.text, "cubby.conf:1:"), "%s",
		      err.text);
	error_release(&err);
}
END_TEST

UNIT_MAIN("settings", test_good, test_defaults, test_second_file, test_bad, test_read)

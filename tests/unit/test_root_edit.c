/* SPDX-License-Identifier: Apache-2.0 */
/* What is changed in a container's own files. */
#include "runtime/root_edit.h"
#include "unit.h"
#include "util/cleanup.h"
#include "util/mem.h"

static void put(int dirfd, const char *path, const char *text)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(fs_write_atomic(dirfd, path, text, strlen(text), 0644, 0, &err),
		     &err);
}

static char *get(int dirfd, const char *path)
{
	struct error err = ERROR_INIT;
	char *text = NULL;

	ck_assert_ok(fs_read(dirfd, path, 4096, &text, NULL, &err), &err);
	return text;
}

START_TEST(test_append)
{
	static const struct {
		const char *text, *more, *want;
	} cases[] = {
		{"", "a\n", "a\n"},     {"x\n", "a\nb\n", "x\na\nb\n"},
		{"x", "a\n", "x\na\n"}, {"a\nx", "a\nb\n", "a\nx\nb\n"},
		{"a", "a\n", "a"},      {"aa\nba\nab\n", "a\n", "aa\nba\nab\na\n"},
	};
	int root = unit_dirfd();

	ck_assert_int_eq(mkdirat(root, "etc", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct root_edit edit = {ROOT_EDIT_APPEND, "/etc/passwd",
					       cases[i].more};
		cleanup_free char *once = NULL, *twice = NULL;

		put(root, "etc/passwd", cases[i].text);
		root_edit_apply(root, &edit, 1);
		once = get(root, "etc/passwd");
		ck_assert_str_eq(once, cases[i].want);
		root_edit_apply(root, &edit, 1);
		twice = get(root, "etc/passwd");
		ck_assert_str_eq(twice, cases[i].want);
	}
	close(root);
}
END_TEST

/* Nothing outside of the root is touched, and nothing waits. */
START_TEST(test_hostile)
{
	const struct root_edit edits[] = {
		{ROOT_EDIT_APPEND, "/etc/none", "a\n"},
		{ROOT_EDIT_APPEND, "/etc/pipe", "a\n"},
		{ROOT_EDIT_APPEND, "/etc/dir", "a\n"},
		{ROOT_EDIT_APPEND, "/etc/out", "a\n"},
		{ROOT_EDIT_APPEND, "/etc/up", "a\n"},
		{ROOT_EDIT_LINK, "/nowhere/mtab", "/proc/mounts"},
		{ROOT_EDIT_LINK, "/etc/out", "/proc/mounts"},
		{ROOT_EDIT_LINK, "/etc/mtab", "/proc/mounts"},
	};
	int dir = unit_dirfd();
	cleanup_free char *outside = NULL;
	char target[64] = "";
	struct stat st;

	ck_assert_int_eq(mkdirat(dir, "root", 0755), 0);
	ck_assert_int_eq(mkdirat(dir, "root/etc", 0755), 0);
	ck_assert_int_eq(mkdirat(dir, "root/etc/dir", 0755), 0);
	ck_assert_int_eq(mkfifoat(dir, "root/etc/pipe", 0644), 0);
	put(dir, "outside", "x\n");
	ck_assert_int_eq(symlinkat("../../outside", dir, "root/etc/up"), 0);
	ck_assert_int_eq(symlinkat("/outside", dir, "root/etc/out"), 0);
	int root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	root_edit_apply(root, edits, ARRAY_SIZE(edits));
	outside = get(dir, "outside");
	ck_assert_str_eq(outside, "x\n");
	ck_assert_int_lt(fstatat(root, "etc/none", &st, 0), 0);
	ck_assert_int_lt(fstatat(root, "nowhere", &st, 0), 0);
	ck_assert_int_gt(readlinkat(root, "etc/mtab", target, sizeof(target) - 1), 0);
	ck_assert_str_eq(target, "/proc/mounts");
	root_edit_apply(root, edits, ARRAY_SIZE(edits));
	close(root);
	close(dir);
}
END_TEST

UNIT_MAIN("root_edit", test_append, test_hostile)

/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/fs_walk.h"
#include "util/mem.h"
#include "util/str.h"

#define DEEP 1500 /* more levels than a process may have fds */

struct seen {
	char **paths;
	const char *skip;
	const char *fail;
	size_t n;
};

static int note(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct seen *s = data;

	if (s->n++ < 100)
		strv_add(&s->paths, e->path);
	if (s->fail && str_eq(e->path, s->fail))
		return error_set(err, ERR_INVALID, EINVAL, "see %s", e->path);
	return s->skip && str_eq(e->path, s->skip) ? FS_WALK_SKIP : 0;
}

static void make_tree(int dirfd)
{
	static const char *const dirs[] = {"t", "t/a", "t/a/b", "t/c"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		ck_assert_int_eq(mkdirat(dirfd, dirs[i], 0755), 0);
	ck_assert_int_eq(mknodat(dirfd, "t/a/b/f", S_IFREG | 0600, 0), 0);
	ck_assert_int_eq(symlinkat("/", dirfd, "t/link"), 0);
}

START_TEST(test_each_entry_once)
{
	static const struct {
		const char *skip, *want[8];
	} cases[] = {
		{NULL, {".", "a", "a/b", "a/b/f", "c", "link"}},
		{"a", {".", "a", "c", "link"}},
		{"a/b", {".", "a", "a/b", "c", "link"}},
		{".", {"."}},
	};
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	make_tree(dirfd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seen s = {.skip = cases[i].skip};
		size_t n = 0;

		ck_assert_ok(fs_walk(dirfd, "t", note, &s, &err), &err);
		for (; cases[i].want[n]; n++)
			ck_assert_msg(strv_has(s.paths, cases[i].want[n]), "%s",
				      cases[i].want[n]);
		ck_assert_uint_eq(s.n, n);
		strv_free(s.paths);
	}
}
END_TEST

START_TEST(test_odd_tops)
{
	struct seen s = {0};
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	make_tree(dirfd);
	ck_assert_ok(fs_walk(dirfd, "missing", note, &s, &err), &err);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_ok(fs_walk(dirfd, "t/link", note, &s, &err), &err);
	ck_assert_uint_eq(s.n, 1);
	s.fail = "a/b/f";
	ck_assert_int_eq(fs_walk(dirfd, "t", note, &s, &err), -EINVAL);
	ck_assert_message(&err, "see a/b/f: invalid argument");
	strv_free(s.paths);
}
END_TEST

START_TEST(test_deeper_than_fds_reach)
{
	struct seen s = {0};
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();
	int fd = dup(dirfd);

	for (int i = 0; i < DEEP; i++) {
		int next;

		ck_assert_int_eq(mkdirat(fd, "x", 0755), 0);
		ck_assert_int_eq(mknodat(fd, "f", S_IFREG | 0600, 0), 0);
		ck_assert_int_eq(mkdirat(fd, "y", 0755), 0);
		next = openat(fd, "x", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
	ck_assert_ok(fs_walk(dirfd, ".", note, &s, &err), &err);
	ck_assert_uint_eq(s.n, 1 + 3 * DEEP);
	strv_free(s.paths);
}
END_TEST

UNIT_MAIN("fs_walk", test_each_entry_once, test_odd_tops, test_deeper_than_fds_reach)

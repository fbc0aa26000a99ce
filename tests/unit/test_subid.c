/* SPDX-License-Identifier: Apache-2.0 */
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>

#include "runtime/subid.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static char *ranges_text(const struct subid_range *ranges, size_t n)
{
	cleanup_strv char **v = NULL;
	for (size_t i = 0; i < n; i++)
		strv_addf(&v, "%u+%u", ranges[i].start, ranges[i].count);
	return strv_join(v, " ");
}

START_TEST(test_parse)
{
	static const struct {
		const char *text, *name, *want;
	} cases[] = {
		{"", "alice", ""},
		{"alice:100000:65536\n", "alice", "100000+65536"},
		{"alice:100000:65536", "alice", "100000+65536"},
		{"bob:1:2\nalice:100000:65536\nbob:3:4\nalice:300000:10\n", "alice",
		 "100000+65536 300000+10"},
		/* by name and by number, in file order */
		{"1000:5:6\nalice:7:8\n1000:9:10\n", "alice", "5+6 7+8 9+10"},
		{"1000:5:6\nalice:7:8\n", NULL, "5+6"},
		{"alic:1:2\nalice2:3:4\nAlice:5:6\n01000:7:8\n10000:9:9\n", "alice", ""},
		/* malformed lines are nobody's, and the next ones count all the same */
		{"alice\nalice:1\nalice:1:\nalice::1\nalice:1:2:3\nalice:-1:2\nalice:1:x\n"
		 "alice: 1:2\n:1:2\n# alice:1:2\nalice:42:1\n",
		 "alice", "42+1"},
		/* nothing, wrap-around, and the id that is none */
		{"alice:1:0\nalice:4294967295:1\nalice:4294967290:10\nalice:4294967296:1\n"
		 "alice:1:4294967296\nalice:4294967294:1\nalice:0:4294967295\n",
		 "alice", "4294967294+1 0+4294967295"},
		{"\n\n\nalice:1:2\n\n", "alice", "1+2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct subid_range *ranges = NULL;
		size_t n = 0;
		subid_parse(cases[i].text, cases[i].name, 1000, &ranges, &n);
		cleanup_free char *got = ranges_text(ranges, n);
		ck_assert_str_eq(got, cases[i].want);
		free(ranges);
	}
}
END_TEST

START_TEST(test_source)
{
	static const struct {
		const char *text;
		bool files;
	} cases[] = {
		{"", true},
		{"passwd: files sss\n", true},
		{"subid: files\n", true},
		{"subid:files", true},
		{"subid:\n", true},
		{"subid: # sss\n", true},
		{"#subid: sss\n", true},
		{"passwd: files\nsubid: sss\n", false},
		{"subid:\tsss", false},
		{"subid: other\n", false}, /* as long as "files" */
		{"subid: files2\n", false},
		{"  subid: nis # files\n", false},
		{"xsubid: sss\n", true},
		{"subid: \nsss\n", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(subid_source_is_files(cases[i].text) == cases[i].files,
			      "%s", cases[i].text);
}
END_TEST

START_TEST(test_free_start)
{
	ck_assert_uint_eq(subid_free_start(""), 100000);
	ck_assert_uint_eq(subid_free_start("a:100000:65536\n"), 165536);
	ck_assert_uint_eq(subid_free_start("a:300000:65536\nb:100000:65536\nc:1:2\nx\n"),
			  365536);
	ck_assert_uint_eq(subid_free_start("a:100000:4294867195\n"), 0);
	ck_assert_uint_eq(subid_free_start("a:4294000000:65536\n"), 4294065536);
}
END_TEST

START_TEST(test_map_from_ranges)
{
	static const struct {
		uint32_t own;
		struct subid_range ranges[4];
		size_t n;
		const char *want;
	} cases[] = {
		{1000, {{100000, 65536}}, 1, "0 1000 1\n1 100000 65536\n"},
		{1000,
		 {{100000, 10}, {300000, 5}},
		 2,
		 "0 1000 1\n1 100000 10\n11 300000 5\n"},
		/* the same range by name and by number */
		{1000, {{100000, 10}, {100000, 10}}, 2, "0 1000 1\n1 100000 10\n"},
		{1000,
		 {{100000, 10}, {100005, 10}},
		 2,
		 "0 1000 1\n1 100000 10\n11 100010 5\n"},
		{1000,
		 {{100005, 10}, {100000, 20}},
		 2,
		 "0 1000 1\n1 100005 10\n11 100000 5\n16 100015 5\n"},
		/* one's own id among them */
		{1000, {{998, 5}}, 1, "0 1000 1\n1 998 2\n3 1001 2\n"},
		{1000, {{1000, 1}}, 1, "0 1000 1\n"},
		{1000, {{1000, 2}}, 1, "0 1000 1\n1 1001 1\n"},
		{1000, {{0}}, 0, "0 1000 1\n"},
		/* no id inside may reach the one that is none */
		{5, {{10, 4294967280}}, 1, "0 5 1\n1 10 4294967280\n"},
		{5, {{0, 4294967295}}, 1, "0 5 1\n1 0 5\n6 6 4294967289\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_idmap struct idmap map = {0};
		subid_map_from_ranges(cases[i].own, cases[i].ranges, cases[i].n, &map);
		cleanup_free char *got = idmap_text(&map);
		ck_assert_str_eq(got, cases[i].want);
		ck_assert_ok(idmap_check(&map, "map", &err), &err);
	}
}
END_TEST

START_TEST(test_too_many_ranges)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};
	struct subid_range ranges[500];

	for (uint32_t i = 0; i < 500; i++)
		ranges[i] = (struct subid_range){100000 + 10 * i, 5};
	subid_map_from_ranges(1000, ranges, 500, &map);
	ck_assert_uint_eq(map.n_lines, IDMAP_LINES_MAX);
	ck_assert_ok(idmap_check(&map, "map", &err), &err);
}
END_TEST

/* A file of this test's own in place of one of the host's; false if this host lets
 * nobody. */
static bool replace(const char *path, const char *text)
{
	struct error err = ERROR_INIT;
	cleanup_free char *ours = fs_join(unit_dir_path, strrchr(path, '/'));

	ck_assert_ok(fs_write_atomic(AT_FDCWD, ours, text, strlen(text), 0644, 0, &err),
		     &err);
	return mount(ours, path, NULL, MS_BIND, NULL) == 0;
}

static bool own_etc(const char *subuid, const char *subgid)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return false;
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	unit_dir();
	return replace("/etc/subuid", subuid) && replace("/etc/subgid", subgid);
}

START_TEST(test_read_by_name_and_number)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	const struct passwd *user = getpwnam("daemon");

	if (!user)
		return;
	uid_t uid = user->pw_uid;
	cleanup_free char *by_number = xasprintf("daemon:200000:10\n%u:300000:20\n", uid);
	if (!own_etc(by_number, "nobody:1:1\n"))
		return;
	ck_assert_ok(subid_rootless_map(SUBID_UID, uid, 77, &uids, &err), &err);
	cleanup_free char *text = idmap_text(&uids);
	cleanup_free char *want = xasprintf("0 %u 1\n1 200000 10\n11 300000 20\n", uid);
	ck_assert_str_eq(text, want);

	ck_assert_int_lt(subid_rootless_map(SUBID_GID, uid, 77, &gids, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_str_eq(err.hint,
			 "as root: usermod --add-subuids 300020-365555 --add-subgids "
			 "100000-165535 daemon; or run a container with your own id "
			 "only: --uidmap 0:0:1");
	ck_assert_message(&err,
			  "user daemon has no subordinate ids: no line in /etc/subgid");
}
END_TEST

START_TEST(test_user_without_an_entry)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (getpwuid(54321) || !own_etc("54322:1:1\n", ""))
		return;
	ck_assert_int_lt(subid_rootless_map(SUBID_UID, 54321, 0, &map, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.hint, "--uidmap 0:0:1"));
	ck_assert_ptr_null(strstr(err.hint, "usermod"));
	error_release(&err);
}
END_TEST

START_TEST(test_file_missing)
{
	struct error err = ERROR_INIT;
	struct subid_range *ranges = NULL;
	size_t n = 7;

	if (!own_etc("", ""))
		return;
	ck_assert_int_eq(mount("tmpfs", "/etc", "tmpfs", 0, NULL), 0);
	ck_assert_ok(subid_read(SUBID_UID, 1, &ranges, &n, &err), &err);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(ranges);
}
END_TEST

/* With a source that has no plugin libsubid falls back to the files, and says so to
 * nobody. */
START_TEST(test_through_libsubid)
{
	struct error err = ERROR_INIT;
	struct subid_range *ranges = NULL;
	size_t n = 0;

	if (!getpwnam("daemon") || !own_etc("daemon:200000:10\n", "daemon:200000:10\n") ||
	    !replace("/etc/nsswitch.conf", "passwd: files\nsubid: nosuchsource\n"))
		return;
	int r = subid_read(SUBID_UID, getpwnam("daemon")->pw_uid, &ranges, &n, &err);
	if (r < 0) {
		ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
		ck_assert_str_eq(err.hint, "as root: apt-get install libsubid4");
		error_release(&err);
		return;
	}
	cleanup_free char *got = ranges_text(ranges, n);
	ck_assert_str_eq(got, "200000+10");
	free(ranges);
}
END_TEST

START_TEST(test_hint_for_more)
{
	struct error err = ERROR_INIT;

	if (!getpwnam("daemon") || !own_etc("daemon:200000:10\n", ""))
		return;
	error_set(&err, ERR_INVALID, 0, "map 0:0:20");
	error_hint(&err, "the largest count that fits is 11");
	ck_assert_int_lt(subid_hint_more(SUBID_UID, getpwnam("daemon")->pw_uid, &err), 0);
	ck_assert_str_eq(
		err.hint,
		"the largest count that fits is 11; for more ids in /etc/subuid, as root: "
		"usermod --add-subuids 200010-265545 daemon");
	error_release(&err);
}
END_TEST

UNIT_MAIN("subid", test_parse, test_source, test_free_start, test_map_from_ranges,
	  test_too_many_ranges, test_read_by_name_and_number, test_user_without_an_entry,
	  test_file_missing, test_through_libsubid, test_hint_for_more)

/* SPDX-License-Identifier: Apache-2.0 */
/* cp: what its arguments mean, where a path ends, and what a taker believes. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/copy.h"
#include "engine/copy_entry.h"
#include "engine/copy_spot.h"
#include "engine/copy_take.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

START_TEST(test_arguments)
{
	static const struct {
		const char *text, *container, *path;
	} cases[] = {
		{"web:/etc", "web", "/etc"},
		{"web:etc:x", "web", "etc:x"},
		{"web:", "web", ""},
		{"/a:b", NULL, "/a:b"},
		{"./a:b", NULL, "./a:b"},
		{"../a:b", NULL, "../a:b"},
		{"file", NULL, "file"},
		{":x", NULL, ":x"},
		{"-", NULL, "-"},
		{"", NULL, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_copy_argument struct copy_argument a;

		copy_argument_parse(cases[i].text, &a);
		ck_assert_str_eq(a.path, cases[i].path);
		ck_assert(a.is_stream == str_eq(cases[i].text, "-"));
		if (cases[i].container)
			ck_assert_str_eq(a.container, cases[i].container);
		else
			ck_assert_ptr_null(a.container);
	}
}
END_TEST

START_TEST(test_names)
{
	static const struct {
		const char *path, *name;
		bool contents, is_dir;
	} cases[] = {
		{"/a/b", "b", false, false},   {"b", "b", false, false},
		{"/a/b/", "b", false, true},   {"/a/b//", "b", false, true},
		{"/a/.", NULL, true, true},    {".", NULL, true, true},
		{"/", NULL, false, true},      {"..", NULL, false, false},
		{"/a/..", NULL, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *name = copy_path_name(cases[i].path);

		ck_assert(copy_path_contents(cases[i].path) == cases[i].contents);
		ck_assert(copy_path_is_dir(cases[i].path) == cases[i].is_dir);
		if (cases[i].name)
			ck_assert_str_eq(name, cases[i].name);
		else
			ck_assert_ptr_null(name);
	}
}
END_TEST

/* Links are followed inside of the root, also those that lead nowhere. */
START_TEST(test_spots)
{
	static const struct {
		const char *path;
		bool follow;
		const char *name; /* NULL: an error */
		bool exists;
	} cases[] = {
		{"/d/f", true, "f", true},        {"d/f", false, "f", true},
		{"/up", false, "up", true},       {"/up", true, "f", true},
		{"/away", true, "new", false},    {"/far", true, "gone", false},
		{"/d/none", true, "none", false}, {"/none/x", true, NULL, false},
		{"/loop", true, NULL, false},     {"/", true, ".", true},
		{"/d/..", true, ".", true},       {"/d/f/x", true, NULL, false},
	};
	const struct copy_place place = {.root_fd = unit_dirfd(), .container = "c"};

	ck_assert_int_eq(mkdirat(place.root_fd, "d", 0755), 0);
	ck_assert_int_eq(mknodat(place.root_fd, "d/f", S_IFREG | 0600, 0), 0);
	ck_assert_int_eq(symlinkat("../../../../d/f", place.root_fd, "up"), 0);
	ck_assert_int_eq(symlinkat("/d/new", place.root_fd, "away"), 0);
	ck_assert_int_eq(symlinkat("d/../d/gone", place.root_fd, "far"), 0);
	ck_assert_int_eq(symlinkat("loop", place.root_fd, "loop"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_copy_spot struct copy_spot s = COPY_SPOT_INIT;
		cleanup_error struct error err = ERROR_INIT;
		int r = copy_spot_find(&place, cases[i].path, cases[i].follow, &s, &err);

		ck_assert_msg((r >= 0) == (cases[i].name != NULL), "%s", cases[i].path);
		if (r < 0)
			continue;
		ck_assert_str_eq(s.name, cases[i].name);
		ck_assert(s.exists == cases[i].exists);
	}
}
END_TEST

struct seen {
	char **paths;
};

static int note(void *data, const struct copy_entry *e, struct error *err)
{
	struct seen *s = data;

	(void)err;
	strv_addf(&s->paths, "%d:%s:%s:%o:%d", (int)e->kind, e->path, e->link,
		  (unsigned int)e->mode, e->fd >= 0);
	return 0;
}

START_TEST(test_over_a_socket)
{
	struct copy_entry entries[] = {COPY_ENTRY_INIT, COPY_ENTRY_INIT, COPY_ENTRY_INIT};
	struct error err = ERROR_INIT;
	struct seen seen = {0};
	const struct copy_sink sink = {.take = note, .data = &seen};
	int pair[2];

	entries[0].kind = COPY_FILE;
	entries[0].path = "a/b";
	entries[0].mode = 0640;
	entries[0].fd = unit_dirfd();
	entries[1].kind = COPY_SYMLINK;
	entries[1].path = "l";
	entries[1].link = "/to";
	entries[2].kind = COPY_END;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_ok(copy_entry_send(pair[0], &entries[i], &err), &err);
	ck_assert_ok(copy_entries_receive(pair[1], &sink, &err), &err);
	ck_assert_str_eq(seen.paths[0], "1:a/b::640:1");
	ck_assert_str_eq(seen.paths[1], "3:l:/to:0:0");
	ck_assert_uint_eq(strv_len(seen.paths), 3);
	/* an end without the word, and what is no entry */
	ck_assert_ok(copy_entry_send(pair[0], &entries[1], &err), &err);
	ck_assert_int_eq(send(pair[0], "rubbish", 7, 0), 7);
	ck_assert_int_eq(copy_entries_receive(pair[1], &sink, &err), -EBADMSG);
	error_release(&err);
	close(pair[0]);
	ck_assert_int_eq(copy_entries_receive(pair[1], &sink, &err), -EPIPE);
	error_release(&err);
	strv_free(seen.paths);
}
END_TEST

/* A giver that has been taken over: nothing leads out of the target, by name or by link. */
START_TEST(test_hostile_entries)
{
	static const struct {
		enum copy_kind kind;
		const char *path, *link;
	} cases[] = {
		{COPY_FILE, "../out", ""},
		{COPY_FILE, "/out", ""},
		{COPY_FILE, "a/../../out", ""},
		{COPY_FILE, "way/out", ""},
		{COPY_DIR, "way/out", ""},
		{COPY_SYMLINK, "way/out", "x"},
		{COPY_FIFO, "way/out", ""},
		{COPY_HARDLINK, "out2", "../victim"},
		{COPY_HARDLINK, "out2", "way/victim"},
		{COPY_DIR, "way", ""},
	};
	int dirfd = unit_dirfd();
	cleanup_free char *path = NULL;
	struct stat before, after;

	ck_assert_int_eq(mkdirat(dirfd, "target", 0755), 0);
	ck_assert_int_eq(mkdirat(dirfd, "target/t", 0755), 0);
	ck_assert_int_eq(mknodat(dirfd, "victim", S_IFREG | 0600, 0), 0);
	ck_assert_int_eq(symlinkat("../..", dirfd, "target/t/way"), 0);
	ck_assert_int_eq(fstatat(dirfd, "victim", &before, 0), 0);
	path = xasprintf("/proc/self/fd/%d/target", dirfd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_copy_take struct copy_take t = COPY_TAKE_INIT;
		cleanup_error struct error err = ERROR_INIT;
		const struct copy_sink sink = copy_take_sink(&t);
		struct copy_entry source = COPY_ENTRY_INIT, e = COPY_ENTRY_INIT;

		t.place.root_fd = -EBADF;
		t.path = path;
		t.rules = (struct copy_rules){
			.uid = geteuid(), .gid = getegid(), .is_host = true};
		source.is_dir = true;
		source.path = "t";
		ck_assert_ok(sink.take(sink.data, &source, &err), &err);
		e.kind = cases[i].kind;
		e.path = cases[i].path;
		e.link = cases[i].link;
		ck_assert_msg(sink.take(sink.data, &e, &err) < 0, "%s", cases[i].path);
		ck_assert_int_lt(faccessat(dirfd, "out", F_OK, AT_SYMLINK_NOFOLLOW), 0);
		ck_assert_int_lt(faccessat(dirfd, "target/t/out2", F_OK, 0), 0);
	}
	ck_assert_int_eq(fstatat(dirfd, "victim", &after, 0), 0);
	ck_assert_uint_eq(before.st_nlink, after.st_nlink);
}
END_TEST

UNIT_MAIN("copy", test_arguments, test_names, test_spots, test_over_a_socket,
	  test_hostile_entries)

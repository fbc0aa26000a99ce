/* SPDX-License-Identifier: Apache-2.0 */
/* -u USER[:GROUP] by the files of a root file system. */
#include <stdint.h>

#include "engine/user_lookup.h"
#include "unit.h"
#include "util/cleanup.h"
#include "util/str.h"

static const struct user_files files = {
	.passwd = "root:x:0:0:root:/root:/bin/sh\n"
		  "# no entry\n"
		  "\n"
		  "broken:x\n"
		  "negative:x:-1:0::/:/bin/sh\n"
		  "web:x:33:33:web:/var/www:/bin/sh\n"
		  "nohome:x:44:44:::\n"
		  "1000:x:7:7::/seven:/bin/sh\n"
		  "last:x:50:51::/last:/bin/sh",
	.group = "root:x:0:\n"
		 "web:x:33:\n"
		 "extra:x:60:other,web\n"
		 "more:x:61:web\n"
		 "twice:x:61:web\n"
		 "short:x\n"
		 "51:x:99:\n",
};

static const struct user_case {
	const char *typed;
	uint32_t uid, gid;
	const char *home;
	const char *error; /* part of it */
	uint32_t groups[4];
	size_t n_groups;
} cases[] = {
	{NULL, 0, 0, "/root", NULL, {0}, 0},
	{"", 0, 0, "/root", NULL, {0}, 0},
	{"root", 0, 0, "/root", NULL, {0}, 0},
	{"web", 33, 33, "/var/www", NULL, {60, 61}, 2},
	{"33", 33, 33, "/var/www", NULL, {60, 61}, 2},
	{"web:root", 33, 0, "/var/www", NULL, {0}, 0},
	{"web:60", 33, 60, "/var/www", NULL, {0}, 0},
	{"web:", 33, 33, "/var/www", NULL, {60, 61}, 2},
	{":web", 0, 33, "/root", NULL, {0}, 0},
	{"6667", 6667, 0, "/", NULL, {0}, 0},
	{"6667:6667", 6667, 6667, "/", NULL, {0}, 0},
	{"nohome", 44, 44, "/", NULL, {0}, 0},
	{"last", 50, 51, "/last", NULL, {0}, 0},
	/* a number is a number, whatever the files call so */
	{"1000", 1000, 0, "/", NULL, {0}, 0},
	{"0:51", 0, 51, "/root", NULL, {0}, 0},
	{"4294967294", 4294967294, 0, "/", NULL, {0}, 0},
	{"4294967295", 0, 0, NULL, "out of range", {0}, 0},
	{"4294967296", 0, 0, NULL, "unable to find user", {0}, 0},
	{"-1", 0, 0, NULL, "unable to find user -1", {0}, 0},
	{"+1", 0, 0, NULL, "unable to find user +1", {0}, 0},
	{" 1", 0, 0, NULL, "unable to find user", {0}, 0},
	{"nosuch",
	 0,
	 0,
	 NULL,
	 "unable to find user nosuch: no matching entries in passwd file",
	 {0},
	 0},
	{"web:nosuch", 0, 0, NULL, "unable to find group nosuch", {0}, 0},
	{"a:b:c", 0, 0, NULL, "expected USER[:GROUP]", {0}, 0},
	{"broken", 0, 0, NULL, "unable to find user", {0}, 0},
	{"negative", 0, 0, NULL, "unable to find user", {0}, 0},
};

static void check_case(const struct user_case *c)
{
	cleanup_user_identity struct user_identity u = {0};
	cleanup_error struct error err = ERROR_INIT;
	int r = user_lookup_text(&files, c->typed, NULL, &u, &err);

	if (c->error) {
		ck_assert_msg(r < 0, "%s was accepted", c->typed);
		ck_assert_msg(strstr(err.text, c->error) != NULL, "%s: %s", c->typed,
			      err.text);
		return;
	}
	ck_assert_ok(r, &err);
	ck_assert_msg(u.uid == c->uid && u.gid == c->gid, "%s: %u:%u", c->typed, u.uid,
		      u.gid);
	ck_assert_str_eq(u.home, c->home);
	ck_assert_uint_eq(u.n_groups, c->n_groups);
	for (size_t i = 0; i < c->n_groups; i++)
		ck_assert_uint_eq(u.groups[i], c->groups[i]);
}

START_TEST(test_cases)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(&cases[i]);
}
END_TEST

START_TEST(test_group_add)
{
	cleanup_user_identity struct user_identity u = {0};
	struct error err = ERROR_INIT;
	char *add[] = {(char *)"more", (char *)"77", (char *)"0", (char *)"77", NULL};

	ck_assert_ok(user_lookup_text(&files, "web:root", add, &u, &err), &err);
	ck_assert_uint_eq(u.n_groups, 2); /* 0 is the primary one */
	ck_assert_uint_eq(u.groups[0], 61);
	ck_assert_uint_eq(u.groups[1], 77);
}
END_TEST

START_TEST(test_a_root_without_the_files)
{
	const struct user_files none = {0};
	cleanup_user_identity struct user_identity u = {0}, other = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(user_lookup_text(&none, "root", NULL, &u, &err), &err);
	ck_assert_uint_eq(u.uid, 0);
	ck_assert_str_eq(u.home, "/root");
	ck_assert_int_lt(user_lookup_text(&none, "web", NULL, &other, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

START_TEST(test_links_stay_inside_the_root)
{
	const char *dir = unit_dir();
	cleanup_free char *etc = fs_join(dir, "etc"),
			  *passwd = fs_join(dir, "etc/passwd");
	cleanup_user_identity struct user_identity u = {0};
	struct error err = ERROR_INIT;
	int root_fd;

	ck_assert_int_eq(mkdir(etc, 0755), 0);
	/* the host's own file has this user's name; in the root it leads nowhere */
	ck_assert_int_eq(symlink("../../../../../../../../etc/passwd", passwd), 0);
	root_fd = open(dir, O_PATH | O_DIRECTORY);
	ck_assert_int_lt(user_lookup(root_fd, "daemon", NULL, &u, &err), 0);
	error_release(&err);
	ck_assert_int_eq(unlink(passwd), 0);
	ck_assert_int_eq(mkfifo(passwd, 0644), 0);
	ck_assert_int_lt(user_lookup(root_fd, "daemon", NULL, &u, &err),
			 0); /* and does not hang */
	error_release(&err);
	close(root_fd);
}
END_TEST

UNIT_MAIN("user_lookup", test_cases, test_group_add, test_a_root_without_the_files,
	  test_links_stay_inside_the_root)

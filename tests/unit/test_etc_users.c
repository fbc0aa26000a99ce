/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for /etc/passwd and /etc/group. */
#include "engine/etc_users.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static char alice[] = "alice", alice_comment[] = "Alice: of\nWonder",
	    home[] = "/home/alice", people[] = "people", root[] = "root", empty[] = "";
static const struct host_account hosts[] = {
	{alice, alice_comment, home, people, 1005, 2005},
	{root, empty, empty, root, 0, 0},
};

static bool home_is_there(const void *data, const char *path)
{
	return str_eq(data, path);
}

static const struct users_case {
	const char *user;
	uint32_t gid;
	bool caller;
	size_t n_hosts;
	const char *passwd_entry, *group_entry, *mounted, *want_passwd, *want_group;
} cases[] = {
	{.user = NULL},
	{.user = "root"},
	{.user = "0:0"},
	{.user = "33"},
	{.user = "web:33"},
	{"1234", 0, false, 0, NULL, NULL, NULL,
	 "1234:*:1234:0:container user:/srv:/bin/sh\n", NULL},
	{"1234:5", 5, false, 0, NULL, NULL, NULL,
	 "1234:*:1234:5:container user:/srv:/bin/sh\n", "5:x:5:1234\n"},
	{"1234:web", 33, false, 0, NULL, NULL, NULL,
	 "1234:*:1234:33:container user:/srv:/bin/sh\n", NULL},
	{"33:77", 77, false, 0, NULL, NULL, NULL, NULL, "77:x:77:33\n"},
	{"9:8", 8, false, 0, "$USERNAME|$UID|$GID|$NAME|$HOME|$X",
	 "$GROUPNAME|$GID|$USERLIST$", NULL, "9|9|8|container user|/srv|$X\n",
	 "8|8|9$\n"},
	{"1005:2005", 2005, true, 0, NULL, NULL, NULL,
	 "alice:*:1005:2005:Alice  of Wonder:/srv:/bin/sh\n", "people:x:2005:alice\n"},
	{"1005:2005", 2005, true, 0, NULL, NULL, "/home/alice",
	 "alice:*:1005:2005:Alice  of Wonder:/home/alice:/bin/sh\n",
	 "people:x:2005:alice\n"},
	{NULL, 0, false, 2, NULL, NULL, NULL,
	 "alice:*:1005:2005:Alice  of Wonder:/srv:/bin/sh\n", "people:x:2005:alice\n"},
	{NULL, 0, false, 1, "$NAME:$USERNAME", NULL, NULL, "Alice  of Wonder:alice\n",
	 "people:x:2005:alice\n"},
};

START_TEST(test_lines)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct users_case *c = &cases[i];
		cleanup_free char *passwd = NULL, *group = NULL;

		etc_users_lines(
			&(struct etc_users){
				.files = {"root:x:0:0:root:/root:/bin/sh\nbroken\n"
					  "web:x:33:33::/:/bin/sh",
					  "root:x:0:\nweb:x:33:\n"},
				.hosts = hosts,
				.n_hosts = c->n_hosts,
				.caller = c->caller ? &hosts[0] : NULL,
				.user = c->user,
				.gid = c->gid,
				.passwd_entry = c->passwd_entry,
				.group_entry = c->group_entry,
				.home = "/srv",
				.has_home = home_is_there,
				.data = c->mounted,
			},
			&passwd, &group);
		ck_assert_msg(str_eq(passwd, c->want_passwd), "%zu: %s", i,
			      passwd ? passwd : "nothing");
		ck_assert_msg(str_eq(group, c->want_group), "%zu: %s", i,
			      group ? group : "nothing");
	}
}
END_TEST

START_TEST(test_text)
{
	cleanup_free char *none = etc_users_text("", "a\n"),
			  *whole = etc_users_text("x\n", "a\n"),
			  *cut = etc_users_text("x", "a\n");

	ck_assert_str_eq(none, "a\n");
	ck_assert_str_eq(whole, "x\na\n");
	ck_assert_str_eq(cut, "x\na\n");
}
END_TEST

UNIT_MAIN("etc_users", test_lines, test_text)

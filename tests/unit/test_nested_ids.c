/* SPDX-License-Identifier: Apache-2.0 */
/* Which subordinate ids the users of a container have that runs containers of its own. */
#include "engine/nested_ids.h"
#include "unit.h"
#include "util/str.h"

#define PASSWD                                                         \
	"root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n"  \
	"carol:x:1000:1000:Carol:/home/carol:/bin/sh\nbroken\nx:y:z\n" \
	"dave:x:1001:1001::/home/dave:/bin/sh\n"                       \
	"nobody:x:65534:65534:nobody:/:/bin/false\n"

START_TEST(test_users)
{
	static const struct {
		const char *passwd;
		uint32_t uid;
		const char *want;
	} cases[] = {
		{PASSWD, 0, "carol=1000 dave=1001"},
		{PASSWD, 1001, "dave=1001"},
		{PASSWD, 1, "daemon=1"},
		{PASSWD, 4711, "-=4711"},
		{NULL, 4711, "-=4711"},
		{NULL, 0, ""},
		{"a:x:1000:1\nb:x:1000:1\n:x:1002:2\n", 0, "a=1000"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_nested_users struct nested_users users = {0};
		cleanup_strv char **words = NULL;

		nested_users_find(cases[i].passwd, cases[i].uid, &users);
		for (size_t k = 0; k < users.n; k++)
			strv_addf(&words, "%s=%u",
				  users.items[k].name ? users.items[k].name : "-",
				  users.items[k].uid);
		cleanup_free char *got = strv_join(words, " ");
		ck_assert_str_eq(got ? got : "", cases[i].want);
	}
}
END_TEST

START_TEST(test_share)
{
	static const struct {
		const char *passwd;
		uint32_t uid, first, count, second,
			second_count;    /* the map's inside ids */
		const char *text, *want; /* NULL: left alone */
	} cases[] = {
		/* the usual rootless map */
		{PASSWD, 1000, 0, 65537, 0, 0, NULL,
		 "carol:10000:55534\ncarol:65536:1\n"},
		{PASSWD, 0, 0, 65537, 0, 0, NULL,
		 "carol:10000:27767\ndave:37767:27767\n"},
		{PASSWD, 4711, 0, 65536, 0, 0, NULL, "4711:10000:55534\n"},
		/* few ids */
		{PASSWD, 1000, 0, 2000, 0, 0, NULL, "carol:1000:1000\n"},
		{PASSWD, 1000, 0, 1000, 5000, 1000, NULL, "carol:5000:1000\n"},
		{PASSWD, 1000, 0, 3, 0, 0, NULL, "carol:2:1\n"},
		{PASSWD, 1000, 0, 1, 0, 0, NULL, NULL},
		{PASSWD, 1000, 1000, 1, 0, 0, NULL, NULL},
		{PASSWD, 0, 0, 3, 0, 0, NULL, NULL},
		/* what useradd wrote when the image was built is no use here */
		{PASSWD, 1000, 0, 65537, 0, 0, "carol:100000:65536\ndave:165536:65536\n",
		 "dave:165536:65536\ncarol:10000:55534\ncarol:65536:1\n"},
		{PASSWD, 1000, 0, 65537, 0, 0, "1000:100000:65536\ncarol:1:5\n",
		 "carol:10000:55534\ncarol:65536:1\n"},
		/* what an image for nesting brings stays */
		{PASSWD, 1000, 0, 65537, 0, 0, "carol:1:999\ncarol:1001:64535\n", NULL},
		{PASSWD, 0, 0, 65537, 0, 0, "carol:20000:30000\n",
		 "carol:20000:30000\ndave:10000:10000\ndave:50000:15534\ndave:65536:1\n"},
		{PASSWD, 1000, 0, 65537, 0, 0, "junk\n\ncarol:x:y\n",
		 "junk\ncarol:10000:55534\ncarol:65536:1\n"},
		/* nobody to give to */
		{"root:x:0:0::/:\n", 0, 0, 65537, 0, 0, NULL, NULL},
		/* far up */
		{PASSWD, 1000, 0, 4294967295, 0, 0, NULL,
		 "carol:10000:55534\ncarol:65536:4294901759\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_nested_users struct nested_users users = {0};
		cleanup_idmap struct idmap map = {0};

		nested_users_find(cases[i].passwd, cases[i].uid, &users);
		idmap_add(&map, cases[i].first, 0, cases[i].count);
		if (cases[i].second_count)
			idmap_add(&map, cases[i].second, 100000, cases[i].second_count);
		cleanup_free char *got = nested_subids(cases[i].text, &users, &map);
		ck_assert_msg(str_eq(got, cases[i].want), "case %zu: %s", i,
			      got ? got : "NULL");
	}
}
END_TEST

UNIT_MAIN("nested_ids", test_users, test_share)

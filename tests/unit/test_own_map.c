/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <stdio.h>

#include "runtime/own_map.h"
#include "unit.h"
#include "util/str.h"

static void take(struct idmap *map, const char *text)
{
	cleanup_strv char **words = str_split(text, ' ');
	uint32_t numbers[3];

	for (char **w = words; *w && **w; w += 3) {
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(str_to_u32(w[i], &numbers[i]), 0);
		idmap_add(map, numbers[0], numbers[1], numbers[2]);
	}
}

START_TEST(test_split)
{
	static const struct {
		const char *map, *own, *want;
	} cases[] = {
		/* a rootless container: its own id, then the subordinate ones */
		{"0 0 65537", "0 1000 1 1 100000 65536", "0 0 1\n1 1 65536\n"},
		{"0 0 1", "0 1000 1 1 100000 65536", "0 0 1\n"},
		{"5 1 10", "0 1000 1 1 100000 65536", "5 1 10\n"},
		/* neighbours on both sides are two lines to the kernel all the same */
		{"0 0 20", "0 1000 10 10 1010 10", "0 0 10\n10 10 10\n"},
		{"0 5 10 100 18 2", "0 1000 10 10 1010 10", "0 5 5\n5 10 5\n100 18 2\n"},
		/* the host */
		{"0 2000 1000", "0 0 4294967295", "0 2000 1000\n"},
		{"0 0 4294967295", "0 0 4294967295", "0 0 4294967295\n"},
		/* ids that nobody has: left to the kernel */
		{"0 0 30", "0 1000 10 20 2000 10", "0 0 10\n10 10 10\n20 20 10\n"},
		{"0 50 30", "0 1000 10", "0 50 30\n"},
		{"0 50 30", "", "0 50 30\n"},
		{"", "0 1000 10", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_idmap struct idmap map = {0}, own = {0}, got = {0};

		take(&map, cases[i].map);
		take(&own, cases[i].own);
		own_map_split(&map, &own, &got);
		cleanup_free char *text = idmap_text(&got);
		ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

START_TEST(test_namespace)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	unsigned int uid = geteuid();
	char text[32];

	if (unshare(CLONE_NEWUSER) < 0)
		return; /* not allowed here */
	FILE *file = fopen("/proc/self/uid_map", "w");
	ck_assert_ptr_nonnull(file);
	snprintf(text, sizeof(text), "7 %u 1\n", uid);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(!own_map_is_host());
	ck_assert_int_eq(own_map_uids(&uids, &err), 0);
	cleanup_free char *got = idmap_text(&uids);
	ck_assert_str_eq(got, "7 7 1\n");
	ck_assert_int_eq(own_map_gids(&gids, &err), 0);
	ck_assert_uint_eq(gids.n_lines, 0);
}
END_TEST

UNIT_MAIN("own_map", test_split, test_namespace)

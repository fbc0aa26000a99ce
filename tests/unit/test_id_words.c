/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_words.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static char *name_of(enum subid_kind kind, uint32_t id, _unused_ void *data)
{
	if (id == 1000)
		return xstrdup(kind == SUBID_UID ? "alice" : "users");
	return id == 7 ? xstrdup("odd\033name") : NULL;
}

static const struct id_names names = {.name = name_of};

START_TEST(test_id)
{
	static const struct {
		enum subid_kind kind;
		uint32_t id;
		const char *want;
	} cases[] = {
		{SUBID_UID, 1000, "1000 (alice)"},
		{SUBID_GID, 1000, "1000 (users)"},
		{SUBID_UID, 4294967294, "4294967294"},
		{SUBID_UID, 7, "7 (odd\\x1bname)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = id_words_id(cases[i].kind, cases[i].id, &names);
		cleanup_free char *bare = id_words_id(cases[i].kind, 5, NULL);

		ck_assert_str_eq(got, cases[i].want);
		ck_assert_str_eq(bare, "5");
	}
}
END_TEST

START_TEST(test_map)
{
	cleanup_idmap struct idmap map = {0};
	cleanup_strv char **words = NULL;
	cleanup_free char *got = NULL;

	idmap_add(&map, 0, 1000, 1);
	idmap_add(&map, 1, 100000, 65536);
	idmap_add(&map, 65537, 5, 1);
	idmap_add(&map, 70000, IDMAP_NONE, 10);
	words = id_words_map(SUBID_UID, &map, &names);
	got = strv_join(words, "|");
	ck_assert_str_eq(got, "0 -> 1000 (alice)|1-65536 -> 100000-165535|65537 -> 5|"
			      "70000-70009 -> ids that are unknown here");
}
END_TEST

UNIT_MAIN("id_words", test_id, test_map)

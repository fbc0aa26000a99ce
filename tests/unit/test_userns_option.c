/* SPDX-License-Identifier: Apache-2.0 */
/* --userns, --uidmap and --gidmap: what is typed, and the maps that come of it. */
#include "engine/idmap_option.h"
#include "engine/userns_maps.h"
#include "engine/userns_option.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static const struct {
	const char *text, *want; /* want: a form of the result, or part of the error */
	bool fails;
} modes[] = {
	{"host", "host", false},
	{"", "host", false},
	{"private", "private", false},
	{"nomap", "nomap", false},
	{"keep-id", "keep-id", false},
	{"keep-id:uid=5", "keep-id uid=5", false},
	{"keep-id:uid=5,gid=6,size=100", "keep-id uid=5 gid=6 size=100", false},
	{"keep-id:uid=0", "keep-id uid=0", false},
	{"auto", "auto", false},
	{"auto:size=1", "auto size=1", false},
	{"auto:uidmapping=0:1:2,gidmapping=3:4:5,size=7,uidmapping=9:9:9",
	 "auto size=7 u=0:1:2 u=9:9:9 g=3:4:5", false},
	{"ns:/proc/1/ns/user", "ns /proc/1/ns/user", false},
	{"ns:a:b", "ns a:b", false},
	{"container:web", "container web", false},
	{"bla", "unknown mode", true},
	{"Auto", "unknown mode", true},
	{"host:", "unknown mode", true},
	{"host:x", "unknown mode", true},
	{"private:size=1", "unknown mode", true},
	{"keep", "unknown mode", true},
	{"autos", "unknown mode", true},
	{"ns", "whose?", true},
	{"ns:", "whose?", true},
	{"container:", "whose?", true},
	{"keep-id:", "unknown option", true},
	{"keep-id:uid", "unknown option", true},
	{"keep-id:uid=", "is no number", true},
	{"keep-id:uid=-1", "is no number", true},
	{"keep-id:uid=4294967295", "is no number", true},
	{"keep-id:size=0", "is no number", true},
	{"keep-id:uidmapping=0:0:1", "unknown option", true},
	{"auto:size=0", "is no number", true},
	{"auto:size=1k", "is no number", true},
	{"auto:uid=1", "unknown option", true},
	{"auto:size=1,", "unknown option", true},
};

static char *text_of(const struct userns_option *o)
{
	cleanup_strv char **words = NULL;

	strv_add(&words, userns_mode_word(o->mode));
	if (o->target)
		strv_add(&words, o->target);
	if (o->has_uid)
		strv_addf(&words, "uid=%u", o->uid);
	if (o->has_gid)
		strv_addf(&words, "gid=%u", o->gid);
	if (o->size)
		strv_addf(&words, "size=%u", o->size);
	strv_foreach (line, o->uid_mappings)
		strv_addf(&words, "u=%s", *line);
	strv_foreach (line, o->gid_mappings)
		strv_addf(&words, "g=%s", *line);
	return strv_join(words, " ");
}

START_TEST(test_modes)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_userns_option struct userns_option o = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *got = NULL;
		int r = userns_option_parse(modes[i].text, &o, &err);

		if (modes[i].fails) {
			ck_assert_msg(r < 0, "\"%s\" was accepted", modes[i].text);
			ck_assert_int_eq(err.kind, ERR_INVALID);
			ck_assert_ptr_nonnull(err.hint);
			ck_assert_msg(strstr(err.text, modes[i].want) != NULL, "%s: %s",
				      modes[i].text, err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		got = text_of(&o);
		ck_assert_str_eq(got, modes[i].want);
	}
}
END_TEST

static struct idmap map_of(const char *text)
{
	struct idmap map = {0};
	struct error err = ERROR_INIT;
	cleanup_strv char **lines = str_split(text, ' ');

	strv_foreach (line, lines)
		if (**line)
			ck_assert_ok(idmap_parse_line(&map, *line, &err), &err);
	return map;
}

static void check_map(const char *of, const struct idmap *map, const char *want)
{
	cleanup_strv char **lines = NULL;
	cleanup_free char *got = NULL;

	for (size_t i = 0; i < map->n_lines; i++)
		strv_addf(&lines, "%u:%u:%u", map->lines[i].inside, map->lines[i].outside,
			  map->lines[i].count);
	got = strv_join(lines, " ");
	ck_assert_msg(str_eq(got, want), "%s: %s instead of %s", of, got, want);
}

#define USER  1 /* the whole map of an ordinary user */
#define GROUP 2
#define BOTH  4 /* both options were given */
#define FAILS 8

/* From podman-run(1), "--uidmap", and the corners around it. */
static const struct {
	int what;
	const char *lines, *want;
} maps[] = {
	{0, "0:100000:65536", "0:100000:65536"},
	{0, "5:7", "5:7:1"},
	{0, "0:0:10:10:100:5", "0:0:10 10:100:5"},
	{0, "0:@2000:10", "0:2000:10"},
	{0, "10:100:5 0:0:10", "0:0:10 10:100:5"},
	{0, "0:0:10 10:10:10", "0:0:20"},
	{0, "0:0:0 1:1:1", "1:1:1"},
	{0, "0:0:65000 +100000:1:1", "0:0:1 2:2:64998 100000:1:1"},
	{0, "0:0:65000 +100000:1:1 1:65001:1", "0:0:1 1:65001:1 2:2:64998 100000:1:1"},
	{0, "0:0:100 +10:50:5", "0:0:10 10:50:5 15:15:35 55:55:45"},
	{0, "0:0:100 +0:1:99", "0:1:99"},
	{0, "+0:5:1", "0:5:1"},
	{0, "u0:1:1", "0:1:1"},
	{0, "g0:1:1", ""},
	{0, "ug0:1:1", "0:1:1"},
	{BOTH, "g0:1:1", "0:1:1"},
	{GROUP, "g0:1:1", "0:1:1"},
	{GROUP, "u0:1:1", ""},
	{GROUP, "0:0:1000 g2000:2000:1", "0:0:1000 2000:2000:1"},
	{0, "0:0:1000 g2000:2000:1", "0:0:1000"},
	/* whole map: 0:1000:1 1:100000:10 11:200000:10 */
	{USER, "0:1:5", "0:1:5"},
	{USER, "0:@100000:5", "0:1:5"},
	{USER, "5:@1000:1", "5:0:1"},
	{USER, "0:@100005:5", "0:6:5"},
	{USER, "+5:0:1", "0:1:5 5:0:1 6:6:15"},
	{USER, "+100:@200003:1", "0:0:14 14:15:6 100:14:1"},
	{USER, "+0:0:21", "0:0:21"},
	{USER, "+2:2:1 +4:4:1", "0:0:21"},
	{USER, "0:0:1 +1:5:1", "0:0:1 1:5:1"},
	{USER | FAILS, "0:@99:1", "not yours to map"},
	{USER | FAILS, "0:@100005:10", "id 100010 of the host is not yours"},
	{FAILS, "", "expected [FLAGS]CONTAINER:FROM[:COUNT]"},
	{FAILS, "0", "expected"},
	{FAILS, "0:1:2:3", "expected"},
	{FAILS, "0:1:2:3:4", "expected"},
	{FAILS, "a:1:2", "expected"},
	{FAILS, "-1:1:2", "expected"},
	{FAILS, "0:1:", "expected"},
	{FAILS, ":0:1", "expected"},
	{FAILS, "0:@:1", "expected"},
	{FAILS, "0:@@1:1", "expected"},
	{FAILS, "+:0:1", "expected"},
	{FAILS, "0+:0:1", "expected"},
	{FAILS, "4294967296:0:1", "expected"},
	{FAILS, "4294967295:0:1", "reaches beyond"},
	{FAILS, "0:4294967294:2", "reaches beyond"},
	{FAILS, "0:0:10 5:100:1", "overlap inside"},
	{FAILS, "0:0:10 50:5:1", "overlap outside"},
};

START_TEST(test_maps)
{
	cleanup_idmap struct idmap whole = map_of("0:1000:1 1:100000:10 11:200000:10");

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		cleanup_strv char **lines = str_split(maps[i].lines, ' ');
		const struct idmap_option o = {
			.name = "--uidmap",
			.lines = lines,
			.for_groups = maps[i].what & GROUP,
			.ignore_flags = maps[i].what & BOTH,
			.whole = maps[i].what & USER ? &whole : NULL,
		};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_idmap struct idmap map = {0};
		int r = idmap_option_build(&o, &map, &err);

		if (maps[i].what & FAILS) {
			ck_assert_msg(r < 0, "\"%s\" was accepted", maps[i].lines);
			ck_assert_msg(strstr(err.text, maps[i].want) != NULL, "%s: %s",
				      maps[i].lines, err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		check_map(maps[i].lines, &map, maps[i].want);
	}
}
END_TEST

START_TEST(test_needs_whole)
{
	cleanup_strv char **plain = str_split("0:0:1 u1:2:3", ' ');
	cleanup_strv char **at = str_split("0:0:1 1:@2:3", ' ');
	cleanup_strv char **plus = str_split("+0:0:1", ' ');

	ck_assert(!idmap_option_needs_whole(plain));
	ck_assert(!idmap_option_needs_whole(NULL));
	ck_assert(idmap_option_needs_whole(at));
	ck_assert(idmap_option_needs_whole(plus));
}
END_TEST

static const struct {
	const char *whole;
	uint32_t id, size;
	const char *want;
} kept[] = {
	{"0:1001:1 1:100000:65536", 1001, 0,
	 "0:100000:1001 1001:1001:1 1002:101001:64535"},
	{"0:1001:1 1:100000:65536", 0, 0, "0:1001:1 1:100000:65536"},
	{"0:1001:1 1:100000:65536", 5, 100, "0:100000:5 5:1001:1 6:100005:94"},
	{"0:1001:1 1:100000:65536", 5, 3, "0:100000:2 5:1001:1"},
	{"0:1001:1 1:100000:65536", 5, 1, "5:1001:1"},
	{"0:1001:1 1:100000:65536", 70000, 0, "0:100000:65536 70000:1001:1"},
	{"0:1001:1", 1001, 0, "1001:1001:1"},
	{"0:1001:1 1:100000:2 3:200000:2", 1, 0,
	 "0:100000:1 1:1001:1 2:100001:1 3:200000:2"},
};

START_TEST(test_keep_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		cleanup_idmap struct idmap whole = map_of(kept[i].whole), map = {0};
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_ok(
			userns_map_keep_id(&whole, kept[i].id, kept[i].size, &map, &err),
			&err);
		check_map(kept[i].want, &map, kept[i].want);
		ck_assert_ok(idmap_check(&map, "map", &err), &err);
	}
}
END_TEST

START_TEST(test_no_user)
{
	cleanup_idmap struct idmap whole = map_of("0:1001:1 1:100000:10 11:200000:5");
	cleanup_idmap struct idmap alone = map_of("0:1001:1"), map = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(userns_map_no_user(&whole, &map, &err), &err);
	check_map("nomap", &map, "0:100000:10 10:200000:5");
	idmap_release(&map);
	ck_assert_int_lt(userns_map_no_user(&alone, &map, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

static const struct {
	uint64_t start, count;
	const char *fixed, *want;
} ranges[] = {
	{100000, 1000, "", "0:100000:1000"},
	{100000, 1, "", "0:100000:1"},
	{100000, 1000, "0:1001:1", "0:1001:1 1:100001:999"},
	{100000, 10, "3:1001:1 5:2000:2",
	 "0:100000:3 3:1001:1 4:100004:1 5:2000:2 7:100007:3"},
	{100000, 10, "9:1001:5", "0:100000:9 9:1001:5"},
	{100000, 10, "50:1001:1", "0:100000:10 50:1001:1"},
	{4294967290, 5, "", "0:4294967290:5"},
};

START_TEST(test_range)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		cleanup_idmap struct idmap fixed = map_of(ranges[i].fixed), map = {0};

		userns_map_range(ranges[i].start, ranges[i].count, &fixed, &map);
		check_map(ranges[i].want, &map, ranges[i].want);
	}
}
END_TEST

UNIT_MAIN("userns_option", test_modes, test_maps, test_needs_whole, test_keep_id,
	  test_no_user, test_range)

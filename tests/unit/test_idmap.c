/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/idmap.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/str.h"

/* "0:100000:65536 70000:5:1" as a map, unchecked. */
static struct idmap map_of(const char *text)
{
	struct idmap map = {0};
	struct error err = ERROR_INIT;
	cleanup_strv char **lines = str_split(text, ' ');

	if (*text == '\0')
		return map;
	strv_foreach (line, lines)
		ck_assert_ok(idmap_parse_line(&map, *line, &err), &err);
	return map;
}

/* The same form back; the caller frees. */
static char *text_of(const struct idmap *map)
{
	cleanup_strv char **lines = NULL;

	for (size_t i = 0; i < map->n_lines; i++)
		strv_addf(&lines, "%u:%u:%u", map->lines[i].inside, map->lines[i].outside,
			  map->lines[i].count);
	return strv_join(lines, " ");
}

static void check_map(const struct idmap *map, const char *want)
{
	cleanup_free char *got = text_of(map);
	ck_assert_str_eq(got, want);
}

START_TEST(test_parse_line)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = map_of("0:100000:65536 5:7");
	static const char *const malformed[] = {
		"",        "0",       "0:1:2:3", "a:1:2",  "0:-1:2",
		"0:1:",    ":0:1",    "0::1",    "0:1:2 ", " 0:1",
		"0:1:1.5", "0x0:1:2", "+0:1",    "0:1:u",  "4294967296:0:1",
	};

	check_map(&map, "0:100000:65536 5:7:1");
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		ck_assert_msg(idmap_parse_line(&map, malformed[i], &err) < 0, "%s",
			      malformed[i]);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		error_release(&err);
	}
	ck_assert_uint_eq(map.n_lines, 2);
}
END_TEST

START_TEST(test_check)
{
	static const struct {
		const char *map, *want; /* NULL: good */
	} cases[] = {
		{"0:100000:65536", NULL},
		{"0:1000:1 1:100000:65536", NULL},
		{"0:0:4294967295", NULL},
		{"4294967294:4294967294:1", NULL},
		{"5:5:1 0:0:5", NULL},
		{"", "--uidmap: a user namespace needs at least one line"},
		{"0:0:0", "--uidmap: 0:0:0 maps nothing"},
		{"4294967295:0:1",
		 "--uidmap: 4294967295:0:1 reaches beyond the highest id, 4294967294"},
		{"0:4294967295:1",
		 "--uidmap: 0:4294967295:1 reaches beyond the highest id, 4294967294"},
		{"1:0:4294967295",
		 "--uidmap: 1:0:4294967295 reaches beyond the highest id, 4294967294"},
		{"0:4294967290:10",
		 "--uidmap: 0:4294967290:10 reaches beyond the highest id, 4294967294"},
		{"0:0:10 9:100:1",
		 "--uidmap: 0:0:10 and 9:100:1 overlap inside the container"},
		{"0:0:10 10:9:1",
		 "--uidmap: 0:0:10 and 10:9:1 overlap outside the container"},
		{"0:0:10 0:0:10",
		 "--uidmap: 0:0:10 and 0:0:10 overlap inside the container"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_idmap struct idmap map = map_of(cases[i].map);
		int r = idmap_check(&map, "--uidmap", &err);
		ck_assert_msg((r == 0) == !cases[i].want, "%s: %d", cases[i].map, r);
		if (r < 0) {
			ck_assert_int_eq(err.kind, ERR_INVALID);
			ck_assert_message(&err, cases[i].want);
		}
	}
}
END_TEST

START_TEST(test_check_number_of_lines)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	for (uint32_t i = 0; i < IDMAP_LINES_MAX; i++)
		idmap_add(&map, 2 * i, 2 * i, 1);
	ck_assert_ok(idmap_check(&map, "x", &err), &err);
	cleanup_free char *text = idmap_text(&map);
	ck_assert_str_eq(strrchr(text, ' '), " 1\n");
	idmap_add(&map, 10000, 10000, 1);
	ck_assert_int_lt(idmap_check(&map, "x", &err), 0);
	ck_assert_message(&err, "x: 341 lines, the kernel takes 340");
}
END_TEST

START_TEST(test_normalize)
{
	static const struct {
		const char *map, *want;
	} cases[] = {
		{"", ""},
		{"5:5:5 0:0:5", "0:0:10"},
		{"0:0:5 5:6:5", "0:0:5 5:6:5"},
		{"0:0:5 6:6:5", "0:0:5 6:6:5"},
		{"2:102:1 1:101:1 0:100:1 10:5:1", "0:100:3 10:5:1"},
		{"0:0:4294967295", "0:0:4294967295"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_idmap struct idmap map = map_of(cases[i].map);
		idmap_normalize(&map);
		check_map(&map, cases[i].want);
	}
	/* Sums are not cut to 32 bits. */
	cleanup_idmap struct idmap huge = {0};
	idmap_add(&huge, 1, 1, UINT32_MAX);
	idmap_add(&huge, 0, 0, 1);
	idmap_normalize(&huge);
	ck_assert_uint_eq(idmap_size(&huge), 1ULL << 32);
}
END_TEST

START_TEST(test_translate)
{
	cleanup_idmap struct idmap map =
		map_of("0:1000:1 1:100000:65535 70000:4294967294:1");
	static const struct {
		uint32_t inside, outside;
	} pairs[] = {{0, 1000}, {1, 100000}, {65535, 165534}, {70000, 4294967294}};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		ck_assert_uint_eq(idmap_to_outside(&map, pairs[i].inside),
				  pairs[i].outside);
		ck_assert_uint_eq(idmap_to_inside(&map, pairs[i].outside),
				  pairs[i].inside);
	}
	ck_assert_uint_eq(idmap_to_outside(&map, 65536), IDMAP_NONE);
	ck_assert_uint_eq(idmap_to_outside(&map, IDMAP_NONE), IDMAP_NONE);
	ck_assert_uint_eq(idmap_to_inside(&map, 165535), IDMAP_NONE);
	ck_assert_uint_eq(idmap_to_inside(&map, 0), IDMAP_NONE);
	ck_assert_uint_eq(idmap_to_inside(&map, IDMAP_NONE), IDMAP_NONE);
}
END_TEST

START_TEST(test_compose)
{
	static const struct {
		const char *inner, *outer, *want, *hint;
	} cases[] = {
		{"0:0:1", "0:1000:1 1:100000:65536", "0:1000:1", NULL},
		{"0:0:65537", "0:1000:1 1:100000:65536", "0:1000:1 1:100000:65536", NULL},
		{"0:1:1000", "0:1000:1 1:100000:65536", "0:100000:1000", NULL},
		/* keep-id: one's own id in the middle */
		{"0:1:1000 1000:0:1 1001:1001:10", "0:1000:1 1:100000:65536",
		 "0:100000:1000 1000:1000:1 1001:101000:10", NULL},
		{"0:5:10", "0:100:10 10:200:10", "0:105:5 5:200:5", NULL},
		{"0:0:10", "0:100:5 5:105:5", "0:100:10", NULL},
		{"", "0:100:5", "", NULL},
		{"0:0:65538", "0:1000:1 1:100000:65536", NULL,
		 "the largest count that fits is 65537: 0:0:65537"},
		{"0:70000:10", "0:1000:1 1:100000:65536", NULL,
		 "the ids that can be mapped to are 0-65536"},
		{"0:3:10", "0:100:2 5:200:1 7:300:2", NULL,
		 "the ids that can be mapped to are 0-1, 5, 7-8"},
		{"0:4294967290:10", "0:0:4294967295", NULL,
		 "the largest count that fits is 5: 0:4294967290:5"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_idmap struct idmap inner = map_of(cases[i].inner);
		cleanup_idmap struct idmap outer = map_of(cases[i].outer);
		cleanup_idmap struct idmap got = {0};
		int r = idmap_compose(&inner, &outer, &got, &err);
		if (cases[i].want) {
			ck_assert_ok(r, &err);
			check_map(&got, cases[i].want);
			continue;
		}
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_str_eq(err.hint, cases[i].hint);
		error_release(&err);
	}
}
END_TEST

/* A map of host ids as it is written from inside of the user's namespace; and back. */
START_TEST(test_relative)
{
	static const struct {
		const char *map, *outer, *want;
	} cases[] = {
		{"0:1000:1 1:100000:65536", "0:1000:1 1:100000:65536", "0:0:65537"},
		{"0:101999:1000", "0:1000:1 1:100000:65536", "0:2000:1000"},
		{"0:100000:1000 1000:1000:1 1001:101000:10", "0:1000:1 1:100000:65536",
		 "0:1:1000 1000:0:1 1001:1001:10"},
		/* over two lines of the outer one, in whatever order they are */
		{"0:100:10", "0:105:5 5:100:5", "0:5:5 5:0:5"},
		{"0:100:10", "5:100:5 0:105:5", "0:5:5 5:0:5"},
		{"0:500:10", "0:200000:1 1:500:1000", "0:1:10"},
		{"0:4294967294:1", "0:4294967294:1", "0:0:1"},
		{"", "0:1000:1", ""},
		{"0:2000:1", "0:1000:1 1:100000:65536", NULL},
		{"0:165535:2", "0:1000:1 1:100000:65536", NULL},
		{"0:0:1", "0:1000:1 1:100000:65536", NULL},
		{"0:0:4294967295", "0:1000:1 1:100000:65536", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_idmap struct idmap map = map_of(cases[i].map);
		cleanup_idmap struct idmap outer = map_of(cases[i].outer);
		cleanup_idmap struct idmap got = {0}, back = {0};
		int r = idmap_relative(&map, &outer, &got, &err);

		if (!cases[i].want) {
			ck_assert_int_eq(r, -EINVAL);
			ck_assert_int_eq(err.kind, ERR_INVALID);
			error_release(&err);
			continue;
		}
		ck_assert_ok(r, &err);
		idmap_normalize(&got);
		check_map(&got, cases[i].want);
		ck_assert_ok(idmap_compose(&got, &outer, &back, &err), &err);
		idmap_normalize(&back);
		check_map(&back, cases[i].map);
	}
}
END_TEST

START_TEST(test_compose_says_which_id)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap inner = map_of("10:0:65538");
	cleanup_idmap struct idmap outer = map_of("0:1000:1 1:100000:65536");
	cleanup_idmap struct idmap got = {0};

	ck_assert_int_lt(idmap_compose(&inner, &outer, &got, &err), 0);
	ck_assert_message(&err, "map 10:0:65538: there is no id 65537 to map to");
}
END_TEST

START_TEST(test_small_ones)
{
	cleanup_idmap struct idmap map = map_of("0:1000:1");
	cleanup_idmap struct idmap copy = {0}, all = {0}, from_spec = {0};
	static const struct spec_id_mapping lines[] = {{0, 1000, 1}, {1, 100000, 65536}};

	ck_assert(idmap_is_single(&map, 1000));
	ck_assert(!idmap_is_single(&map, 0));
	idmap_copy(&copy, &map);
	idmap_add(&copy, 1, 100000, 65536);
	ck_assert(!idmap_is_single(&copy, 1000));
	ck_assert_uint_eq(idmap_size(&copy), 65537);
	idmap_from_spec(&from_spec, lines, 2);
	check_map(&from_spec, "0:1000:1 1:100000:65536");
	cleanup_free char *text = idmap_text(&copy);
	ck_assert_str_eq(text, "0 1000 1\n1 100000 65536\n");
	idmap_identity(&all);
	ck_assert_uint_eq(idmap_to_outside(&all, 4294967294), 4294967294);
	ck_assert_uint_eq(idmap_to_outside(&all, IDMAP_NONE), IDMAP_NONE);
	idmap_release(&copy);
	cleanup_free char *none = idmap_text(&copy);
	ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(test_read)
{
	struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};
	const char *dir = unit_dir();
	cleanup_free char *path = fs_join(dir, "map");

	ck_assert_ok(idmap_read("/proc/self/uid_map", &map, &err), &err);
	ck_assert_uint_ge(map.n_lines, 1);
	ck_assert_uint_ne(idmap_to_outside(&map, getuid()), IDMAP_NONE);

	static const char full[] =
		"         0       1000          1\n         1     100000      65536\n";
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, full, strlen(full), 0600, 0, &err),
		     &err);
	idmap_release(&map);
	ck_assert_ok(idmap_read(path, &map, &err), &err);
	check_map(&map, "0:1000:1 1:100000:65536");
	static const char *const malformed[] = {"0 1\n", "0 1 2", "x\n", "0 1 2\n\n"};
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		ck_assert_ok(fs_write_atomic(AT_FDCWD, path, malformed[i],
					     strlen(malformed[i]), 0600, 0, &err),
			     &err);
		ck_assert_int_eq(idmap_read(path, &map, &err), -EBADMSG);
	}
	ck_assert_int_eq(idmap_read("/proc/self/no_map", &map, &err), -ENOENT);
	error_release(&err);
}
END_TEST

UNIT_MAIN("idmap", test_parse_line, test_check, test_check_number_of_lines,
	  test_normalize, test_translate, test_compose, test_relative,
	  test_compose_says_which_id, test_small_ones, test_read)

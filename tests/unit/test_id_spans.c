/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of ids, and where a range goes. */
#include "engine/id_alloc.h"
#include "engine/id_spans.h"
#include "runtime/idmap.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

/* "100-199 300-300" */
static struct id_spans spans_of(const char *text)
{
	struct id_spans s = {0};
	cleanup_strv char **words = str_split(text, ' ');

	strv_foreach (word, words) {
		unsigned long long first, last;

		if (**word) {
			ck_assert_int_eq(sscanf(*word, "%llu-%llu", &first, &last), 2);
			id_spans_add(&s, first, last - first + 1);
		}
	}
	return s;
}

static void check(const struct id_spans *s, const char *want)
{
	cleanup_strv char **words = NULL;
	cleanup_free char *got = NULL;

	for (size_t i = 0; i < s->n; i++)
		strv_addf(&words, "%llu-%llu", (unsigned long long)s->items[i].start,
			  (unsigned long long)s->items[i].end - 1);
	got = strv_join(words, " ");
	ck_assert_str_eq(got, want);
}

static const struct {
	const char *set;
	uint64_t start, count;
	const char *added, *removed;
} changes[] = {
	{"", 5, 1, "5-5", ""},
	{"", 5, 0, "", ""},
	{"10-19", 20, 5, "10-24", "10-19"},
	{"10-19", 5, 5, "5-19", "10-19"},
	{"10-19", 21, 5, "10-19 21-25", "10-19"},
	{"10-19", 12, 3, "10-19", "10-11 15-19"},
	{"10-19", 0, 100, "0-99", ""},
	{"10-19 30-39", 15, 20, "10-39", "10-14 35-39"},
	{"10-19 30-39 50-59", 20, 30, "10-59", "10-19 50-59"},
	{"10-19", 4294967290, 10, "10-19 4294967290-4294967294", "10-19"},
	{"10-19", 4294967295, 1, "10-19", "10-19"},
	{"10-19", UINT64_MAX, 5, "10-19", "10-19"},
	{"10-19", 15, UINT64_MAX, "10-4294967294", "10-14"},
};

START_TEST(test_changes)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		cleanup_id_spans struct id_spans a = spans_of(changes[i].set),
						 b = spans_of(changes[i].set);

		id_spans_add(&a, changes[i].start, changes[i].count);
		check(&a, changes[i].added);
		id_spans_remove(&b, changes[i].start, changes[i].count);
		check(&b, changes[i].removed);
	}
}
END_TEST

START_TEST(test_questions)
{
	cleanup_id_spans struct id_spans s = spans_of("10-19 30-34"), both = {0};
	cleanup_id_spans struct id_spans other = spans_of("0-12 18-31 34-90");

	ck_assert_uint_eq(id_spans_total(&s), 15);
	ck_assert_uint_eq(id_spans_largest(&s), 10);
	ck_assert(id_spans_hold(&s, 10, 10));
	ck_assert(!id_spans_hold(&s, 10, 11));
	ck_assert(!id_spans_hold(&s, 20, 1));
	ck_assert(!id_spans_hold(&s, 10, UINT64_MAX));
	id_spans_intersect(&s, &other, &both);
	check(&both, "10-12 18-19 30-31 34-34");
}
END_TEST

static const struct {
	const char *pool, *free_ids;
	uint64_t count;
	int64_t want; /* -1: none */
} places[] = {
	{"100000-165535", "100000-165535", 1024, 100000},
	{"100000-165535", "101024-165535", 1024, 101024},
	{"100000-165535", "100001-165535", 1024, 101024},
	{"100000-165535", "100001-102000", 1024,
	 100001}, /* no multiple is free: anywhere */
	{"100000-165535", "100001-101000", 1024, -1},
	{"100000-165535", "100010-100020 100500-101500", 1000, 100500},
	{"100000-165535", "100000-165535", 65536, 100000},
	{"100000-165535", "100000-165535", 65537, -1},
	{"100000-165535", "", 1, -1},
	{"100000-165535", "100000-165535", 0, -1},
	{"100-199 500-899", "150-199 500-899", 100, 500},
	{"100-199 500-899", "150-199 550-899", 100, 550},
	{"100-199 500-899", "150-199 550-899", 128, 628},
	{"1-4294967294", "4294967290-4294967294", 5, 4294967290},
	{"1-4294967294", "4294967290-4294967294", 6, -1},
	{"1-4294967294", "5-4294967294", UINT64_MAX, -1},
	{"1-4294967294", "1-4294967294", 4294967294, 1},
};

START_TEST(test_places)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_id_spans struct id_spans pool = spans_of(places[i].pool),
						 rest = spans_of(places[i].free_ids);
		uint64_t start = 0;
		bool found = id_spans_find(&rest, &pool, places[i].count, &start);

		ck_assert_msg(found == (places[i].want >= 0), "case %zu", i);
		if (found)
			ck_assert_msg((int64_t)start == places[i].want, "case %zu: %llu",
				      i, (unsigned long long)start);
	}
}
END_TEST

/* Ranges of one size, one after the other, leave nothing unused. */
START_TEST(test_packing)
{
	cleanup_id_spans struct id_spans pool = spans_of("100000-165535"), rest = {0};
	uint64_t start;

	id_spans_copy(&rest, &pool);
	for (int i = 0; i < 64; i++) {
		ck_assert(id_spans_find(&rest, &pool, 1024, &start));
		ck_assert(id_spans_hold(&rest, start, 1024));
		id_spans_remove(&rest, start, 1024);
	}
	ck_assert_uint_eq(id_spans_total(&rest), 0);
	ck_assert(!id_spans_find(&rest, &pool, 1, &start));
}
END_TEST

static const struct {
	uint64_t needed, pool, want;
} sizes[] = {
	{1, 65536, 1024},      {1024, 65536, 1024},     {1025, 65536, 1025},
	{65536, 65536, 65536}, {1, 1 << 24, 65536},     {1, (1 << 24) - 1, 1024},
	{1, 100, 1024},        {70000, 1 << 30, 70000},
};

START_TEST(test_sizes)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		ck_assert_uint_eq(
			id_alloc_size(sizes[i].needed, sizes[i].pool, 1024, 65536),
			sizes[i].want);
	ck_assert_uint_eq(id_alloc_size(5, 1 << 30, 10, 100), 100);
	ck_assert_uint_eq(id_alloc_size(5, 1 << 20, 10, 100), 10);
}
END_TEST

UNIT_MAIN("id_spans", test_changes, test_questions, test_places, test_packing, test_sizes)

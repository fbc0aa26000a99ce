/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/human.h"
#include "unit.h"
#include "util/cleanup.h"
#include "util/time.h"

START_TEST(test_size)
{
	static const struct {
		int64_t bytes;
		const char *want;
	} cases[] = {
		{0, "0 B"},
		{-5, "0 B"},
		{999, "999 B"},
		{1000, "1 kB"},
		{1024, "1.02 kB"},
		{4500, "4.5 kB"},
		{78654321, "78.7 MB"},
		{999499, "999 kB"},
		{999500, "1 MB"},
		{1234567890, "1.23 GB"},
		{1500000000000, "1.5 TB"},
		{INT64_MAX, "9.22 EB"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[HUMAN_TEXT_MAX];

		ck_assert_str_eq(human_size(cases[i].bytes, text), cases[i].want);
	}
}
END_TEST

START_TEST(test_ago)
{
	char text[HUMAN_TEXT_MAX];
	int64_t day = 86400 * USEC_PER_SEC;

	ck_assert_str_eq(human_ago(day, 22 * day, text), "3 weeks ago");
	ck_assert_str_eq(human_ago(day, 0, text), "Less than a second ago");
}
END_TEST

START_TEST(test_clock)
{
	char text[HUMAN_TEXT_MAX];

	ck_assert_str_eq(human_clock(-1, text), "-:--");
	ck_assert_str_eq(human_clock(0, text), "0:00");
	ck_assert_str_eq(human_clock(7, text), "0:07");
	ck_assert_str_eq(human_clock(754, text), "12:34");
	ck_assert_str_eq(human_clock(3723, text), "1:02:03");
	ck_assert_str_eq(human_clock(INT64_MAX, text), "-:--");
}
END_TEST

UNIT_MAIN("human", test_size, test_ago, test_clock)

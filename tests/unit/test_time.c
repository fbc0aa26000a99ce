/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "unit.h"
#include "util/time.h"

START_TEST(test_rfc3339)
{
	static const struct {
		int64_t usec;
		const char *want;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000000Z"},
		{1795487526123456, "2026-11-24T02:32:06.123456Z"},
		{-1, "1969-12-31T23:59:59.999999Z"},
		{253402300799999999, "9999-12-31T23:59:59.999999Z"},
	};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t back = 0;
		ck_assert_str_eq(time_rfc3339(cases[i].usec, text), cases[i].want);
		ck_assert_int_eq(time_parse(text, &back), 0);
		ck_assert_int_eq(back, cases[i].usec);
	}
	int64_t now = time_now_usec();
	ck_assert_int_gt(now, 1700000000 * USEC_PER_SEC);
	int64_t a = time_monotonic_usec();
	ck_assert_int_ge(time_monotonic_usec(), a);
}
END_TEST

START_TEST(test_parse)
{
	static const struct {
		const char *in;
		int64_t want;
	} cases[] = {
		{"1700000000", 1700000000000000},
		{"1700000000.5", 1700000000500000},
		{"1700000000.123456789", 1700000000123456},
		{"2023-11-14T22:13:20Z", 1700000000000000},
		{"2023-11-14t22:13:20z", 1700000000000000},
		{"2023-11-14T22:13:20.123456789Z", 1700000000123456},
		{"2023-11-15T00:13:20+02:00", 1700000000000000},
		{"2023-11-14T16:43:20-05:30", 1700000000000000},
		/* in the time zone of the test, two hours east of Greenwich */
		{"2023-11-15T00:13:20", 1700000000000000},
		{"2023-11-15T00:13", 1699999980000000},
		{"2023-11-15", 1699999200000000},
		{"2024-02-29T00:00:00Z", 1709164800000000},
	};

	setenv("TZ", "TEST-2", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t got = 0;
		ck_assert_msg(time_parse(cases[i].in, &got) == 0, "%s", cases[i].in);
		ck_assert_msg(got == cases[i].want, "%s: %lld", cases[i].in,
			      (long long)got);
	}
	int64_t got = 0, now = time_now_usec();
	ck_assert_int_eq(time_parse("10m", &got), 0);
	ck_assert_int_ge(got, now - 600 * USEC_PER_SEC);
	ck_assert_int_lt(got, now - 590 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_parse_refuses)
{
	static const char *const malformed[] = {
		"",
		"yesterday",
		"2023-11",
		"2023-13-01",
		"2023-02-29",
		"2023-04-31",
		"2023-11-14T",
		"2023-11-14T25:00:00Z",
		"2023-11-14T22:60:00Z",
		"2023-11-14T22:13:20ZZ",
		"2023-11-14T22:13:20+2",
		"2023-11-14T22:13:20.Z",
		"1700000000.",
		"99999999999999999999",
		" 10m",
		"10m ",
		"10 m",
		"10x",
		"m",
		"-",
	};

	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		int64_t got = 0;
		ck_assert_msg(time_parse(malformed[i], &got) == -EINVAL, "%s",
			      malformed[i]);
	}
}
END_TEST

START_TEST(test_duration)
{
	static const struct {
		const char *in;
		int64_t want;
	} cases[] = {
		{"0", 0},
		{"10", 10000000},
		{"10s", 10000000},
		{"1h30m", 5400000000},
		{"250ms", 250000},
		{"1.5s", 1500000},
		{"1h1m1s1ms1us", 3661001001},
		{"10\xc2\xb5s", 10},
		{"1500ns", 1},
		{"-10s", -10000000},
		{"+10s", 10000000},
		{".5h", 1800000000},
		{"0.1s", 100000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t got = -1;
		ck_assert_msg(time_parse_duration(cases[i].in, &got) == 0, "%s",
			      cases[i].in);
		ck_assert_msg(got == cases[i].want, "%s: %lld", cases[i].in,
			      (long long)got);
	}
	static const char *const malformed[] = {
		"", "s", "10x", "1h-30m", "10 s", ".s", "1e3s", "9999999999999h", "1h30"};
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		int64_t got = 0;
		ck_assert_msg(time_parse_duration(malformed[i], &got) == -EINVAL, "%s",
			      malformed[i]);
	}
}
END_TEST

START_TEST(test_human)
{
	static const struct {
		int64_t sec;
		const char *want;
	} cases[] = {
		{0, "Less than a second"},
		{1, "1 second"},
		{5, "5 seconds"},
		{59, "59 seconds"},
		{60, "About a minute"},
		{119, "About a minute"},
		{120, "2 minutes"},
		{3599, "59 minutes"},
		{3600, "About an hour"},
		{3600 * 89 / 60, "About an hour"},
		{3600 * 3, "3 hours"},
		{3600 * 47, "47 hours"},
		{3600 * 48, "2 days"},
		{86400 * 13, "13 days"},
		{86400 * 14, "2 weeks"},
		{86400 * 59, "8 weeks"},
		{86400 * 60, "2 months"},
		{86400LL * 365, "12 months"},
		{86400LL * 365 * 2, "2 years"},
	};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(time_human(cases[i].sec * USEC_PER_SEC, text),
				 cases[i].want);
	ck_assert_str_eq(time_human(-5, text), "Less than a second");
}
END_TEST

START_TEST(test_go_duration)
{
	static const struct {
		int64_t usec;
		const char *want;
	} cases[] = {
		{0, "0s"},
		{7, "7µs"},
		{1000, "1ms"},
		{1500, "1.5ms"},
		{20 * 1000, "20ms"},
		{999999, "999.999ms"},
		{1000000, "1s"},
		{1000001, "1.000001s"},
		{20386825, "20.386825s"},
		{60 * USEC_PER_SEC, "1m0s"},
		{3732 * USEC_PER_SEC + 497061, "1h2m12.497061s"},
		{3600 * USEC_PER_SEC, "1h0m0s"},
		{-1500000, "-1.5s"},
		{INT64_MAX, "2562047788h0m54.775807s"},
	};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(time_go_duration(cases[i].usec, text), cases[i].want);
	ck_assert_str_eq(time_go_duration(INT64_MIN, text), "-2562047788h0m54.775807s");
}
END_TEST

UNIT_MAIN("time", test_rfc3339, test_parse, test_parse_refuses, test_duration, test_human,
	  test_go_duration)

/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/str.h"

START_TEST(test_u64)
{
	static const struct {
		const char *in;
		int want;
		uint64_t value;
	} cases[] = {
		{"0", 0, 0},
		{"42", 0, 42},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"99999999999999999999999x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1\n", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"\xd9\xa1", -EINVAL, 0}, /* a digit, but an Arabic one */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;
		ck_assert_int_eq(str_to_u64(cases[i].in, &value), cases[i].want);
		ck_assert_uint_eq(value, cases[i].value);
	}
	uint64_t value = 0;
	ck_assert_int_eq(str_to_u64(NULL, &value), -EINVAL);
}
END_TEST

START_TEST(test_other_numbers)
{
	uint32_t u = 0;
	int64_t s = 0;

	ck_assert_int_eq(str_to_u32("4294967295", &u), 0);
	ck_assert_uint_eq(u, UINT32_MAX);
	ck_assert_int_eq(str_to_u32("4294967296", &u), -ERANGE);
	ck_assert_int_eq(str_to_i64("-9223372036854775808", &s), 0);
	ck_assert_int_eq(s, INT64_MIN);
	ck_assert_int_eq(str_to_i64("9223372036854775807", &s), 0);
	ck_assert_int_eq(s, INT64_MAX);
	ck_assert_int_eq(str_to_i64("-9223372036854775809", &s), -ERANGE);
	ck_assert_int_eq(str_to_i64("9223372036854775808", &s), -ERANGE);
	ck_assert_int_eq(str_to_i64("-", &s), -EINVAL);
	ck_assert_int_eq(str_to_i64("--1", &s), -EINVAL);
	ck_assert_int_eq(str_to_i64("- 1", &s), -EINVAL);
	ck_assert_int_eq(str_to_i64(NULL, &s), -EINVAL);

	ck_assert_int_eq(str_to_mode("0755", &u), 0);
	ck_assert_uint_eq(u, 0755);
	ck_assert_int_eq(str_to_mode("7777", &u), 0);
	ck_assert_uint_eq(u, 07777);
	ck_assert_int_eq(str_to_mode("10000", &u), -ERANGE);
	ck_assert_int_eq(str_to_mode("8", &u), -EINVAL);
	ck_assert_int_eq(str_to_mode("", &u), -EINVAL);
	ck_assert_int_eq(str_to_mode("0o755", &u), -EINVAL);
}
END_TEST

START_TEST(test_size)
{
	static const struct {
		const char *in;
		int want;
		uint64_t value;
	} cases[] = {
		{"0", 0, 0},
		{"512", 0, 512},
		{"512b", 0, 512},
		{"1k", 0, 1024},
		{"1K", 0, 1024},
		{"1kb", 0, 1024},
		{"1KiB", 0, 1024},
		{"64m", 0, 64ULL << 20},
		{"1.5g", 0, 3ULL << 29},
		{"0.5k", 0, 512},
		{"2t", 0, 2ULL << 40},
		{"1.000000000000001k", 0, 1024},
		{"16383p", 0, 16383ULL << 50},
		{"16384p", -ERANGE, 0},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"18446744073709551615k", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"k", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1.5", -EINVAL, 0},
		{"1.k", -EINVAL, 0},
		{".5k", -EINVAL, 0},
		{"1 k", -EINVAL, 0},
		{"1ki", -EINVAL, 0},
		{"1kk", -EINVAL, 0},
		{"1kbb", -EINVAL, 0},
		{"1ib", -EINVAL, 0},
		{"1x", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;
		int r = str_to_size(cases[i].in, &value);
		ck_assert_msg(r == cases[i].want, "%s: %d", cases[i].in, r);
		ck_assert_msg(value == cases[i].value, "%s: %llu", cases[i].in,
			      (unsigned long long)value);
	}
}
END_TEST

START_TEST(test_compare)
{
	ck_assert(str_eq(NULL, NULL));
	ck_assert(!str_eq(NULL, ""));
	ck_assert(str_eq("a", "a"));
	ck_assert(str_starts("abc", "ab") && str_starts("abc", "") &&
		  !str_starts("ab", "abc"));
	ck_assert(str_ends("abc", "bc") && str_ends("abc", "") && !str_ends("bc", "abc"));
	ck_assert(str_empty(NULL) && str_empty("") && !str_empty(" "));
}
END_TEST

START_TEST(test_vectors)
{
	cleanup_strv char **v = NULL;

	ck_assert_uint_eq(strv_len(NULL), 0);
	ck_assert_ptr_null(strv_copy(NULL));
	for (int i = 0; i < 1000; i++)
		strv_addf(&v, "%d", i);
	ck_assert_uint_eq(strv_len(v), 1000);
	ck_assert(strv_has(v, "999") && !strv_has(v, "1000") && !strv_has(NULL, "x"));
	char **copy = strv_copy(v);
	ck_assert_str_eq(copy[512], "512");
	/* A vector that came from elsewhere has no room to spare. */
	strv_add(&copy, "end");
	strv_add(&copy, "after");
	ck_assert_str_eq(copy[1000], "end");
	ck_assert_uint_eq(strv_len(copy), 1002);
	strv_free(copy);

	char **empty = strv_copy((char *const[]){NULL});
	ck_assert_ptr_nonnull(empty);
	strv_add(&empty, "x");
	ck_assert_uint_eq(strv_len(empty), 1);
	strv_free(empty);
}
END_TEST

START_TEST(test_copies_of_every_length_can_grow)
{
	for (size_t n = 0; n < 40; n++) {
		char **v = NULL;
		for (size_t i = 0; i < n; i++)
			strv_add(&v, "item");
		char **copy = strv_copy(v);
		for (size_t i = 0; i < 40; i++)
			strv_add(&copy, "more");
		ck_assert_uint_eq(strv_len(copy), n + 40);
		strv_free(copy);
		strv_free(v);
	}
}
END_TEST

START_TEST(test_split_and_join)
{
	static const struct {
		const char *in;
		size_t n;
	} cases[] = {{"a,,b", 3}, {"", 1}, {",", 2}, {"abc", 1}, {"a,b,", 3}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_strv char **v = str_split(cases[i].in, ',');
		ck_assert_uint_eq(strv_len(v), cases[i].n);
		cleanup_free char *back = strv_join(v, ",");
		ck_assert_str_eq(back, cases[i].in);
	}
	cleanup_free char *none = strv_join(NULL, ", ");
	ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(test_nearest)
{
	static const char *const words[] = {"volume", "network", "name",
					    "memory", "rm",      NULL};
	static const struct {
		const char *typed, *want;
	} cases[] = {
		{"volmue", "volume"}, /* neighbours swapped: one mistake */
		{"volum", "volume"},  {"netwrok", "network"},
		{"nmae", "name"},     {"memroy", "memory"},
		{"xyzzy", NULL},      {"rn", NULL}, /* half of it is wrong */
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = str_nearest(cases[i].typed, words);
		ck_assert_msg(str_eq(found, cases[i].want), "%s: %s", cases[i].typed,
			      found ? found : "none");
	}
	ck_assert_ptr_null(str_nearest("volume", NULL));
}
END_TEST

START_TEST(test_visible)
{
	static const struct {
		const char *in, *keep, *want;
	} cases[] = {
		{"", "", ""},
		{"plain \"text\" \\", "", "plain \"text\" \\"},
		{"a\nb\tc", "", "a\\nb\\tc"},
		{"a\nb\tc", "\n", "a\nb\\tc"},
		{"\033[2J\007\177", "", "\\x1b[2J\\x07\\x7f"},
		{"\302\233 \303\274", "\n", "\\x9b \303\274"},
		{"\377\n", "", "\\xff\\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = str_visible(cases[i].in, cases[i].keep);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(test_quote)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"a\nb\tc\x1b[31m", "\"a\\nb\\tc\\x1b[31m\""},
		{"caf\xc3\xa9", "\"caf\xc3\xa9\""},
		{"\xff\xc3", "\"\\xff\\xc3\""},
		{"\xc2\x9b", "\"\\u009b\""}, /* CSI in one character */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = str_quote(cases[i].in);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(test_utf8)
{
	static const struct {
		const char *in;
		int want;
		uint32_t point;
	} cases[] = {
		{"a", 1, 'a'},
		{"\xc3\xa9", 2, 0xe9},
		{"\xe2\x82\xac", 3, 0x20ac},
		{"\xf0\x9f\x98\x80", 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\xf4\x90\x80\x80", -EILSEQ, 0}, /* past the end of Unicode */
		{"\xc0\x80", -EILSEQ, 0},         /* overlong */
		{"\xe0\x80\xaf", -EILSEQ, 0},
		{"\xf0\x80\x80\xaf", -EILSEQ, 0},
		{"\xed\xa0\x80", -EILSEQ, 0}, /* surrogate */
		{"\x80", -EILSEQ, 0},
		{"\xff", -EILSEQ, 0},
		{"\xc3", -EILSEQ, 0}, /* cut */
		{"\xe2\x82", -EILSEQ, 0},
		{"\xc3(", -EILSEQ, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t point = 0;
		int n = str_utf8_decode(cases[i].in, strlen(cases[i].in), &point);
		ck_assert_msg(n == cases[i].want, "case %zu: %d", i, n);
		ck_assert(n < 0 || point == cases[i].point);
		char text[16];
		snprintf(text, sizeof(text), "a%sb", cases[i].in);
		ck_assert_int_eq(str_is_utf8(text), cases[i].want > 0);
	}
}
END_TEST

UNIT_MAIN("str", test_u64, test_other_numbers, test_size, test_compare, test_vectors,
	  test_copies_of_every_length_can_grow, test_split_and_join, test_nearest,
	  test_visible, test_quote, test_utf8)

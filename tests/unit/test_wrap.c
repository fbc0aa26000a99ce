/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wrap.h"
#include "unit.h"
#include "util/buf.h"

START_TEST(test_wrap)
{
	static const struct {
		size_t columns;
		const char *first, *next, *text, *want;
	} cases[] = {
		{0, "", "", "", "\n"},
		{0, "> ", "  ", "a b  c", "> a b c\n"},
		{5, "", "", "ab cd ef", "ab cd\nef\n"},
		{5, "- ", "  ", "ab cd ef", "- ab\n  cd\n  ef\n"},
		{4, "", "", "a longer b", "a\nlonger\nb\n"},
		{5, "└ ", "│ ", "äö üü", "└ äö\n│ üü\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct wrap w = {cases[i].columns, cases[i].first, cases[i].next};
		cleanup_buf struct buf got = {0};

		buf_init(&got, 1000);
		wrap_add(&got, &w, cases[i].text);
		ck_assert_str_eq(got.data, cases[i].want);
	}
}
END_TEST

START_TEST(test_hold)
{
	char *const words[] = {(char *)"a b", (char *)"c d", (char *)"e", NULL};
	const struct wrap w = {6, "", " "};
	cleanup_free char *held = wrap_hold(words, ", "), *none = wrap_hold(NULL, ", ");
	cleanup_buf struct buf got = {0};

	buf_init(&got, 1000);
	wrap_add(&got, &w, held);
	ck_assert_str_eq(got.data, "a b,\n c d,\n e\n");
	ck_assert_str_eq(none, "");
}
END_TEST

UNIT_MAIN("wrap", test_wrap, test_hold)

/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/buf.h"
#include "util/mem.h"

START_TEST(test_grows_and_stays_terminated)
{
	cleanup_buf struct buf b;

	buf_init(&b, 100000);
	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(buf_printf(&b, "%d,", i % 10), 0);
		ck_assert_int_eq(b.data[b.len], '\0');
	}
	ck_assert_uint_eq(b.len, 20000);
	ck_assert(strncmp(b.data, "0,1,2,", 6) == 0);
	ck_assert(!b.overflow);
}
END_TEST

START_TEST(test_maximum)
{
	cleanup_buf struct buf b;

	buf_init(&b, 5);
	ck_assert_int_eq(buf_add_str(&b, "12345"), 0);
	ck_assert(!b.overflow);
	ck_assert_int_eq(buf_add_str(&b, ""), 0);
	ck_assert_int_eq(buf_add_str(&b, "6"), -E2BIG);
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "12345");

	buf_release(&b);
	buf_init(&b, 5);
	ck_assert_int_eq(buf_printf(&b, "%s-%s", "abc", "def"), -E2BIG);
	ck_assert_str_eq(b.data, "abc-d");

	buf_release(&b);
	buf_init(&b, 0);
	ck_assert_int_eq(buf_add_str(&b, "x"), -E2BIG);
	ck_assert_str_eq(b.data, "");
}
END_TEST

START_TEST(test_long_printf)
{
	cleanup_buf struct buf b;
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	buf_init(&b, 10000);
	ck_assert_int_eq(buf_printf(&b, "<%s>", text), 0);
	ck_assert_uint_eq(b.len, sizeof(text) + 1);
	ck_assert_int_eq(b.data[b.len - 1], '>');
}
END_TEST

START_TEST(test_take)
{
	cleanup_buf struct buf b;

	buf_init(&b, 10);
	char *empty = buf_take(&b);
	ck_assert_str_eq(empty, "");
	free(empty);
	ck_assert_int_eq(buf_add(&b, "a\0b", 3), 0);
	char *text = buf_take(&b);
	ck_assert(memcmp(text, "a\0b", 4) == 0);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(buf_add_str(&b, "again"), 0);
	ck_assert_str_eq(b.data, "again");
	free(text);
}
END_TEST

START_TEST(test_release_of_a_zeroed_one)
{
	struct buf b = {0};
	buf_release(&b);
	buf_release(&b);
}
END_TEST

START_TEST(test_memory_helpers)
{
	free(xmalloc(0));
	free(xreallocarray(NULL, 0, 8));
	char *copy = xmemdup("abc", 4);
	ck_assert_str_eq(copy, "abc");
	free(copy);
	copy = xasprintf("%d-%s", 7, "x");
	ck_assert_str_eq(copy, "7-x");
	free(copy);
}
END_TEST

/* A sanitizer would otherwise take the matter into its own hands. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

START_TEST(test_out_of_memory_ends_the_process)
{
	xreallocarray(NULL, SIZE_MAX / 2, 16);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("buf");
	TCase *tcase = tcase_create("buf");

	tcase_add_test(tcase, test_grows_and_stays_terminated);
	tcase_add_test(tcase, test_maximum);
	tcase_add_test(tcase, test_long_printf);
	tcase_add_test(tcase, test_take);
	tcase_add_test(tcase, test_release_of_a_zeroed_one);
	tcase_add_test(tcase, test_memory_helpers);
	tcase_add_exit_test(tcase, test_out_of_memory_ends_the_process, 125);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

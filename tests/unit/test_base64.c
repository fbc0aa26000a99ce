/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/base64.h"

#include "unit.h"
#include "util/mem.h"

/* RFC 4648, 10, and bytes of all kinds. */
START_TEST(test_both_ways)
{
	static const struct {
		const char *plain;
		size_t len;
		const char *text;
	} cases[] = {
		{"", 0, ""},
		{"f", 1, "Zg=="},
		{"ab", 2, "YWI="},
		{"foo", 3, "Zm9v"},
		{"foob", 4, "Zm9vYg=="},
		{"fooba", 5, "Zm9vYmE="},
		{"foobar", 6, "Zm9vYmFy"},
		{"\0\0\0", 3, "AAAA"},
		{"\xff\xfe\xfd\xfc", 4, "//79/A=="},
		{"\xfb\xef\xbe", 3, "++++"},
		{"a:b", 3, "YTpi"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text = base64_encode(cases[i].plain, cases[i].len);
		cleanup_free char *back = NULL, *bare_back = NULL;
		cleanup_free char *bare = xstrndup(text, strcspn(text, "="));
		size_t len = 0;
		ck_assert_str_eq(text, cases[i].text);
		ck_assert_int_eq(base64_decode(text, &back, &len), 0);
		ck_assert_uint_eq(len, cases[i].len);
		ck_assert_mem_eq(back, cases[i].plain, len + 1);
		ck_assert_int_eq(base64_decode(bare, &bare_back, &len), 0);
		ck_assert_uint_eq(len, cases[i].len);
	}
}
END_TEST

START_TEST(test_wrong)
{
	static const char *const cases[] = {
		"Z",        "Zg=",  "Zg===", "Zm8==",    "Zm9v=",
		"Zm9v====", "=",    "====",  "Zm9 v",    "Zm9v\n",
		"Zm-_",     "Zh==", "Zm9=",  "Zg==Zg==", "Z\xc3\xa4=="};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *data = NULL;
		size_t len = 0;
		ck_assert_msg(base64_decode(cases[i], &data, &len) == -EINVAL, "%s",
			      cases[i]);
		ck_assert_ptr_null(data);
	}
}
END_TEST

UNIT_MAIN("base64", test_both_ways, test_wrong)

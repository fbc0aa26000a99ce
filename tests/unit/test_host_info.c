/* SPDX-License-Identifier: Apache-2.0 */
/* What `info` is made of, and its layout. */
#include "cli/yaml.h"
#include "engine/host_info.h"
#include "unit.h"
#include "util/json.h"

START_TEST(test_uptime)
{
	static const struct {
		double seconds;
		const char *want;
	} cases[] = {
		{0, "0m 0.00s"},
		{59.5, "0m 59.50s"},
		{61, "1m 1.00s"},
		{27624, "7h 40m 24.00s (Approximately 0.32 days)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = uptime_words(cases[i].seconds);

		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(test_os_release)
{
	static const char text[] = "NAME=\"Debian GNU/Linux\"\n# ID=no\nID=debian\n"
				   "VERSION_ID='12'\nVARIANT_ID=\"\nXID=x\n";
	static const char *const cases[][2] = {
		{"NAME", "Debian GNU/Linux"}, {"ID", "debian"},  {"VERSION_ID", "12"},
		{"VARIANT_ID", "\""},         {"VERSION", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = os_release_value(text, cases[i][0]);

		ck_assert_pstr_eq(got, cases[i][1]);
	}
}
END_TEST

START_TEST(test_yaml)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{"{}", " {}\n"},
		{"{\"a\":{},\"b\":[],\"c\":null}", "a: {}\nb: []\nc: null\n"},
		{"{\"a\":{\"b\":{\"c\":1}},\"d\":true}", "a:\n  b:\n    c: 1\nd: true\n"},
		{"{\"l\":[\"x\",\"y\"]}", "l:\n- x\n- \"y\"\n"},
		{"{\"m\":[{\"i\":0,\"h\":1},{\"i\":2}]}", "m:\n- i: 0\n  h: 1\n- i: 2\n"},
		{"{\"s\":\"12\",\"t\":\"true\",\"u\":\"\",\"v\":\"a: b\",\"w\":\"a:b\"}",
		 "s: \"12\"\nt: \"true\"\nu: \"\"\nv: \"a: b\"\nw: a:b\n"},
		{"{\"v\":\"one\\ntwo\"}", "v: |-\n  one\n  two\n"},
		{"{\"n\":1.50}", "n: 1.50\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_object *o = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_buf struct buf b = {0};

		ck_assert_int_eq(
			json_parse(cases[i].json, strlen(cases[i].json), "", &o, &err),
			0);
		buf_init(&b, 1000);
		yaml_add(&b, o);
		ck_assert_str_eq(b.data, cases[i].want);
	}
}
END_TEST

UNIT_MAIN("host_info", test_uptime, test_os_release, test_yaml)

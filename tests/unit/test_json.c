/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static struct json_object *parse(const char *text)
{
	struct error err = ERROR_INIT;
	struct json_object *o = NULL;
	ck_assert_ok(json_parse(text, strlen(text), "test", &o, &err), &err);
	return o;
}

START_TEST(test_accepts)
{
	static const char *const texts[] = {
		"null",
		" true ",
		"\"\"",
		"0",
		"-0",
		"-1.5e+3",
		"[]",
		"{}",
		"[1,[2,{\"a\":[]}],\"x\"]",
		"{\"a\":1,\"b\":{\"a\":2},\"c\":[{\"a\":3},{\"a\":4}],\"A\":5}",
		"\t\r\n{ \"\" : null }\n",
		"\"\\ud83d\\ude00 \\u00e9 \\\" \\\\ \\/ \\b\\f\\n\\r\\t\"",
		"\"caf\xc3\xa9\"",
		"-9223372036854775808",
		"18446744073709551615",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_put(parse(texts[i]));
}
END_TEST

START_TEST(test_refuses)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "test: there is nothing in it"},
		{" \n", "test: there is nothing in it"},
		{"{", "test: line 1, column 2: the text ends too soon"},
		{"[1,", "test: line 1, column 4: the text ends too soon"},
		{"\"abc", "test: line 1, column 5: the text ends too soon"},
		{"{\"a\"", "test: line 1, column 5: the text ends too soon"},
		{"tru", "test: line 1, column 1: expected a value"},
		{"True", "test: line 1, column 1: expected a value"},
		{"NaN", "test: line 1, column 1: expected a value"},
		{"Infinity", "test: line 1, column 1: expected a value"},
		{"'a'", "test: line 1, column 1: expected a value"},
		{"[1 2]",
		 "test: line 1, column 4: expected a comma or ] after an element"},
		{"[1,]", "test: line 1, column 4: expected a value"},
		{"{\"a\":1,}", "test: line 1, column 8: expected a key in double quotes"},
		{"{a:1}", "test: line 1, column 2: expected a key in double quotes"},
		{"{\"a\" 1}", "test: line 1, column 6: expected a colon after the key"},
		{"{\"a\":1 \"b\":2}",
		 "test: line 1, column 8: expected a comma or } after a member"},
		{"{} {}", "test: line 1, column 4: something stands after the end"},
		{"1 // x", "test: line 1, column 3: something stands after the end"},
		{"/* x */ 1", "test: line 1, column 1: expected a value"},
		{"01", "test: line 1, column 1: a number with a leading zero"},
		{"-01", "test: line 1, column 1: a number with a leading zero"},
		{"1.", "test: line 1, column 3: the text ends too soon"},
		{"[1.]",
		 "test: line 1, column 4: expected a digit after the decimal point"},
		{"[.5]", "test: line 1, column 2: expected a value"},
		{"[+1]", "test: line 1, column 2: expected a value"},
		{"[1e]", "test: line 1, column 4: expected a digit in the exponent"},
		{"[-]", "test: line 1, column 3: expected a digit"},
		{"0x10", "test: line 1, column 2: something stands after the end"},
		{"18446744073709551616",
		 "test: line 1, column 1: a number beyond 64 bits"},
		{"-9223372036854775809",
		 "test: line 1, column 1: a number beyond 64 bits"},
		{"\"\\x41\"", "test: line 1, column 3: unknown escape in a string"},
		{"\"\\u12g4\"",
		 "test: line 1, column 6: expected four hexadecimal digits after \\u"},
		{"\"\\ud800\"", "test: line 1, column 4: half of a surrogate pair"},
		{"\"\\ude00\"", "test: line 1, column 4: half of a surrogate pair"},
		{"\"\\ud800\\u0041\"",
		 "test: line 1, column 4: half of a surrogate pair"},
		{"\"a\\u0000b\"",
		 "test: line 1, column 5: \\u0000 cannot stand in a string"},
		{"\"a\nb\"",
		 "test: line 1, column 3: a control character stands in a string (an "
		 "unclosed quote?)"},
		{"\"\xc3(\"", "test: line 1, column 2: not UTF-8"},
		{"\"\xed\xa0\x80\"", "test: line 1, column 2: not UTF-8"},
		{"\xef\xbb\xbf{}",
		 "test: line 1, column 1: a byte order mark, which JSON does not have"},
		{"{\n  \"caf\xc3\xa9\": x\n}",
		 "test: line 2, column 11: expected a value"},
		{"{\"a\":1,\n \"b\":2,\n \"a\":3}",
		 "test: line 3, column 2: the key \"a\" stands twice"},
		{"{\"a\":1,\"\\u0061\":2}",
		 "test: line 1, column 8: the key \"a\" stands twice"},
		{"[{\"x\":{\"y\":1,\"y\":1}}]",
		 "test: line 1, column 14: the key \"y\" stands twice"},
		{"{\"\":1,\"\":2}", "test: line 1, column 7: the key \"\" stands twice"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct json_object *o = NULL;
		int r = json_parse(cases[i].text, strlen(cases[i].text), "test", &o,
				   &err);
		ck_assert_msg(r < 0, "accepted: %s", cases[i].text);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_message(&err, cases[i].want);
	}
}
END_TEST

START_TEST(test_nul_bytes)
{
	static const char text[] = "{\"a\0b\":1}";
	struct error err = ERROR_INIT;
	struct json_object *o = NULL;

	ck_assert_int_lt(json_parse(text, sizeof(text) - 1, "test", &o, &err), 0);
	error_release(&err);
	ck_assert_int_lt(json_parse("1\0", 2, "test", &o, &err), 0);
	ck_assert_message(&err, "test: line 1, column 2: something stands after the end");
}
END_TEST

START_TEST(test_depth)
{
	struct error err = ERROR_INIT;
	struct json_object *o = NULL;
	char text[2 * 65 + 1] = "";

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	json_object_put(parse(text));
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	ck_assert_int_lt(json_parse(text, 130, "test", &o, &err), 0);
	ck_assert_message(&err, "test: line 1, column 65: more than 64 levels deep");

	/* Not even a million of them reaches the end of the stack. */
	size_t many = 1000000;
	cleanup_free char *bomb = xmalloc(many);
	memset(bomb, '[', many);
	ck_assert_int_lt(json_parse(bomb, many, "test", &o, &err), 0);
	error_release(&err);
}
END_TEST

START_TEST(test_many_keys)
{
	cleanup_buf struct buf b;
	struct error err = ERROR_INIT;
	struct json_object *o = NULL;

	/* n*n comparisons would take minutes, and the test's time with them. */
	buf_init(&b, 1 << 24);
	buf_add_str(&b, "{");
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "\"%d\":0,", i);
	size_t len = b.len;
	buf_add_str(&b, "\"last\":0}");
	ck_assert_ok(json_parse(b.data, b.len, "test", &o, &err), &err);
	ck_assert_int_eq(json_object_object_length(o), 200001);
	json_object_put(o);
	b.len = len;
	buf_add_str(&b, "\"77777\":0}");
	ck_assert_int_lt(json_parse(b.data, b.len, "test", &o, &err), 0);
	error_release(&err);
}
END_TEST

START_TEST(test_numbers)
{
	cleanup_json struct json_object *o = parse(
		"{\"max\":18446744073709551615,\"min\":-9223372036854775808,\"one\":1,"
		"\"half\":1.5,\"exp\":1e3,\"text\":\"1\",\"no\":null,\"big\":1e999}");
	struct error err = ERROR_INIT;
	uint64_t u = 0;
	int64_t i = 0;
	double d = 0;

	ck_assert_ok(json_to_u64(json_get(o, "max"), "max", &u, &err), &err);
	ck_assert_uint_eq(u, UINT64_MAX);
	ck_assert_ok(json_to_i64(json_get(o, "min"), "min", &i, &err), &err);
	ck_assert_int_eq(i, INT64_MIN);
	ck_assert_int_lt(json_to_i64(json_get(o, "max"), "a.max", &i, &err), 0);
	ck_assert_message(&err, "a.max: expected a number up to 9223372036854775807, got "
				"18446744073709551615");
	ck_assert_int_lt(json_to_u64(json_get(o, "min"), "a.min", &u, &err), 0);
	ck_assert_message(&err, "a.min: expected a number that is not negative, got "
				"-9223372036854775808");
	ck_assert_int_lt(json_to_u64(json_get(o, "half"), "half", &u, &err), 0);
	ck_assert_message(&err, "half: expected a whole number, got 1.5");
	ck_assert_int_lt(json_to_i64(json_get(o, "exp"), "exp", &i, &err), 0);
	ck_assert_message(&err, "exp: expected a whole number, got 1e3");
	ck_assert_int_lt(json_to_u64(json_get(o, "text"), "text", &u, &err), 0);
	ck_assert_message(&err, "text: expected a number, got \"1\"");
	ck_assert_int_lt(json_to_u64(json_get(o, "no"), "no", &u, &err), 0);
	ck_assert_message(&err, "no: expected a number, got null");
	ck_assert_ok(json_to_double(json_get(o, "half"), "half", &d, &err), &err);
	ck_assert(d > 1.49 && d < 1.51);
	ck_assert_ok(json_to_double(json_get(o, "one"), "one", &d, &err), &err);
	ck_assert_int_lt(json_to_double(json_get(o, "big"), "big", &d, &err), 0);
	error_release(&err);
}
END_TEST

START_TEST(test_other_types)
{
	cleanup_json struct json_object *o = parse(
		"{\"s\":\"x\",\"b\":false,\"v\":[\"a\",\"b\"],\"w\":[\"a\",7],\"e\":[]}");
	struct error err = ERROR_INIT;
	cleanup_strv char **v = NULL;
	const char *s = NULL;
	bool b = true;

	ck_assert_ok(json_to_str(json_get(o, "s"), "s", &s, &err), &err);
	ck_assert_str_eq(s, "x");
	ck_assert_ok(json_to_bool(json_get(o, "b"), "b", &b, &err), &err);
	ck_assert(!b);
	ck_assert_ok(json_to_strv(json_get(o, "v"), "v", &v, &err), &err);
	ck_assert_uint_eq(strv_len(v), 2);
	ck_assert_int_lt(json_to_strv(json_get(o, "w"), "process.args", &v, &err), 0);
	ck_assert_message(&err, "process.args[1]: expected a string, got 7");
	ck_assert_int_lt(json_to_strv(json_get(o, "s"), "process.args", &v, &err), 0);
	ck_assert_message(&err, "process.args: expected an array of strings, got \"x\"");
	ck_assert_int_lt(json_to_bool(json_get(o, "s"), "process.terminal", &b, &err), 0);
	ck_assert_message(&err, "process.terminal: expected true or false, got \"x\"");
	ck_assert_int_lt(json_to_str(json_get(o, "e"), "hostname", &s, &err), 0);
	ck_assert_message(&err, "hostname: expected a string, got an array");
	ck_assert_ptr_null(json_get(o, "missing"));
	ck_assert_ptr_null(json_get(json_get(o, "s"), "member of a string"));
}
END_TEST

START_TEST(test_writing)
{
	cleanup_json struct json_object *o = json_object_new_object();
	cleanup_strv char **v = str_split("a b", ' ');

	json_add_str(o, "path", "/usr/bin \"\xc3\xa9\" \n");
	json_add_str(o, "none", NULL);
	json_add_u64(o, "u", UINT64_MAX);
	json_add_i64(o, "i", INT64_MIN);
	json_add_bool(o, "b", true);
	json_add_strv(o, "v", v);
	json_add_strv(o, "e", NULL);
	json_add(o, "o", json_object_new_object());
	cleanup_free char *plain = json_text(o, false);
	ck_assert_str_eq(
		plain, "{\"path\":\"/usr/bin \\\"\xc3\xa9\\\" \\n\","
		       "\"u\":18446744073709551615,\"i\":-9223372036854775808,\"b\":true,"
		       "\"v\":[\"a\",\"b\"],\"e\":[],\"o\":{}}");
	cleanup_free char *pretty = json_text(o, true);
	ck_assert_str_eq(pretty, "{\n"
				 "  \"path\": \"/usr/bin \\\"\xc3\xa9\\\" \\n\",\n"
				 "  \"u\": 18446744073709551615,\n"
				 "  \"i\": -9223372036854775808,\n"
				 "  \"b\": true,\n"
				 "  \"v\": [\n"
				 "    \"a\",\n"
				 "    \"b\"\n"
				 "  ],\n"
				 "  \"e\": [],\n"
				 "  \"o\": {}\n"
				 "}");
	json_object_put(parse(pretty));
}
END_TEST

START_TEST(test_describe)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{"\"root\"", "\"root\""},
		{"12", "12"},
		{"true", "true"},
		{"{\"a\":1}", "an object"},
		{"[1]", "an array"},
		{"null", "null"},
		{"\"a\\u001b[31m\"", "\"a\\x1b[31m\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_object *o = parse(cases[i].json);
		cleanup_free char *got = json_describe(o);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(test_get_str)
{
	struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;
	static const char text[] = "{\"a\":\"x\",\"b\":1,\"c\":null,\"d\":\"\"}";

	ck_assert_ok(json_parse(text, strlen(text), "test", &o, &err), &err);
	ck_assert_str_eq(json_get_str(o, "a"), "x");
	ck_assert_str_eq(json_get_str(o, "d"), "");
	ck_assert_ptr_null(json_get_str(o, "b"));
	ck_assert_ptr_null(json_get_str(o, "c"));
	ck_assert_ptr_null(json_get_str(o, "e"));
	ck_assert_ptr_null(json_get_str(NULL, "a"));
}
END_TEST

UNIT_MAIN("json", test_accepts, test_refuses, test_nul_bytes, test_depth, test_many_keys,
	  test_numbers, test_other_types, test_writing, test_describe, test_get_str)

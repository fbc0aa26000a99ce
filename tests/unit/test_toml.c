/* SPDX-License-Identifier: Apache-2.0 */
#include "toml/toml.h"

#include "unit.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct good {
	const char *text, *json;
};

static void assert_good(const struct good *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_json struct json_object *o = NULL;
		cleanup_error struct error err = ERROR_INIT;
		int r = toml_parse(cases[i].text, strlen(cases[i].text), "test", &o,
				   &err);
		ck_assert_msg(r == 0, "%s\n%s", cases[i].text, err.text);
		cleanup_free char *json = json_text(o, false);
		ck_assert_msg(str_eq(json, cases[i].json), "%s\n%s\nnot\n%s",
			      cases[i].text, json, cases[i].json);
	}
}

START_TEST(test_scalars)
{
	static const struct good cases[] = {
		{"", "{}"},
		{"# nothing", "{}"},
		{" \t\r\n\n", "{}"},
		{"a = 1", "{\"a\":1}"},
		{"a=1 # x\r\nb=2", "{\"a\":1,\"b\":2}"},
		{"a = +1_000", "{\"a\":1000}"},
		{"a = -0", "{\"a\":0}"},
		{"a = 9223372036854775807", "{\"a\":9223372036854775807}"},
		{"a = -9223372036854775808", "{\"a\":-9223372036854775808}"},
		{"a = 0xDEAD_beef", "{\"a\":3735928559}"},
		{"a = 0o755", "{\"a\":493}"},
		{"a = 0b1101", "{\"a\":13}"},
		{"a = 0x00", "{\"a\":0}"},
		{"a = true\nb = false", "{\"a\":true,\"b\":false}"},
		{"a = 1.5", "{\"a\":1.5}"},
		{"a = 5e+2", "{\"a\":500.0}"},
		{"a = -1_2.5_0E-01", "{\"a\":-1.25}"},
		{"a = 0.0", "{\"a\":0.0}"},
		{"a = inf", "{\"a\":Infinity}"},
		{"a = 1979-05-27T07:32:00Z", "{\"a\":\"1979-05-27T07:32:00Z\"}"},
		{"a = 1979-05-27 00:32:00.999-07:00",
		 "{\"a\":\"1979-05-27 00:32:00.999-07:00\"}"},
		{"a = 2024-02-29", "{\"a\":\"2024-02-29\"}"},
		{"a = 1979-05-27 # a comment", "{\"a\":\"1979-05-27\"}"},
		{"a = 23:59:59", "{\"a\":\"23:59:59\"}"},
	};

	assert_good(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_strings)
{
	static const struct good cases[] = {
		{"a = \"\"", "{\"a\":\"\"}"},
		{"a = \"x\\ty\\\\ \\\" \\u00e4\\U0001F600\"",
		 "{\"a\":\"x\\ty\\\\ \\\" \xc3\xa4\xf0\x9f\x98\x80\"}"},
		{"a = 'C:\\x \"y\"'", "{\"a\":\"C:\\\\x \\\"y\\\"\"}"},
		{"a = ''", "{\"a\":\"\"}"},
		{"a = \"\"\"\nx\ny\"\"\"", "{\"a\":\"x\\ny\"}"},
		{"a = \"\"\"\r\nx\r\ny\"\"\"", "{\"a\":\"x\\ny\"}"},
		{"a = \"\"\"\n\n\"\"\"", "{\"a\":\"\\n\"}"},
		{"a = \"\"\"x \\  \n\n  y\\\n\"\"\"", "{\"a\":\"x y\"}"},
		{"a = \"\"\"\"x\"\"\"\"\"", "{\"a\":\"\\\"x\\\"\\\"\"}"},
		{"a = \"\"\"\"\"\"", "{\"a\":\"\"}"},
		{"a = '''\n'x' \\n'''''", "{\"a\":\"'x' \\\\n''\"}"},
		{"\"a b\" = 1\n'c.d' = 2\n\"\" = 3", "{\"a b\":1,\"c.d\":2,\"\":3}"},
		{"a = \"# no comment\" # one", "{\"a\":\"# no comment\"}"},
	};

	assert_good(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_structure)
{
	static const struct good cases[] = {
		{"a = []", "{\"a\":[]}"},
		{"a = [ # x\n 1,\n\n 2, # y\n ]", "{\"a\":[1,2]}"},
		{"a = [[1], ['x', {b = 1}], true]",
		 "{\"a\":[[1],[\"x\",{\"b\":1}],true]}"},
		{"a = {}", "{\"a\":{}}"},
		{"a = { b = 1, c.d = 2, c.e = 3 }",
		 "{\"a\":{\"b\":1,\"c\":{\"d\":2,\"e\":3}}}"},
		{"a.b.c = 1\na . b . \"d\" = 2", "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}"},
		{"3.1 = 2", "{\"3\":{\"1\":2}}"},
		{"-_9 = 1\ntrue = 2", "{\"-_9\":1,\"true\":2}"},
		{"[a]\n[b]\nx = 1\n[ c . d ]\n",
		 "{\"a\":{},\"b\":{\"x\":1},\"c\":{\"d\":{}}}"},
		{"[a.b]\nx=1\n[a]\ny=2", "{\"a\":{\"b\":{\"x\":1},\"y\":2}}"},
		{"[a]\nb.c = 1\n[a.b.d]\nx = 1",
		 "{\"a\":{\"b\":{\"c\":1,\"d\":{\"x\":1}}}}"},
		{"[[a]]\nx=1\n[[a]]\n[[a]]\nx=3", "{\"a\":[{\"x\":1},{},{\"x\":3}]}"},
		{"[[a]]\n[a.b]\nx=1\n[[a.c]]\n[[a.c]]\n[[a]]\n[a.b]\nx=2",
		 "{\"a\":[{\"b\":{\"x\":1},\"c\":[{},{}]},{\"b\":{\"x\":2}}]}"},
		{"[a.b.c]\n[a]\nb.d = 1", "{\"a\":{\"b\":{\"c\":{},\"d\":1}}}"},
	};

	assert_good(cases, ARRAY_SIZE(cases));
}
END_TEST

#define VALUE                                                               \
	"expected a value: a string in quotes, a number within 64 bits, a " \
	"date, true or false"

struct bad {
	const char *text, *message; /* NULL message: any */
};

static void assert_bad(const struct bad *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = NULL;
		struct error err = ERROR_INIT;
		int r = toml_parse(cases[i].text, strlen(cases[i].text), "test", &o,
				   &err);
		ck_assert_msg(r == -EINVAL, "taken: %s", cases[i].text);
		ck_assert_ptr_null(o);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert(str_starts(err.text, "test: line "));
		if (cases[i].message) {
			cleanup_free char *want = xasprintf("test: %s", cases[i].message);
			ck_assert_message(&err, want);
		}
		error_release(&err);
	}
}

START_TEST(test_wrong_words)
{
	static const struct bad cases[] = {
		{"a", "line 1, column 2: the text ends too soon"},
		{"a b", "line 1, column 3: expected '=' after the key"},
		{"a =", "line 1, column 4: the text ends too soon"},
		{"a = \n", "line 1, column 5: expected a value"},
		{"= 1", "line 1, column 1: expected a key"},
		{"a. = 1", "line 1, column 4: expected a key"},
		{".a = 1", NULL},
		{"\xc3\xa4 = 1", "line 1, column 1: expected a key"},
		{"a = 1 b = 2", "line 1, column 7: expected the line's end"},
		{"\n\n  x = 'a\n'",
		 "line 3, column 9: the string does not end on its line"},
		{"x = 'a", "line 1, column 6: the string has no end"},
		{"x = \"\"\"a\"\"", NULL},
		{"x = \"\\q\"", "line 1, column 7: unknown escape in a string"},
		{"x = \"\\u12\"", "line 1, column 10: expected a hexadecimal digit"},
		{"x = \"\\ud800\"", "line 1, column 8: there is no such character"},
		{"x = \"\\U00110000\"", NULL},
		{"x = \"\\u0000\"", "line 1, column 8: NUL cannot stand in a string"},
		{"\"\"\"a\"\"\" = 1",
		 "line 1, column 1: a key cannot be a string of several lines"},
		{"a = \xff", "line 1, column 5: not UTF-8"},
		{"# \x01", "line 1, column 3: a control character"},
		{"a = 1\r", "line 1, column 6: a control character"},
		{"a = 'x\x7f'", "line 1, column 7: a control character"},
		{"\xef\xbb\xbf"
		 "a = 1",
		 NULL},
		{"a = 01", "line 1, column 5: " VALUE},
		{"a = yes", "line 1, column 5: " VALUE},
		{"a = 1__0", NULL},
		{"a = _1", NULL},
		{"a = 1_", NULL},
		{"a = 0_1", NULL},
		{"a = +0x1", NULL},
		{"a = 0xg", NULL},
		{"a = 0x", NULL},
		{"a = 0b2", NULL},
		{"a = 9223372036854775808", NULL},
		{"a = 0x8000000000000000", NULL},
		{"a = 1.", NULL},
		{"a = .5", NULL},
		{"a = 1.e5", NULL},
		{"a = 1e", NULL},
		{"a = 1._5", NULL},
		{"a = 00.5", NULL},
		{"a = Inf", NULL},
		{"a = 1979-02-29", NULL},
		{"a = 1979-13-01", NULL},
		{"a = 1979-05-27T", NULL},
		{"a = 1979-05-27T24:00:00", NULL},
		{"a = 1979-05-27T07:32:00.", NULL},
		{"a = 1979-05-27T07:32:00+7:00", NULL},
		{"a = 07:32", NULL},
		{"a = 07:32:00Z", NULL},
	};

	assert_bad(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_wrong_structure)
{
	static const struct bad cases[] = {
		{"a = [1 2]", "line 1, column 8: expected ',' or ']' in an array"},
		{"a = [,]", NULL},
		{"a = [1,,2]", NULL},
		{"a = [1", NULL},
		{"a = {b = 1,}", "line 1, column 12: expected a key"},
		{"a = {b = 1\n}",
		 "line 1, column 11: expected ',' or '}' in an inline table"},
		{"a = {b = 1, b = 2}", "line 1, column 13: \"b\" stands twice"},
		{"a = 1\na = 2", "line 2, column 1: \"a\" stands twice"},
		{"a = 1\n\"a\" = 2", NULL},
		{"a = 1\na.b = 2",
		 "line 2, column 1: \"a\" is a value already, not a table"},
		{"a.b = 1\na = 2", NULL},
		{"a = {b = 1}\na.c = 2",
		 "line 2, column 1: \"a\" is a table that was defined elsewhere already"},
		{"a = {b.c = 1, b = 2}", NULL},
		{"a = {b = {c = 1}, b.d = 2}", NULL},
		{"a = []\n[[a]]", NULL},
		{"[a]\n[a]",
		 "line 2, column 1: \"a\" is a table that was defined already"},
		{"[a]\nb = 1\n[a.b]", NULL},
		{"a = {}\n[a.b]",
		 "line 2, column 1: \"a\" is an inline table, which is complete"},
		{"a.b = 1\n[a]", NULL},
		{"[a]\nb.c = 1\n[a.b]", NULL},
		{"[a.b.c]\nz=9\n[a]\nb.c.t=1", NULL},
		{"[[a]]\n[a]", NULL},
		{"[a]\n[[a]]", "line 2, column 1: \"a\" is something else already"},
		{"[a.b]\n[[a]]", NULL},
		{"[[a.b]]\n[a]\nb.c = 1", NULL},
		{"[a", "line 1, column 3: the text ends too soon"},
		{"[]", "line 1, column 2: expected a key"},
		{"[a]]", NULL},
		{"[[a]", "line 1, column 4: expected ']]' after the key"},
		{"[ [a] ]", NULL},
		{"[a] b = 1", NULL},
		{"[a\n]", NULL},
	};

	assert_bad(cases, ARRAY_SIZE(cases));
}
END_TEST

/* "x" repeated n times between what opens and what closes. */
static char *nested(const char *open, const char *x, size_t n, const char *close)
{
	struct buf b;

	buf_init(&b, 1 << 24);
	buf_add_str(&b, open);
	for (size_t i = 0; i < n; i++)
		buf_add_str(&b, x);
	buf_add_str(&b, close);
	return buf_take(&b);
}

START_TEST(test_deep)
{
	static const struct {
		const char *open, *x;
		size_t n;
		const char *close;
		bool good;
	} cases[] = {
		{"a", ".b", TOML_DEPTH_MAX - 1, " = 1", true},
		{"a", ".b", TOML_DEPTH_MAX, " = 1", false},
		{"[a", ".b", TOML_DEPTH_MAX - 1, "]", true},
		{"[a", ".b", TOML_DEPTH_MAX - 1, "]\nc = 1", false},
		{"[a", ".b", 100000, "]", false},
		{"a = ", "[", 100000, "", false},
		{"a = ", "{a=", 100000, "", false},
		{"a = ", "{a.b.c.d=", TOML_DEPTH_MAX / 2, "", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text =
			nested(cases[i].open, cases[i].x, cases[i].n, cases[i].close);
		cleanup_json struct json_object *o = NULL;
		struct error err = ERROR_INIT;
		int r = toml_parse(text, strlen(text), "test", &o, &err);
		ck_assert_msg(r == (cases[i].good ? 0 : -EINVAL), "%zu", i);
		if (r < 0)
			ck_assert_ptr_nonnull(strstr(err.text, "64 levels"));
		error_release(&err);
	}
	/* beside each other they are not deep */
	cleanup_free char *many = nested("", "[a.b.c.d.e.f.g]\n[[b.c]]\n", 1, "");
	cleanup_free char *pairs = nested("x = [", "{a = {b.c = [1]}},", 500, "]");
	cleanup_json struct json_object *one = NULL, *other = NULL;
	struct error err = ERROR_INIT;
	ck_assert_ok(toml_parse(many, strlen(many), "test", &one, &err), &err);
	ck_assert_ok(toml_parse(pairs, strlen(pairs), "test", &other, &err), &err);
}
END_TEST

UNIT_MAIN("toml", test_scalars, test_strings, test_structure, test_wrong_words,
	  test_wrong_structure, test_deep)

/* SPDX-License-Identifier: Apache-2.0 */
#include "build/expand.h"

#include "unit.h"
#include "util/str.h"

static const char *const vars[] = {"PWD=/home",
				   "SHELL=bash",
				   "KOREAN=\xed\x95\x9c\xea\xb5\xad",
				   "NULL=",
				   "A=old",
				   "A=x y",
				   "FILE=/a/foo/b/c.tar.gz",
				   "STARS=a***yy*",
				   "ESCAPED=()[]{}^$.*?|\\x",
				   "NEEDLE=\\*/",
				   "GLOBS=/foo*/*/*.txt",
				   "DIGITS=112233",
				   "QUOTE=\"",
				   "PORTS=80 443/tcp",
				   "BARE",
				   NULL};

struct word_case {
	const char *text, *want; /* NULL: an error */
};

static void check_words(const struct word_case *c, size_t n, char escape)
{
	const struct expand_scope scope = {(char *const *)vars, escape};

	for (size_t i = 0; i < n; i++) {
		struct error err = ERROR_INIT;
		char *got = NULL;
		int r = expand_word(c[i].text, &scope, &got, &err);

		if (!c[i].want) {
			ck_assert_msg(r < 0, "%s: %s", c[i].text, got);
			ck_assert_msg(error_is_set(&err), "%s: no sentence", c[i].text);
			error_release(&err);
			continue;
		}
		ck_assert_msg(r == 0, "%s: %s", c[i].text, err.text);
		ck_assert_msg(strcmp(got, c[i].want) == 0, "%s: %s, not %s", c[i].text,
			      got, c[i].want);
		free(got);
	}
}

START_TEST(test_quotes)
{
	static const struct word_case cases[] = {
		{"", ""},
		{"hello", "hello"},
		{"he'll'o", "hello"},
		{"he'llo", NULL},
		{"he\\'llo", "he'llo"},
		{"he\\\\'llo", NULL},
		{"abc\\tdef", "abctdef"},
		{"\"abc\\tdef\"", "abc\\tdef"},
		{"\"abc\\\\tdef\"", "abc\\tdef"},
		{"'abc\\tdef'", "abc\\tdef"},
		{"hello\\", "hello"},
		{"hello\\\\", "hello\\"},
		{"\"hello", NULL},
		{"\"hel'lo\"", "hel'lo"},
		{"'hello\\'", "hello\\"},
		{"\"''\"", "''"},
		{"$.", "$."},
		{"he$1x", "hex"},
		{"he$.x", "he$.x"},
		{"he$pwd.", "he."},
		{"he$PWD", "he/home"},
		{"he\\$PWD", "he$PWD"},
		{"he\\\\$PWD", "he\\/home"},
		{"\"he\\$PWD\"", "he$PWD"},
		{"'he\\$PWD'", "he\\$PWD"},
		{"\"he\\", NULL},
		{"$", "$"},
		{"\"$\"", "$"},
		{"a$$b", "ab"},
		{"$9x$12", "x"},
		{"$PWD_x", ""},
		{"$BARE.", "."},
		{"$A", "x y"},
		{"  a  b ", "  a  b "},
		{"$KOREAN!", "\xed\x95\x9c\xea\xb5\xad!"},
		{"\xed\x95\x9c$KOREAN", "\xed\x95\x9c\xed\x95\x9c\xea\xb5\xad"},
		{"$QUOTE$PWD", "\"/home"},
	};
	static const struct word_case backtick[] = {
		{"C:\\$PWD", "C:\\/home"},
		{"`$PWD", "$PWD"},
		{"\"`\"\\\"", "\"\\"},
		{"a`", "a"},
		{"${FILE%`**}", "/a/foo/b/c.tar.gz"},
	};

	check_words(cases, ARRAY_SIZE(cases), '\\');
	check_words(backtick, ARRAY_SIZE(backtick), '`');
}
END_TEST

START_TEST(test_braces)
{
	static const struct word_case cases[] = {
		{"he${PWD}", "he/home"},
		{"he\\${PWD}", "he${PWD}"},
		{"${}", NULL},
		{"${", NULL},
		{"${PWD", NULL},
		{"${ PWD}", NULL},
		{"${:-a}", NULL},
		{"${{PWD}}", NULL},
		{"${PWD:", NULL},
		{"${PWD:}", NULL},
		{"${PWD=x}", NULL},
		{"${PWD^^}", NULL},
		{"${#PWD}", NULL},
		{"${none}", ""},
		{"x${none}y", "xy"},
		/* - */
		{"${none:-aaa}", "aaa"},
		{"${none-aaa}", "aaa"},
		{"${NULL:-aaa}", "aaa"},
		{"${NULL-aaa}", ""},
		{"${BARE-aaa}", ""},
		{"${PWD:-aaa}", "/home"},
		{"${none:-}", ""},
		{"${none:-aaa:bbb}", "aaa:bbb"},
		{"${none:-$PWD}", "/home"},
		{"${none:-${PWD}}x", "/homex"},
		{"${none:-${other:-deep}}", "deep"},
		{"${none:-'}'}", "}"},
		{"${none:-\"a b\"}", "a b"},
		{"${none:-\\}}", "}"},
		{"${none:-a", NULL},
		{"${none:-${other:-a}", NULL},
		{"\"${none:-a\"b\"c}\"", "abc"},
		{"'${none:-a}'", "${none:-a}"},
		/* + */
		{"${PWD:+aaa}", "aaa"},
		{"${PWD+aaa}", "aaa"},
		{"${NULL:+aaa}", ""},
		{"${NULL+aaa}", "aaa"},
		{"${none:+aaa}", ""},
		{"${none+aaa}", ""},
		{"${PWD:+-${PWD}}", "-/home"},
		/* ? */
		{"${PWD:?aaa}", "/home"},
		{"${NULL?aaa}", ""},
		{"${NULL:?aaa}", NULL},
		{"${none?aaa}", NULL},
		{"${none:?}", NULL},
	};

	check_words(cases, ARRAY_SIZE(cases), '\\');
}
END_TEST

START_TEST(test_patterns)
{
	static const struct word_case cases[] = {
		{"${FILE#*/}", "a/foo/b/c.tar.gz"},
		{"${FILE##*/}", "c.tar.gz"},
		{"${FILE%.*}", "/a/foo/b/c.tar"},
		{"${FILE%%.*}", "/a/foo/b/c"},
		{"${FILE%/*}", "/a/foo/b"},
		{"${FILE#x}", "/a/foo/b/c.tar.gz"},
		{"${FILE%x}", "/a/foo/b/c.tar.gz"},
		{"${FILE#}", "/a/foo/b/c.tar.gz"},
		{"${FILE##}", "/a/foo/b/c.tar.gz"},
		{"${FILE%%}", "/a/foo/b/c.tar.gz"},
		{"${FILE#*}", "/a/foo/b/c.tar.gz"},
		{"${FILE##*}", ""},
		{"${FILE%%*}", ""},
		{"${FILE#/?/}", "foo/b/c.tar.gz"},
		{"${FILE%.??}", "/a/foo/b/c.tar"},
		{"${FILE#*o*b}", "/c.tar.gz"},
		{"${FILE##$PWD}", "/a/foo/b/c.tar.gz"},
		{"${PWD#$PWD}", ""},
		{"${none#x}", ""},
		{"${PWD:#/}", "home"},
		{"${STARS%%\\**\\*}", "a"},
		{"${STARS%\\**\\*}", "a**"},
		{"${STARS%%\\**}", "a"},
		{"${ESCAPED#()[]{\\}^$.\\*\\?|\\\\}", "x"},
		{"${KOREAN#?}", "\xea\xb5\xad"},
		{"${KOREAN%?}", "\xed\x95\x9c"},
		{"${FILE%'.gz'}", "/a/foo/b/c.tar"},
		{"\"${FILE%.gz}\"", "/a/foo/b/c.tar"},
		/* / */
		{"${FILE/foo/bar}", "/a/bar/b/c.tar.gz"},
		{"${FILE/?/}", "a/foo/b/c.tar.gz"},
		{"${FILE//\\//\\/}", "\\/a\\/foo\\/b\\/c.tar.gz"},
		{"${FILE//./_}", "/a/foo/b/c_tar_gz"},
		{"${FILE/none/x}", "/a/foo/b/c.tar.gz"},
		{"${FILE/*/x}", "x"},
		{"${FILE//*/x}", "x"},
		{"${FILE//o*b/x}", "/a/fx/c.tar.gz"},
		{"${FILE//[a-z]/x}", "/a/foo/b/c.tar.gz"},
		{"${GLOBS/$NEEDLE/.} - ${GLOBS//$NEEDLE/.}",
		 "/foo.*/*.txt - /foo..*.txt"},
		{"${DIGITS/1*2/x}", "x33"},
		{"${DIGITS//1/x}", "xx2233"},
		{"${DIGITS//?/x}", "xxxxxx"},
		{"${DIGITS//11/1}", "12233"},
		{"${DIGITS/$NULL/x}", "x112233"},
		{"${DIGITS//$NULL/x}", "x1x1x2x2x3x3x"},
		{"${NULL//$NULL/x}", "x"},
		{"${DIGITS///}", "112233"},
		{"${none///}", ""},
		{"${none/a/b}", ""},
		{"${FILE//ww}", NULL},
		{"${FILE//}", NULL},
		{"${FILE/a/b", NULL},
		{"${KOREAN//\xea\xb5\xad/!}", "\xed\x95\x9c!"},
	};

	check_words(cases, ARRAY_SIZE(cases), '\\');
}
END_TEST

START_TEST(test_lists)
{
	static const struct {
		const char *text, *words, *fields; /* joined with | */
	} cases[] = {
		{"", "", ""},
		{"  ", "", ""},
		{"a b", "a|b", "a|b"},
		{" a\t b\n", "a|b", "a|b"},
		{"$PORTS 81", "80 443/tcp|81", "80|443/tcp|81"},
		{"\"$PORTS\" 81", "80 443/tcp|81", "80 443/tcp|81"},
		{"x$PORTS", "x80 443/tcp", "x80|443/tcp"},
		{"'a b' \"c d\"e", "a b|c de", "a b|c de"},
		{"a\\ b c", "a b|c", "a b|c"},
		{"$none", "", ""},
		{"$none a ${NULL}", "a", "a"},
		{"'' a", "|a", "a"},
		{"${none:-a b} c", "a b|c", "a|b|c"},
	};
	const struct expand_scope scope = {(char *const *)vars, '\\'};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		char **words = NULL, **fields = NULL, *got;

		ck_assert_ok(expand_words(cases[i].text, &scope, &words, &err), &err);
		got = words ? strv_join(words, "|") : strdup("");
		ck_assert_str_eq(got, cases[i].words);
		free(got);
		ck_assert_ok(expand_fields(cases[i].text, &scope, &fields, &err), &err);
		got = fields ? strv_join(fields, "|") : strdup("");
		ck_assert_str_eq(got, cases[i].fields);
		free(got);
		strv_free(words);
		strv_free(fields);
	}
}
END_TEST

START_TEST(test_plain)
{
	static const struct word_case cases[] = {
		{"Hello '${PWD}' \"$SHELL\"!\n", "Hello '/home' \"bash\"!\n"},
		{"\\\n", "\n"},
		{"\\\\\n", "\\\n"},
		{"\\$PWD\n", "$PWD\n"},
		{"it's\n", "it's\n"},
		{"${none:-it's}", "it's"},
		{"", ""},
	};
	const struct expand_scope scope = {(char *const *)vars, '\\'};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		char *got = NULL;

		ck_assert_ok(expand_plain(cases[i].text, &scope, &got, &err), &err);
		ck_assert_str_eq(got, cases[i].want);
		free(got);
	}
}
END_TEST

START_TEST(test_messages)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"${none?}", "none must not be unset"},
		{"${NULL:?}", "NULL must not be empty"},
		{"${none:?say $PWD}", "none: say /home"},
		{"${PWD^}", "${PWD^: no such operator"},
		{"${PWD:x}", "${PWD:x: no such operator"},
		{"${PWD", "${ has no }"},
		{"${PWD/a}", "${NAME/ has no second /"},
		{"'a", "the single quote has no end"},
		{"\"a", "the double quote has no end"},
	};
	const struct expand_scope scope = {(char *const *)vars, '\\'};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		char *got = NULL;

		ck_assert_int_lt(expand_word(cases[i].text, &scope, &got, &err), 0);
		ck_assert_message(&err, cases[i].want);
	}
}
END_TEST

/* ENV A=$A$A, again and again. */
START_TEST(test_bounds)
{
	size_t n = EXPAND_MAX / 2 + 1;
	char *big = malloc(n + 3), *got = NULL, *deep = calloc(1, 4 * 1000 + 1);
	struct error err = ERROR_INIT;

	memcpy(big, "A=", 2);
	memset(big + 2, 'a', n);
	big[n + 2] = '\0';
	char *big_vars[] = {big, NULL};
	const struct expand_scope scope = {big_vars, '\\'};

	ck_assert_ok(expand_word("$A", &scope, &got, &err), &err);
	ck_assert_uint_eq(strlen(got), n);
	free(got);
	ck_assert_ok(expand_word("${A##*aaa*aa*a}", &scope, &got, &err), &err);
	ck_assert_str_eq(got, "");
	free(got);
	ck_assert_ok(expand_word("${A//a*b*c/x}", &scope, &got, &err), &err);
	ck_assert_uint_eq(strlen(got), n);
	free(got);
	ck_assert_int_lt(expand_word("$A$A", &scope, &got, &err), 0);
	error_release(&err);
	ck_assert_int_lt(expand_word("\"$A$A\"", &scope, &got, &err), 0);
	error_release(&err);
	ck_assert_int_lt(expand_word("${A//a/bb}", &scope, &got, &err), 0);
	error_release(&err);
	ck_assert_int_lt(expand_word("${x:-$A$A}", &scope, &got, &err), 0);
	error_release(&err);
	for (int i = 0; i < 1000; i++)
		memcpy(deep + 4 * i, "${a-", 4);
	ck_assert_int_lt(expand_word(deep, &scope, &got, &err), 0);
	error_release(&err);
	free(big);
	free(deep);
}
END_TEST

UNIT_MAIN("expand", test_quotes, test_braces, test_patterns, test_lists, test_plain,
	  test_messages, test_bounds)

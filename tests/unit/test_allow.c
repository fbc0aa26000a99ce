/* SPDX-License-Identifier: Apache-2.0 */
#include "network/allow.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/cleanup.h"
#include "util/str.h"

static const struct good {
	const char *word, *shown;
} good[] = {
	{"example.org", "example.org port 0"},
	{"Example.ORG.:443", "example.org port 443"},
	{"*.example.org", "*example.org port 0"},
	{"*.example.org:53", "*example.org port 53"},
	{"db", "db port 0"},
	{"my_db:5432", "my_db port 5432"},
	{"192.0.2.7", "192.0.2.7/32 port 0"},
	{"192.0.2.7/24", "192.0.2.0/24 port 0"},
	{"192.0.2.7/24:53", "192.0.2.0/24 port 53"},
	{"0.0.0.0/0", "0.0.0.0/0 port 0"},
	{"10.255.255.255/9", "10.128.0.0/9 port 0"},
	{"2001:db8::1", "2001:db8::1/128 port 0"},
	{"2001:db8::1/32", "2001:db8::/32 port 0"},
	{"[2001:db8::1]", "2001:db8::1/128 port 0"},
	{"[2001:db8::1]:443", "2001:db8::1/128 port 443"},
	{"[2001:db8:ff::/33]:1", "2001:db8::/33 port 1"},
	{"::/0", "::/0 port 0"},
};

static const char *const bad[] = {
	"",
	"*",
	"*.",
	"a..b",
	".a",
	"a b",
	"a:0",
	"a:65536",
	"a:http",
	"a:",
	"a/24",
	"192.0.2.7/33",
	"192.0.2.7/",
	"192.0.2.7/-1",
	"300.1.2.3",
	"1.2.3",
	"[192.0.2.7]:1",
	"[::1",
	"[::1]x",
	"[a]:1",
	"::1/129",
	"*.*.org",
	"a*.org",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org",
	"http://example.org",
	"a;drop",
	"a\n",
};

START_TEST(parses)
{
	const struct good *g = &good[_i];
	cleanup_error struct error err = ERROR_INIT;
	char address[INET6_ADDRSTRLEN], shown[400];
	struct allow_rule rule;

	ck_assert_int_eq(allow_parse(g->word, &rule, &err), 0);
	if (rule.family == AF_UNSPEC)
		(void)snprintf(shown, sizeof(shown), "%s%s port %u",
			       rule.is_wildcard ? "*" : "", rule.name, rule.port);
	else
		(void)snprintf(shown, sizeof(shown), "%s/%u port %u",
			       inet_ntop(rule.family, &rule.v4, address, sizeof(address)),
			       rule.prefix, rule.port);
	ck_assert_str_eq(shown, g->shown);
}
END_TEST

START_TEST(refuses)
{
	cleanup_error struct error err = ERROR_INIT;
	struct allow_rule rule;

	ck_assert_int_lt(allow_parse(bad[_i], &rule, &err), 0);
	ck_assert_int_eq((int)err.kind, ERR_INVALID);
	ck_assert_ptr_nonnull(err.hint);
}
END_TEST

START_TEST(names)
{
	cleanup_strv char **list =
		str_split("example.org:443,*.test.org,192.0.2.7,a;b", ',');

	ck_assert(allow_has_name(list, "example.org"));
	ck_assert(allow_has_name(list, "EXAMPLE.org."));
	ck_assert(!allow_has_name(list, "www.example.org"));
	ck_assert(!allow_has_name(list, "xexample.org"));
	ck_assert(allow_has_name(list, "a.test.org"));
	ck_assert(allow_has_name(list, "a.b.Test.org"));
	ck_assert(!allow_has_name(list, "test.org"));
	ck_assert(!allow_has_name(list, ".test.org"));
	ck_assert(!allow_has_name(list, "atest.org"));
	ck_assert(!allow_has_name(list, ""));
	ck_assert(!allow_has_name(NULL, "a"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("allow");
	TCase *t = tcase_create("allow");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, parses, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(t, refuses, 0, ARRAY_SIZE(bad));
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/challenge.h"

#include "unit.h"
#include "util/buf.h"
#include "util/str.h"

static void add_param(struct buf *b, const char *name, const char *value)
{
	if (value)
		buf_printf(b, " %s=%s", name, value);
}

/* All of them as one line: "Bearer realm=x scope=y | Basic". */
static char *flatten(const char *value)
{
	cleanup_challenges struct challenges c = {0};
	cleanup_buf struct buf b;

	buf_init(&b, 100000);
	challenges_add(&c, value);
	for (size_t i = 0; i < c.n; i++) {
		buf_printf(&b, "%s%s", i ? " | " : "", c.items[i].scheme_name);
		add_param(&b, "realm", c.items[i].realm);
		add_param(&b, "service", c.items[i].service);
		add_param(&b, "scope", c.items[i].scope);
		add_param(&b, "error", c.items[i].error);
	}
	return buf_take(&b);
}

START_TEST(test_parse)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
		 "scope=\"repository:a/b:pull,push\"",
		 "Bearer realm=https://auth.docker.io/token service=registry.docker.io "
		 "scope=repository:a/b:pull,push"},
		{"Basic realm=\"x y\"", "Basic realm=x y"},
		{"basic realm=x", "basic realm=x"},
		{"Basic", "Basic"},
		{"Basic realm = \"x\" , charset=\"UTF-8\"", "Basic realm=x"},
		{"Bearer realm=\"a\", error=\"insufficient_scope\", Basic realm=\"b\"",
		 "Bearer realm=a error=insufficient_scope | Basic realm=b"},
		{"Negotiate, Basic realm=b", "Negotiate | Basic realm=b"},
		{"Negotiate YWJj==, Basic realm=b", "Negotiate | Basic realm=b"},
		{"NTLM YWJj, Bearer realm=\"b\"", "NTLM | Bearer realm=b"},
		{"Bearer realm=\"a\\\"b\\\\\"", "Bearer realm=a\"b\\"},
		{"Bearer realm=\"a\",realm=\"b\"", "Bearer realm=a"},
		{"Bearer REALM=a,,Service=b", "Bearer realm=a service=b"},
		{"Bearer realm=\"a", "Bearer"},
		{"Bearer realm=", "Bearer"},
		{"Bearer realm=\"a\" service=b", "Bearer realm=a"},
		{"=,=", ""},
		{"", ""},
		{" , ,", ""},
		{"(x)", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = flatten(cases[i].value);

		ck_assert_msg(str_eq(got, cases[i].want), "%s: %s", cases[i].value, got);
	}
}
END_TEST

START_TEST(test_bounds)
{
	cleanup_challenges struct challenges c = {0};
	cleanup_free char *long_value = malloc(20000);

	for (int i = 0; i < 100; i++)
		challenges_add(&c, "Basic realm=a");
	ck_assert_uint_eq(c.n, CHALLENGES_MAX);
	challenges_release(&c);
	memset(long_value, 'a', 20000 - 1);
	long_value[20000 - 1] = '\0';
	memcpy(long_value, "Bearer realm=", 13);
	challenges_add(&c, long_value);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_ptr_null(c.items[0].realm);
}
END_TEST

START_TEST(test_find)
{
	cleanup_challenges struct challenges c = {0};

	ck_assert_ptr_null(challenges_find(&c, CHALLENGE_BASIC));
	challenges_add(&c, "Basic realm=a");
	challenges_add(&c, "Bearer realm=b");
	ck_assert_str_eq(challenges_find(&c, CHALLENGE_BEARER)->realm, "b");
	ck_assert_ptr_null(challenges_find(&c, CHALLENGE_OTHER));
}
END_TEST

UNIT_MAIN("challenge", test_parse, test_bounds, test_find)

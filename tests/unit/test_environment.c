/* SPDX-License-Identifier: Apache-2.0 */
/* -e, --env-file, --env-merge, --http-proxy. */
#include "engine/environment.h"
#include "unit.h"
#include "util/cleanup.h"
#include "util/mem.h"
#include "util/str.h"

static const char *const host_words[] = {
	"HOME=/home/me",    "LC_ALL=C",  "LC_TIME=de", "http_proxy=http:p",
	"HTTPS_PROXY=HS:1", "no_proxy=", "proxy=no",   NULL};

#define host ((char *const *)host_words)

static const struct add_case {
	const char *text, *want, *error;
} add_cases[] = {
	{"A=1", "OLD=x A=1", NULL},
	{"A=", "OLD=x A=", NULL},
	{"OLD=y", "OLD=y", NULL},
	{"  A=b c", "OLD=x A=b c", NULL},
	{"A", "OLD=x", NULL},
	{"HOME", "OLD=x HOME=/home/me", NULL},
	{"LC_*", "OLD=x LC_ALL=C LC_TIME=de", NULL},
	{"A=x=y", "OLD=x A=x=y", NULL},
	{"A='q'", "OLD=x A='q'", NULL},
	{"", "OLD=x", NULL},
	{"=", NULL, "expected NAME=VALUE"},
	{"=A", NULL, "expected NAME=VALUE"},
};

START_TEST(test_add)
{
	for (size_t i = 0; i < ARRAY_SIZE(add_cases); i++) {
		const struct add_case *c = &add_cases[i];
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **env = NULL;
		cleanup_free char *got = NULL;
		int r;

		strv_add(&env, "OLD=x");
		r = environment_add(&env, c->text, host, &err);
		if (c->error) {
			ck_assert_int_lt(r, 0);
			ck_assert_ptr_nonnull(strstr(err.text, c->error));
			continue;
		}
		ck_assert_ok(r, &err);
		got = strv_join(env, " ");
		ck_assert_str_eq(got, c->want);
	}
}
END_TEST

START_TEST(test_file)
{
	static const char text[] =
		"\xef\xbb\xbf# words\n\nA=1\r\n  B=two words # all of it\n"
		"   # no\nHOME\nMISSING\nC=\"q\"\nLC_*\nA=2";
	const char *dir = unit_dir();
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **env = NULL;
	cleanup_free char *path = fs_join(dir, "env"), *got = NULL;

	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, 0, &err),
		     &err);
	ck_assert_ok(environment_add_file(&env, path, host, &err), &err);
	got = strv_join(env, "|");
	ck_assert_str_eq(got,
			 "A=2|B=two words # all of it|HOME=/home/me|C=\"q\"|LC_ALL=C|"
			 "LC_TIME=de");
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, "=x\n", 3, 0600, 0, &err), &err);
	ck_assert_int_lt(environment_add_file(&env, path, host, &err), 0);
	error_release(&err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, "A\0B", 3, 0600, 0, &err), &err);
	ck_assert_int_lt(environment_add_file(&env, path, host, &err), 0);
	error_release(&err);
	ck_assert_int_lt(environment_add_file(&env, "/nowhere/at/all", host, &err), 0);
}
END_TEST

START_TEST(test_proxy)
{
	cleanup_strv char **env = NULL;
	cleanup_free char *got = NULL;

	environment_add_proxy(&env, host);
	got = strv_join(env, " ");
	ck_assert_str_eq(got, "http_proxy=http:p no_proxy= HTTPS_PROXY=HS:1");
}
END_TEST

static const struct merge_case {
	const char *text, *want, *error; /* want: of A */
} merge_cases[] = {
	{"A=b", "b", NULL},
	{"A=", "", NULL},
	{"A=${A}:/x", "old:/x", NULL},
	{"A=$A-$B_2-", "old-two-", NULL},
	{"A=$NONE.", ".", NULL},
	{"A=${NONE:-d}${A:-d}${EMPTY:-e}", "dolde", NULL},
	{"A=${NONE:+d}${A:+d}${EMPTY:+e}", "d", NULL},
	{"A=${NONE:-${A}x}", "oldx", NULL},
	{"A='$A'\"$A\"", "$Aold", NULL},
	{"A=\\$A\"\\$A\\n\"", "$A$A\\n", NULL},
	{"A=\"it's\"", "it's", NULL},
	{"A=100$", "100$", NULL},
	{"A=a=b", "a=b", NULL},
	{"NONE=x", "old", NULL},
	{"A", NULL, "expected NAME=VALUE"},
	{"=x", NULL, "expected NAME=VALUE"},
	{"A=${A", NULL, "expected ${NAME}"},
	{"A=${A:-x", NULL, "not closed"},
	{"A=${}", NULL, "without a name"},
	{"A='x", NULL, "single quote"},
	{"A=\"x", NULL, "double quote"},
	{"A=${A:?x}", NULL, "expected ${NAME}"},
	{"A=${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-${N:-x}}}}"
	 "}}}}}}}}}}}}}",
	 NULL, "nested too deeply"},
};

START_TEST(test_merge)
{
	for (size_t i = 0; i < ARRAY_SIZE(merge_cases); i++) {
		const struct merge_case *c = &merge_cases[i];
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **env = str_split("A=old,B_2=two,EMPTY=", ',');
		int r = environment_merge(&env, c->text, &err);

		if (c->error) {
			ck_assert_msg(r < 0, "%s was taken", c->text);
			ck_assert_msg(strstr(err.text, c->error) != NULL, "%s: %s",
				      c->text, err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		ck_assert_str_eq(environment_get(env, "A"), c->want);
		ck_assert_uint_eq(strv_len(env), 3);
	}
}
END_TEST

UNIT_MAIN("environment", test_add, test_file, test_proxy, test_merge)

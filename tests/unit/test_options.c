/* SPDX-License-Identifier: Apache-2.0 */
/* The option parser, as a person at the keyboard meets it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "util/str.h"

struct common {
	int64_t memory;
};

struct values {
	bool rm, tty, interactive, privileged, memory_given;
	int verbose, format, timeout;
	int64_t grace;
	uint64_t shares;
	const char *name, *hostname, *pull;
	char **env, **caps;
	struct common common;
};

static const char *const formats[] = {"table", "json", NULL};
static const char *const net_aliases[] = {"network", NULL};

static int parse_even(const struct option_match *m, struct error *err)
{
	if (m->value[0] % 2 == 0)
		return 0;
	return error_set(err, ERR_INVALID, 0, "invalid value for %s: odd", m->typed);
}

static const struct option_spec common_table[] = {
	OPT_SIZE(struct common, memory, "memory", 'm', "SIZE", "memory", .min = -1),
	OPT_END,
};

static const struct option_spec table[] = {
	OPT_BOOL(struct values, rm, "rm", 0, "remove"),
	OPT_BOOL(struct values, tty, "tty", 't', "terminal"),
	OPT_BOOL(struct values, interactive, "interactive", 'i', "keep stdin"),
	OPT_GROUP("More"),
	OPT_ROW(OPTION_COUNT, struct values, verbose, "verbose", 'v', .help = "more"),
	OPT_WORD(struct values, format, "format", 0, formats, "form"),
	OPT_INT(struct values, timeout, "timeout", 0, "N", "seconds", .min = 0,
		.max = 100),
	OPT_DURATION(struct values, grace, "grace", 0, "TIME", "time"),
	OPT_U64(struct values, shares, "shares", 'c', "N", "weight"),
	OPT_STRING(struct values, name, "name", 'n', "NAME", "name",
		   .aliases = net_aliases),
	OPT_STRING(struct values, hostname, "hostname", 'h', "NAME", "host name"),
	OPT_STRING(struct values, pull, "pull", 0, "WHEN", "pull",
		   .bare_value = "always"),
	OPT_STRV(struct values, env, "env", 'e', "NAME=VALUE", "environment"),
	OPT_LIST(struct values, caps, "cap-add", 0, "CAP", "capability"),
	OPT_CUSTOM(struct values, name, "even", 0, "N", parse_even, "even"),
	OPT_INCLUDE_AT(struct values, common, common_table),
	OPT_NOT_YET("publish", 'p'),
	OPT_END,
};

#define WORDS_MAX 16

struct outcome {
	int r;
	struct values v;
	struct error err;
	char **words; /* values point into them */
	char *args[WORDS_MAX];
	size_t n_args;
	enum help_wanted help;
};

static void outcome_release(struct outcome *o)
{
	options_release(table, &o->v);
	error_release(&o->err);
	strv_free(o->words);
}

/* Words are separated by blanks. */
static void parse(const char *line, bool stop_at_first, struct outcome *o)
{
	struct options_parse p = {
		.table = table,
		.values = &o->v,
		.see = "cubby run",
		.stop_at_first = stop_at_first,
		.ret_help = &o->help,
		.ret_args = o->args,
		.ret_n_args = &o->n_args,
	};

	o->words = *line ? str_split(line, ' ') : NULL;
	o->r = options_parse(&p, (int)strv_len(o->words), o->words, &o->err);
}

#define PARSE(line, stop)                                \
	cleanup(outcome_release) struct outcome o = {0}; \
	parse(line, stop, &o)

START_TEST(every_form_of_a_value)
{
	PARSE("--name one --env=A=1 -e B=2 -eC=3 -e=D=4 --shares 5 -c6", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert_str_eq(o.v.name, "one");
	ck_assert_uint_eq(strv_len(o.v.env), 4);
	ck_assert_str_eq(o.v.env[0], "A=1");
	ck_assert_str_eq(o.v.env[2], "C=3");
	ck_assert_str_eq(o.v.env[3], "D=4");
	ck_assert_uint_eq(o.v.shares, 6);
}
END_TEST

START_TEST(bundled_letters)
{
	PARSE("-itvv -itn web", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert(o.v.interactive && o.v.tty);
	ck_assert_int_eq(o.v.verbose, 2);
	ck_assert_str_eq(o.v.name, "web");
}
END_TEST

START_TEST(booleans_take_a_value_only_after_equals)
{
	PARSE("--rm=false --tty=true --interactive false", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert(!o.v.rm && o.v.tty && o.v.interactive);
	ck_assert_uint_eq(o.n_args, 1);
	ck_assert_str_eq(o.args[0], "false");
}
END_TEST

START_TEST(words_after_the_image_belong_to_the_container)
{
	PARSE("--rm busybox ls -l --name x -- y", true);
	ck_assert_int_eq(o.r, 0);
	ck_assert_uint_eq(o.n_args, 7);
	ck_assert_str_eq(o.args[2], "-l");
	ck_assert_str_eq(o.args[5], "--");
	ck_assert_ptr_null(o.v.name);
}
END_TEST

START_TEST(options_may_stand_after_arguments_elsewhere)
{
	PARSE("one --name x two -- --rm -", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert_uint_eq(o.n_args, 4);
	ck_assert_str_eq(o.args[2], "--rm");
	ck_assert_str_eq(o.args[3], "-");
	ck_assert_str_eq(o.v.name, "x");
	ck_assert(!o.v.rm);
}
END_TEST

START_TEST(values_of_each_type)
{
	PARSE("--format json --timeout 7 --grace 1m30s -m 1.5g --cap-add A,B --cap-add C --network n",
	      false);
	ck_assert_int_eq(o.r, 0);
	ck_assert_int_eq(o.v.format, 1);
	ck_assert_int_eq(o.v.timeout, 7);
	ck_assert_int_eq(o.v.grace, 90000000);
	ck_assert_int_eq(o.v.common.memory, 1610612736);
	ck_assert_uint_eq(strv_len(o.v.caps), 3);
	ck_assert_str_eq(o.v.name, "n");
}
END_TEST

START_TEST(minus_one_is_a_value)
{
	PARSE("--memory -1", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert_int_eq(o.v.common.memory, -1);
}
END_TEST

START_TEST(a_bare_value_never_takes_the_next_word)
{
	PARSE("--pull image", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert_str_eq(o.v.pull, "always");
	ck_assert_str_eq(o.args[0], "image");
}
END_TEST

START_TEST(help_ends_the_line)
{
	PARSE("--rm --help --nonsense", false);
	ck_assert_int_eq(o.r, 0);
	ck_assert(o.help);
}
END_TEST

static const struct {
	const char *line, *text, *hint;
	enum error_kind kind;
} failures[] = {
	{"--nmae x", "unknown flag: --nmae",
	 "did you mean --name?\nSee 'cubby run --help'", ERR_INVALID},
	{"--frobnicate", "unknown flag: --frobnicate", "See 'cubby run --help'",
	 ERR_INVALID},
	{"-itz", "unknown shorthand flag: 'z' in -itz", "See 'cubby run --help'",
	 ERR_INVALID},
	{"--name", "flag needs an argument: --name", "See 'cubby run --help'",
	 ERR_INVALID},
	{"-itn", "flag needs an argument: -n", "See 'cubby run --help'", ERR_INVALID},
	{"--publish 80:80", "--publish is not supported yet", "See 'cubby run --help'",
	 ERR_UNSUPPORTED},
	{"-p 80:80", "-p is not supported yet", "See 'cubby run --help'",
	 ERR_UNSUPPORTED},
	{"--rm=maybe", "invalid value \"maybe\" for --rm: expected true or false",
	 "See 'cubby run --help'", ERR_INVALID},
	{"--format yaml",
	 "invalid value \"yaml\" for --format: expected one of table, json",
	 "See 'cubby run --help'", ERR_INVALID},
	{"--timeout 101",
	 "invalid value \"101\" for --timeout: expected a whole number from 0 to 100",
	 "See 'cubby run --help'", ERR_INVALID},
	{"--timeout 1x",
	 "invalid value \"1x\" for --timeout: expected a whole number from 0 to 100",
	 "See 'cubby run --help'", ERR_INVALID},
	{"--shares -1",
	 "invalid value \"-1\" for --shares: expected a whole number, not negative",
	 "See 'cubby run --help'", ERR_INVALID},
	{"--memory lots",
	 "invalid value \"lots\" for --memory: expected a size such as 512m or 2g",
	 "See 'cubby run --help'", ERR_INVALID},
	{"-v=2", "-v takes no value", "See 'cubby run --help'", ERR_INVALID},
	{"--even 1", "invalid value for --even: odd", "See 'cubby run --help'",
	 ERR_INVALID},
};

START_TEST(mistakes_get_a_sentence_and_a_hint)
{
	PARSE(failures[_i].line, false);
	ck_assert_int_lt(o.r, 0);
	ck_assert_str_eq(o.err.text, failures[_i].text);
	ck_assert_str_eq(o.err.hint, failures[_i].hint);
	ck_assert_int_eq(o.err.kind, failures[_i].kind);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("parse");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_form_of_a_value);
	tcase_add_test(tc, bundled_letters);
	tcase_add_test(tc, booleans_take_a_value_only_after_equals);
	tcase_add_test(tc, words_after_the_image_belong_to_the_container);
	tcase_add_test(tc, options_may_stand_after_arguments_elsewhere);
	tcase_add_test(tc, values_of_each_type);
	tcase_add_test(tc, minus_one_is_a_value);
	tcase_add_test(tc, a_bare_value_never_takes_the_next_word);
	tcase_add_test(tc, help_ends_the_line);
	tcase_add_loop_test(tc, mistakes_get_a_sentence_and_a_hint, 0,
			    ARRAY_SIZE(failures));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/health_config.h"
#include "engine/health_record.h"
#include "engine/health_state.h"
#include "spec/image.h"
#include "unit.h"
#include "util/error.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

/* want: the words of the test with '|' between; NULL: refused */
static const struct {
	const char *text, *want;
} tests[] = {
	{"curl -f http://x/ || exit 1", "CMD-SHELL|curl -f http://x/ || exit 1"},
	{"true", "CMD-SHELL|true"},
	{"[\"true\"]", "CMD-SHELL|true"},
	{"[\"test\", \"-e\", \"a b\"]", "CMD|test|-e|a b"},
	{"[\"CMD\", \"true\"]", "CMD|true"},
	{"[\"CMD-SHELL\", \"exit 1\"]", "CMD-SHELL|exit 1"},
	{"[\"NONE\"]", "NONE"},
	{"none", "NONE"},
	{"NONE", "NONE"},
	{"CMD-SHELL exit 1", "CMD-SHELL|exit 1"},
	{"CMD true", "CMD-SHELL|true"},
	{"[ -e /x ]", "CMD-SHELL|[ -e /x ]"}, /* no JSON: the shell's */
	{"[1]", "CMD-SHELL|[1]"},
	{"", NULL},
	{"[]", NULL},
	{"[\"CMD\"]", NULL},
	{"CMD ", NULL},
};

START_TEST(test_commands)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **got = NULL;
		cleanup_free char *text = NULL;
		int r = health_test_parse("--health-cmd", tests[i].text, &got, &err);

		ck_assert_msg((r < 0) == (tests[i].want == NULL), "%s: %d", tests[i].text,
			      r);
		if (r < 0)
			continue;
		text = strv_join(got, "|");
		ck_assert_str_eq(text, tests[i].want);
	}
}
END_TEST

START_TEST(test_what_is_run)
{
	char *shell[] = {(char *)"CMD-SHELL", (char *)"exit 1", NULL};
	char *words[] = {(char *)"CMD", (char *)"test", (char *)"-e", NULL};
	cleanup_strv char **a = health_test_command(shell),
			  **b = health_test_command(words);
	cleanup_free char *first = strv_join(a, "|"), *second = strv_join(b, "|");

	ck_assert_str_eq(first, "/bin/sh|-c|exit 1");
	ck_assert_str_eq(second, "test|-e");
}
END_TEST

START_TEST(test_defaults_and_image)
{
	char *words[] = {(char *)"CMD", (char *)"true", NULL};
	const struct image_healthcheck image = {
		.test = words, .interval = 5000000000, .retries = 7};
	struct health_options o = HEALTH_OPTIONS_INIT;
	cleanup_health_config struct health_config none = {0}, from_image = {0},
						   ours = {0}, off = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_eq(health_config_make(&o, NULL, &none, &err), 0);
	ck_assert(!health_config_has_check(&none) && !none.test);
	o.timeout = "4s";
	ck_assert_int_eq(health_config_make(&o, &image, &from_image, &err), 0);
	ck_assert(health_config_has_check(&from_image));
	ck_assert_int_eq(from_image.interval, 5 * USEC_PER_SEC);
	ck_assert_int_eq(from_image.timeout, 4 * USEC_PER_SEC);
	ck_assert_int_eq(from_image.retries, 7);
	ck_assert_int_eq(from_image.max_log_count, 5);
	o.cmd = "false";
	o.interval = "disable";
	ck_assert_int_eq(health_config_make(&o, &image, &ours, &err), 0);
	ck_assert_str_eq(ours.test[1], "false");
	ck_assert_int_eq(ours.interval, 0);
	ck_assert_int_eq(ours.retries, 3); /* the image's are of the image's check */
	o = HEALTH_OPTIONS_INIT;
	o.none = true;
	ck_assert_int_eq(health_config_make(&o, &image, &off, &err), 0);
	ck_assert(!health_config_has_check(&off));
	ck_assert_str_eq(off.test[0], "NONE");
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		struct health_options o;
		const char *words;
	} cases[] = {
		{{.cmd = "a", .none = true}, "both"},
		{{.interval = "5s"}, "no health check"},
		{{.cmd = "none", .interval = "5s"}, "no health check"},
		{{.cmd = "a", .interval = "soon"}, "invalid duration"},
		{{.cmd = "a", .interval = "1ms"}, "at least 100ms"},
		{{.cmd = "a", .timeout = "10ms"}, "at least 1 second"},
		{{.cmd = "a", .on_failure = "explode"}, "expected none"},
		{{.cmd = "a", .startup_interval = "5s"}, "--health-startup-cmd"},
		{{.cmd = "a", .startup_cmd = ""}, "must define"},
		{{.cmd = ""}, "must define"},
		{{.cmd = "a", .log_destination = ""}, "expected local"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_health_config struct health_config c = {0};
		cleanup_error struct error err = ERROR_INIT;
		struct health_options o = cases[i].o;

		o.retries = o.startup_retries = o.startup_success = -1;
		o.max_log_count = o.max_log_size = -1;
		ck_assert_msg(health_config_make(&o, NULL, &c, &err) < 0, "case %zu", i);
		ck_assert_msg(strstr(err.text, cases[i].words) != NULL, "%s", err.text);
	}
}
END_TEST

/* results: '+' and '-', a second each; want: after each s(tarting), h(ealthy), u(nhealthy),
 * upper case where something is to be done. */
static const struct {
	const char *results, *want;
	int64_t retries, start_period_sec, startup_retries, startup_success;
	bool startup;
} stories[] = {
	{"+++", "hhh", 3, 0, 0, 0, false},
	{"---+", "ssUh", 3, 0, 0, 0, false},
	{"--+--", "sshhh", 3, 0, 0, 0, false},
	{"----", "ssUU", 3, 0, 0, 0, false},
	{"-----+", "ssssUh", 2, 3, 0, 0, false}, /* three do not count */
	{"-", "U", 1, 0, 0, 0, false},
	{"--+-", "sssU", 1, 0, 0, 0, true}, /* only the last is the health check's */
	{"+++-", "ssss", 2, 0, 0, 3, true},
	{"++-+++-", "ssssssU", 1, 0, 0, 3, true}, /* in a row */
	{"---+", "ssSs", 3, 0, 3, 0, true},
	{"--+", "sss", 3, 0, 3, 0, true},
};

START_TEST(test_stories)
{
	char *test[] = {(char *)"CMD", (char *)"x", NULL};

	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		const struct health_config c = {
			.test = test,
			.startup_test = stories[i].startup ? test : NULL,
			.retries = stories[i].retries,
			.start_period = stories[i].start_period_sec * USEC_PER_SEC,
			.startup_retries = stories[i].startup_retries,
			.startup_success = stories[i].startup_success,
			.on_failure = HEALTH_ACTION_KILL,
		};
		struct health_state s = health_state_begin(&c);

		for (size_t k = 0; stories[i].results[k]; k++) {
			enum health_action action =
				health_state_step(&c, &s, stories[i].results[k] == '+',
						  (int64_t)k * USEC_PER_SEC);
			char got = health_status_word(s.status)[0];

			if (action != HEALTH_ACTION_NONE)
				got = (char)(got - 'a' + 'A');
			ck_assert_msg(got == stories[i].want[k],
				      "story %zu, step %zu: %c", i, k, got);
		}
	}
}
END_TEST

START_TEST(test_intervals)
{
	char *test[] = {(char *)"CMD", (char *)"x", NULL};
	const struct health_config c = {
		.test = test,
		.startup_test = test,
		.interval = 7,
		.startup_interval = 2,
		.start_interval = 3,
		.start_period = 5,
		.retries = 1,
	};
	struct health_state s = health_state_begin(&c);

	ck_assert_int_eq(health_state_interval(&c, &s, 0), 2);
	(void)health_state_step(&c, &s, true, 0);
	ck_assert_int_eq(health_state_interval(&c, &s, 4), 3);
	ck_assert_int_eq(health_state_interval(&c, &s, 5), 7);
	(void)health_state_step(&c, &s, true, 0);
	ck_assert_int_eq(health_state_interval(&c, &s, 4), 7);
}
END_TEST

START_TEST(test_record)
{
	const struct health_config c = {.max_log_count = 2, .max_log_size = 3};
	cleanup_health_record struct health_record r = {.init = "1:2:b"}, back = {0};
	cleanup_free char *text = NULL;

	r.state = (struct health_state){
		.status = HEALTH_UNHEALTHY, .streak = 4, .started = true, .startup = -2};
	r.log = json_object_new_array();
	for (int i = 0; i < 4; i++) {
		char output[] = "0\001234";
		struct health_result result = {.exit_code = i, .output = output};

		output[0] = (char)('0' + i);
		health_record_add(&r, &c, &result);
	}
	text = health_record_text(&r);
	ck_assert_int_eq(health_record_parse(text, strlen(text), "1:2:b", &back), 0);
	ck_assert_int_eq(back.state.status, HEALTH_UNHEALTHY);
	ck_assert_int_eq(back.state.streak, 4);
	ck_assert_int_eq(back.state.startup, -2);
	ck_assert(back.state.started);
	ck_assert_uint_eq(json_object_array_length(back.log), 2);
	ck_assert_int_eq(
		strlen(json_get_str(json_object_array_get_idx(back.log, 0), "Output")),
		3);
	/* another run's */
	ck_assert_int_eq(health_record_parse(text, strlen(text), "1:3:b", &back),
			 -EBADMSG);
}
END_TEST

START_TEST(test_bad_records)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"null",
		"{\"Status\":\"healthy\"}",
		"{\"Status\":\"grand\",\"FailingStreak\":0,\"Run\":{\"Init\":\"\",\"Started\":true,\"Startup\":0}}",
		"{\"Status\":\"healthy\",\"FailingStreak\":0,\"Run\":7}",
		"{\"Status\":\"healthy\",\"FailingStreak\":\"x\",\"Run\":{\"Init\":\"\",\"Started\":true,\"Startup\":0}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct health_record r = {0};

		ck_assert_msg(health_record_parse(texts[i], strlen(texts[i]), NULL, &r) ==
				      -EBADMSG,
			      "%s", texts[i]);
	}
}
END_TEST

UNIT_MAIN("health", test_record, test_bad_records, test_commands, test_what_is_run,
	  test_defaults_and_image, test_refused, test_stories, test_intervals)

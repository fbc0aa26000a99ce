/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's pure parts; the program as a whole is tested by
 * tests/integration/test_monitor.py. */
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "monitor/clock.h"
#include "monitor/escape.h"
#include "monitor/notify.h"
#include "monitor/options.h"
#include "monitor/text.h"
#include "unit.h"

START_TEST(test_stamp)
{
	/* some five hundred years, in steps that meet every hour, minute, second and day
	 */
	for (int64_t t = 0; t < 16725225600; t += 86400 * 3 + 3661 * 7) {
		const struct timespec when = {.tv_sec = t, .tv_nsec = 1002003};
		char got[CLOCK_STAMP_LEN + 1] = "", want[64];
		time_t seconds = t;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.001002003Z", &tm);
		ck_assert_ptr_eq(clock_stamp(got, &when), got + CLOCK_STAMP_LEN);
		ck_assert_str_eq(got, want);
	}
}
END_TEST

START_TEST(test_stamp_before_the_epoch)
{
	const struct timespec when = {.tv_sec = -5};
	char got[CLOCK_STAMP_LEN + 1] = "";

	clock_stamp(got, &when);
	ck_assert_str_eq(got, "1970-01-01T00:00:00.000000000Z");
}
END_TEST

START_TEST(test_poll_timeout)
{
	static const struct {
		int64_t deadline, now;
		int want;
	} cases[] = {
		{CLOCK_NEVER, 5, -1},
		{5, 5, 0},
		{4, 5, 0},
		{6, 5, 1}, /* rounded up: 0 would be a busy loop */
		{1005, 5, 1},
		{1006, 5, 2},
		{INT64_MAX - 1, 0, INT_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_int_eq(clock_poll_timeout(cases[i].deadline, cases[i].now),
				 cases[i].want);
}
END_TEST

START_TEST(test_numbers)
{
	static const struct {
		const char *text;
		int result;
		int64_t want;
	} cases[] = {
		{"0", 0, 0},
		{"-1", 0, -1},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"0x1", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[TEXT_I64_MAX + 1] = "";
		int64_t got = 0;

		ck_assert_int_eq(text_to_i64(cases[i].text, &got), cases[i].result);
		if (cases[i].result < 0)
			continue;
		ck_assert(got == cases[i].want);
		text_put_i64(text, got);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(test_options)
{
	const char *argv[] = {"monitor",    "--pid", "7",        "--dir-fd", "3",
			      "--sync",     "1",     "--out-fd", "4",        "--",
			      "/bin/clean", "up",    NULL};
	int fds[MONITOR_OPTION_FDS];
	struct monitor_options o;
	const char *wrong;

	ck_assert_int_eq(monitor_options_parse(12, (char **)argv, &o, &wrong), 0);
	ck_assert_int_eq(o.pid, 7);
	ck_assert_int_eq(o.sync, 1);
	ck_assert_int_eq(o.log_fd, -1);
	ck_assert_int_eq(o.log_max_files, 1);
	ck_assert_int_eq(o.stop_signal, SIGTERM);
	ck_assert_int_eq(o.stop_timeout, -1);
	ck_assert_str_eq(o.cleanup[0], "/bin/clean");
	ck_assert_str_eq(o.cleanup[1], "up");
	ck_assert_ptr_null(o.cleanup[2]);
	ck_assert_int_eq(monitor_options_fds(&o, fds), 2);
}
END_TEST

START_TEST(test_wrong_options)
{
	static const struct {
		const char *argv[9];
		int argc;
		const char *wrong;
	} cases[] = {
		{{"monitor", "--pid", "7"}, 3, "--dir-fd"},
		{{"monitor", "--pid"}, 2, "--pid"},
		{{"monitor", "--pid", "0", "--dir-fd", "3"}, 5, "--pid"},
		{{"monitor", "--pid", "7", "--dir-fd", "2"}, 5, "--dir-fd"},
		{{"monitor", "--pid", "7", "--dir-fd", "3", "--stop-signal", "65"},
		 7,
		 "--stop-signal"},
		{{"monitor", "--pid", "7", "--dir-fd", "3", "--stop-timeout", "-1"},
		 7,
		 "--stop-timeout"},
		{{"monitor", "--sync", "2"}, 3, "--sync"},
		{{"monitor", "--log-max-files", "0"}, 3, "--log-max-files"},
		{{"monitor", "--log-name", ""}, 3, "--log-name"},
		{{"monitor", "--log-cri", "2"}, 3, "--log-cri"},
		{{"monitor", "--pid=7", "x"}, 3, "--pid=7"},
		{{"monitor", "--pid", "7", "--dir-fd", "3", "--tty-fd", "4", "--"},
		 8,
		 NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct monitor_options o;
		const char *wrong = NULL;
		int r = monitor_options_parse(cases[i].argc, (char **)cases[i].argv, &o,
					      &wrong);

		ck_assert_int_eq(r, cases[i].wrong ? -EINVAL : 0);
		if (cases[i].wrong)
			ck_assert_str_eq(wrong, cases[i].wrong);
	}
}
END_TEST

START_TEST(test_pipes_or_terminal)
{
	const char *argv[] = {"monitor",  "--pid", "7",       "--dir-fd", "3",
			      "--tty-fd", "4",     "--in-fd", "5",        NULL};
	struct monitor_options o;
	const char *wrong;

	ck_assert_int_eq(monitor_options_parse(9, (char **)argv, &o, &wrong), -EINVAL);
	ck_assert_str_eq(wrong, "--tty-fd");
}
END_TEST

START_TEST(test_escape)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"plain text", "plain text"},
		{"\"\\\n\r\t\b", "\\\"\\\\\\n\\r\\u0009\\u0008"},
		{"<a>&", "\\u003ca\\u003e\\u0026"},
		{"\x01\x1f\x7f", "\\u0001\\u001f\x7f"},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\\u2028\\u2029\xe2\x80\xaa"},
		{"\xff\x80", "\\ufffd\\ufffd"},
		{"\xc0\x80", "\\ufffd\\ufffd"},                       /* overlong */
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            /* a surrogate */
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* too large */
		{"a\xe2\x82", "a\\ufffd\\ufffd"},                     /* cut off */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const unsigned char *in = (const unsigned char *)cases[i].in;
		char out[128];
		size_t used,
			n = escape_json(in, strlen(cases[i].in), out, sizeof(out), &used);

		ck_assert_uint_eq(used, strlen(cases[i].in));
		ck_assert_uint_eq(n, strlen(cases[i].want));
		ck_assert_mem_eq(out, cases[i].want, n);
	}
}
END_TEST

START_TEST(test_boundary)
{
	static const struct {
		const char *in;
		size_t want;
	} cases[] = {
		{"", 0},
		{"abc", 3},
		{"ab\xc3", 2},
		{"ab\xc3\xa9", 4},
		{"\xe2", 0},
		{"a\xe2\x82", 1},
		{"a\xe2\x82\xac", 4},
		{"a\xf0\x9f\x98", 1},
		{"a\xff", 2},
		{"a\x80\x80\x80", 4},
		{"a\xc0", 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_uint_eq(escape_boundary((const unsigned char *)cases[i].in,
						  strlen(cases[i].in)),
				  cases[i].want);
}
END_TEST

START_TEST(test_notify)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"READY=1", "READY=1"},
		{"READY=1\n", "READY=1\n"},
		{"STATUS=half way\nREADY=1", "STATUS=half way\nREADY=1"},
		{"MAINPID=7\nREADY=1\nFDSTORE=1\nSTATUS=x\n", "READY=1\nSTATUS=x\n"},
		{"READY=12", ""},
		{"READY=", ""},
		{"XREADY=1", ""},
		{"MAINPID=1", ""},
		{"WATCHDOG=trigger", ""},
		{"", ""},
		{"\n\n", ""},
		{"MAINPID=1\nERRNO=2", "ERRNO=2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[128];
		size_t len = strlen(cases[i].in);

		memcpy(text, cases[i].in, len);
		len = notify_filter(text, len);
		ck_assert_uint_eq(len, strlen(cases[i].want));
		ck_assert_mem_eq(text, cases[i].want, len);
	}
}
END_TEST

UNIT_MAIN("monitor", test_notify, test_stamp, test_stamp_before_the_epoch,
	  test_poll_timeout, test_numbers, test_options, test_wrong_options,
	  test_pipes_or_terminal, test_escape, test_boundary)

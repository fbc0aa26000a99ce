/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "unit.h"
#include "util/signals.h"

START_TEST(test_parse)
{
	const struct {
		const char *in;
		int want;
	} cases[] = {
		{"TERM", SIGTERM},
		{"SIGTERM", SIGTERM},
		{"sigterm", SIGTERM},
		{"Term", SIGTERM},
		{"15", 15},
		{"1", 1},
		{"64", 64},
		{"IOT", SIGABRT},
		{"CLD", SIGCHLD},
		{"POLL", SIGIO},
		{"RTMIN", SIGRTMIN},
		{"SIGRTMIN+3", SIGRTMIN + 3},
		{"rtmin+3", SIGRTMIN + 3},
		{"RTMAX", SIGRTMAX},
		{"SIGRTMAX-2", SIGRTMAX - 2},
		{"WINCH", SIGWINCH},
	};
	static const char *const malformed[] =
		{
			"",           "0",          "65",      "-1",      "TERM ",
			"SIG",        "SIGSIGTERM", "FROB",    "RTMIN-",  "RTMIN+",
			"RTMIN+x",    "RTMIN+31",   "RTMAX+1", "RTMIN-1", "15x",
			"4294967311", /* 15, if cut to 32 bits */
		};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int sig = 0;
		ck_assert_msg(signal_parse(cases[i].in, &sig) == 0, "%s", cases[i].in);
		ck_assert_msg(sig == cases[i].want, "%s: %d", cases[i].in, sig);
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		int sig = 0;
		ck_assert_msg(signal_parse(malformed[i], &sig) == -EINVAL, "%s",
			      malformed[i]);
	}
}
END_TEST

START_TEST(test_name)
{
	char name[SIGNAL_NAME_MAX];

	ck_assert_str_eq(signal_name(SIGTERM, name), "SIGTERM");
	ck_assert_str_eq(signal_name(SIGABRT, name), "SIGABRT");
	ck_assert_str_eq(signal_name(SIGCHLD, name), "SIGCHLD");
	ck_assert_str_eq(signal_name(SIGRTMIN, name), "SIGRTMIN");
	ck_assert_str_eq(signal_name(SIGRTMIN + 3, name), "SIGRTMIN+3");
	ck_assert_str_eq(signal_name(32, name), "32");
	ck_assert_str_eq(signal_name(-2147483647, name), "-2147483647");
	for (int sig = 1; sig < _NSIG; sig++) {
		int back = 0;
		ck_assert_int_eq(signal_parse(signal_name(sig, name), &back), 0);
		ck_assert_int_eq(back, sig);
	}
}
END_TEST

UNIT_MAIN("signals", test_parse, test_name)

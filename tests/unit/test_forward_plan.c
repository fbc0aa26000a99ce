/* SPDX-License-Identifier: Apache-2.0 */
#include "network/forward_plan.h"

#include "unit.h"

START_TEST(test_there_and_back)
{
	static const char text[] = "init 5\nuser 6\nnet 7\ntransparent\n"
				   "address 10.89.0.2/24\naddress6 fd89::2/64\n"
				   "tcp 8 80\ntcp6 9 80\nudp 10 53\nudp6 11 65535\n";
	struct error err = ERROR_INIT;
	struct forward_plan p;
	char *back;

	ck_assert_ok(forward_plan_read(text, &p, &err), &err);
	ck_assert_int_eq(p.pid_fd, 5);
	ck_assert_uint_eq(p.n_sockets, 4);
	ck_assert(p.sockets[3].is_udp && p.sockets[3].is_ipv6);
	ck_assert_uint_eq(p.sockets[3].port, 65535);
	back = forward_plan_text(&p);
	ck_assert_str_eq(back, text);
	free(back);
	forward_plan_release(&p);
}
END_TEST

START_TEST(test_refused)
{
	static const char *const cases[] = {
		"",
		"tcp 8 80\n",
		"init\n",
		"init x\n",
		"init -1\n",
		"init 5\ntcp 8\n",
		"init 5\ntcp 8 0\n",
		"init 5\ntcp 8 65536\n",
		"init 5\ntcp 8 80 9\n",
		"init 5\nsctp 8 80\n",
		"init 5\naddress\n",
		"init 5\naddress 10.0.0.1/8\naddress 10.0.0.2/8\n",
		"init 5\n\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct forward_plan p;

		ck_assert_msg(forward_plan_read(cases[i], &p, &err) < 0, "%s", cases[i]);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		error_release(&err);
		forward_plan_release(&p);
	}
}
END_TEST

UNIT_MAIN("forward_plan", test_there_and_back, test_refused)

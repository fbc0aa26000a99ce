/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_stats.h"
#include "unit.h"

START_TEST(test_net_dev)
{
	static const char text[] =
		"Inter-|   Receive                                                |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
		"    lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0\n"
		"  eth0: 100 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0\n"
		"  lo1:1000 1 0 0 0 0 0 0 3000 2 0 0 0 0 0 0\n";
	static const char *const odd[] = {"", "eth0", "eth0:", "a: b", ":", "\n\n"};
	uint64_t in, out;

	net_dev_sum(text, &in, &out);
	ck_assert_uint_eq(in, 1100);
	ck_assert_uint_eq(out, 3020);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		net_dev_sum(odd[i], &in, &out);
		ck_assert_uint_eq(in + out, 0);
	}
}
END_TEST

START_TEST(test_percent)
{
	const struct container_stats before = {.known = true,
					       .started_usec = 1000000,
					       .at_usec = 3000000,
					       .cpu_usec = 1000000};
	const struct container_stats now = {.known = true,
					    .started_usec = 1000000,
					    .at_usec = 5000000,
					    .cpu_usec = 4000000};
	struct container_stats restarted = now;

	ck_assert_double_eq_tol(container_stats_percent(&now, NULL), 100, 0.001);
	ck_assert_double_eq_tol(container_stats_percent(&now, &before), 150, 0.001);
	/* another run of it: its clock began anew */
	restarted.started_usec = 4000000;
	restarted.cpu_usec = 500000;
	ck_assert_double_eq_tol(container_stats_percent(&restarted, &now), 50, 0.001);
	ck_assert_double_eq_tol(container_stats_percent(&before, &now), 50, 0.001);
	restarted.at_usec = 0;
	ck_assert_double_eq_tol(container_stats_percent(&restarted, NULL), 0, 0.001);
}
END_TEST

START_TEST(test_throttled)
{
	const struct container_stats before = {
		.known = true,
		.started_usec = 1,
		.group = {.periods = 10, .throttled_periods = 10}};
	const struct container_stats now = {
		.known = true,
		.started_usec = 1,
		.cpu_usec = 1,
		.group = {.periods = 30, .throttled_periods = 15}};
	const struct container_stats without = {.known = true, .started_usec = 1};
	struct container_stats restarted = before;

	ck_assert_double_eq_tol(container_stats_throttled(&now, NULL), 50, 0.001);
	ck_assert_double_eq_tol(container_stats_throttled(&now, &before), 25, 0.001);
	ck_assert_double_eq_tol(container_stats_throttled(&without, &without), 0, 0.001);
	/* its quota was taken away meanwhile */
	ck_assert_double_eq_tol(container_stats_throttled(&without, &now), 0, 0.001);
	restarted.started_usec = 2;
	ck_assert_double_eq_tol(container_stats_throttled(&restarted, &now), 100, 0.001);
}
END_TEST

UNIT_MAIN("container_stats", test_net_dev, test_percent, test_throttled)

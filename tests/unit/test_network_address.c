/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of addresses and the choice of a subnet. */
#include <errno.h>

#include "engine/network_address.h"
#include "engine/network_subnet.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static struct subnet subnet(const char *text)
{
	struct subnet s;

	ck_assert_msg(subnet_parse(text, &s) == 0, "%s", text);
	return s;
}

static struct ip_address address(const char *text)
{
	struct ip_address a;

	ck_assert_msg(ip_address_parse(text, &a) == 0, "%s", text);
	return a;
}

static void expect_text(const struct ip_address *a, const char *text)
{
	char buf[ADDRESS_TEXT_MAX];

	ck_assert_str_eq(ip_address_text(a, buf), text);
}

static const struct {
	const char *typed, *text, *first, *last; /* text NULL: none */
} subnet_rows[] = {
	{"10.89.0.0/24", "10.89.0.0/24", "10.89.0.1", "10.89.0.254"},
	{"10.89.0.77/24", "10.89.0.0/24", "10.89.0.1", "10.89.0.254"},
	{"10.89.0.4/30", "10.89.0.4/30", "10.89.0.5", "10.89.0.6"},
	{"10.89.0.4/31", "10.89.0.4/31", "10.89.0.4", "10.89.0.5"},
	{"10.89.0.4/32", "10.89.0.4/32", "10.89.0.4", "10.89.0.4"},
	{"0.0.0.0/0", "0.0.0.0/0", "0.0.0.1", "255.255.255.254"},
	{"fd00::/64", "fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff"},
	{"::/0", "::/0", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"10.89.0.0", NULL, NULL, NULL},
	{"10.89.0.0/33", NULL, NULL, NULL},
	{"10.89.0.0/-1", NULL, NULL, NULL},
	{"10.89.0/24", NULL, NULL, NULL},
	{"fd00::/129", NULL, NULL, NULL},
	{"/24", NULL, NULL, NULL},
	{"", NULL, NULL, NULL},
};

static void check_subnets(size_t i)
{
	cleanup_free char *text = NULL;
	struct address_range hosts;
	struct subnet s;

	if (!subnet_rows[i].text) {
		ck_assert_int_eq(subnet_parse(subnet_rows[i].typed, &s), -EINVAL);
		return;
	}
	s = subnet(subnet_rows[i].typed);
	text = subnet_text(&s);
	ck_assert_str_eq(text, subnet_rows[i].text);
	hosts = subnet_hosts(&s);
	expect_text(&hosts.first, subnet_rows[i].first);
	expect_text(&hosts.last, subnet_rows[i].last);
}

START_TEST(test_subnets)
{
	for (size_t i = 0; i < ARRAY_SIZE(subnet_rows); i++)
		check_subnets(i);
}
END_TEST

static const struct {
	const char *subnet, *range, *first, *last;
	int code;
} range_rows[] = {
	{"192.168.55.0/24", "192.168.55.128/25", "192.168.55.128", "192.168.55.254", 0},
	{"192.168.55.0/24", "192.168.55.0/25", "192.168.55.1", "192.168.55.127", 0},
	{"192.168.55.0/24", "192.168.55.10-192.168.55.20", "192.168.55.10",
	 "192.168.55.20", 0},
	{"192.168.55.0/24", "192.168.55.20-192.168.55.10", NULL, NULL, -EINVAL},
	{"192.168.55.0/24", "192.168.56.0/25", NULL, NULL, -ERANGE},
	{"192.168.55.0/24", "192.168.0.0/16", NULL, NULL, -ERANGE},
	{"192.168.55.0/24", "192.168.55.255/32", NULL, NULL, -ERANGE},
	{"192.168.55.0/24", "fd00::/64", NULL, NULL, -ERANGE},
	{"192.168.55.0/24", "192.168.55.9", NULL, NULL, -EINVAL},
	{"fd00::/64", "fd00::100-fd00::200", "fd00::100", "fd00::200", 0},
};

static void check_ranges(size_t i)
{
	struct subnet s = subnet(range_rows[i].subnet);
	struct address_range range;

	ck_assert_int_eq(address_range_parse(range_rows[i].range, &s, &range),
			 range_rows[i].code);
	if (range_rows[i].code < 0)
		return;
	expect_text(&range.first, range_rows[i].first);
	expect_text(&range.last, range_rows[i].last);
}

START_TEST(test_ranges)
{
	for (size_t i = 0; i < ARRAY_SIZE(range_rows); i++)
		check_ranges(i);
}
END_TEST

static const struct {
	const char *subnet, *taken, *last, *next; /* next NULL: none is free */
} next_rows[] = {
	{"10.0.0.0/29", "10.0.0.1", NULL, "10.0.0.2"},
	{"10.0.0.0/29", "10.0.0.1", "10.0.0.2", "10.0.0.3"},
	{"10.0.0.0/29", "10.0.0.1", "10.0.0.6", "10.0.0.2"},
	{"10.0.0.0/29", "10.0.0.1,10.0.0.3", "10.0.0.2", "10.0.0.4"},
	{"10.0.0.0/29", "10.0.0.1", "192.168.0.1", "10.0.0.2"},
	{"10.0.0.0/29", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5", "10.0.0.5",
	 "10.0.0.6"},
	{"10.0.0.0/29", "10.0.0.6,10.0.0.1,10.0.0.2,10.0.0.4,10.0.0.5", "10.0.0.5",
	 "10.0.0.3"},
	{"10.0.0.0/29", "10.0.0.6,10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5",
	 "10.0.0.5", NULL},
	{"10.0.0.0/30", "10.0.0.1", NULL, "10.0.0.2"},
	{"10.0.0.0/30", "10.0.0.1,10.0.0.2", NULL, NULL},
	{"fd00::/64", "fd00::1", NULL, "fd00::2"},
	{"fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff", "fd00::2"},
	{"10.0.0.0/8", "10.0.0.1", "10.0.0.255", "10.0.1.0"},
};

static void check_next(size_t i)
{
	cleanup_strv char **words = str_split(next_rows[i].taken, ',');
	cleanup_address_set struct address_set taken = {0};
	struct subnet s = subnet(next_rows[i].subnet);
	struct address_range hosts = subnet_hosts(&s);
	struct ip_address last, next;
	int r;

	strv_foreach (word, words) {
		struct ip_address a = address(*word);

		address_set_add(&taken, &a);
	}
	address_set_sort(&taken);
	if (next_rows[i].last)
		last = address(next_rows[i].last);
	r = address_next(&hosts, &taken, next_rows[i].last ? &last : NULL, &next);
	ck_assert_int_eq(r, next_rows[i].next ? 0 : -ENOSPC);
	if (next_rows[i].next)
		expect_text(&next, next_rows[i].next);
}

START_TEST(test_next)
{
	for (size_t i = 0; i < ARRAY_SIZE(next_rows); i++)
		check_next(i);
}
END_TEST

START_TEST(test_macs)
{
	struct ip_address a = address("10.89.0.2");
	cleanup_free char *mac = address_mac(&a);

	ck_assert_str_eq(mac, "02:42:0a:59:00:02");
}
END_TEST

static const char routes[] =
	"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
	"eth0\t00000000\t0101590A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	"tun0\t00000000\t0101590A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"
	"eth0\t0000590A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	"eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
static const char routes_v6[] =
	"fd120000000000000000000000000000 40 00000000000000000000000000000000 00 0 0 0 0 0 eth0\n"
	"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 0 0 0 0 0 eth0\n"
	"00000000000000000000000000000000 00 00000000000000000000000000000000 00 0 0 0 0 0 lo\n"
	"ff000000000000000000000000000000 08 00000000000000000000000000000000 00 0 0 0 0 0 eth0\n";

START_TEST(test_choice)
{
	cleanup_subnets struct subnets used = {0};
	cleanup_subnet_pools struct subnet_pools pools = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL, *v6 = NULL;
	struct subnet s;

	subnet_routes_parse(routes, false, &used);
	ck_assert_int_eq((int)used.n, 2);
	text = subnet_text(&used.items[0]);
	ck_assert_str_eq(text, "10.89.0.0/16");
	subnet_routes_parse(routes_v6, true, &used);
	ck_assert_int_eq((int)used.n, 3);
	v6 = subnet_text(&used.items[2]);
	ck_assert_str_eq(v6, "fd12::/64");
	ck_assert_ok(subnet_pools_get(NULL, &pools, &err), &err);
	for (int i = 0; i < 50; i++) {
		cleanup_free char *chosen = NULL,
				  *expected = xasprintf("10.90.%d.0/24", i);

		ck_assert_ok(subnet_choose(&pools, &used, &s, &err), &err);
		chosen = subnet_text(&s);
		ck_assert_str_eq(chosen, expected);
		subnets_add(&used, &s);
	}
	s = subnet("0.0.0.0/0");
	subnets_add(&used, &s);
	ck_assert_int_lt(subnet_choose(&pools, &used, &s, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	ck_assert_ptr_nonnull(err.hint);
	error_release(&err);
	ck_assert_ok(subnet_choose_v6(&used, &s, &err), &err);
	ck_assert(s.base.is_v6 && s.length == 64);
}
END_TEST

UNIT_MAIN("network_address", test_subnets, test_ranges, test_next, test_macs, test_choice)

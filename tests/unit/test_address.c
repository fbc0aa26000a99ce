/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as bytes, and the requests that are made of them. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "network/address.h"
#include "network/netlink_link.h"
#include "unit.h"

START_TEST(test_parse)
{
	static const struct {
		const char *text;
		int family; /* 0: refused */
		unsigned first, prefix;
	} cases[] = {
		{"10.89.0.2/24", AF_INET, 10, 24},
		{"10.89.0.2", AF_INET, 10, 32},
		{"fd12::2/64", AF_INET6, 0xfd, 64},
		{"::/0", AF_INET6, 0, 0},
		{"fd12::2", AF_INET6, 0xfd, 128},
		{"10.89.0.2/33", 0, 0, 0},
		{"10.89.0.2/", 0, 0, 0},
		{"10.89.0/24", 0, 0, 0},
		{"fd12::2/129", 0, 0, 0},
		{"", 0, 0, 0},
		{"fd12::2%eth0/64", 0, 0, 0},
		{"10.89.0.2/2 4", 0, 0, 0},
		{"aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa/64", 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		struct address a;
		int r = address_parse(cases[i].text, &a, &err);

		ck_assert_msg((r >= 0) == (cases[i].family != 0), "%s", cases[i].text);
		if (r < 0)
			continue;
		ck_assert_int_eq(a.family, cases[i].family);
		ck_assert_uint_eq(a.bytes[0], cases[i].first);
		ck_assert_uint_eq(a.prefix, cases[i].prefix);
	}
}
END_TEST

START_TEST(test_contains)
{
	static const struct {
		const char *subnet, *address;
		bool want;
	} cases[] = {
		{"10.89.0.0/24", "10.89.0.255", true},
		{"10.89.0.0/24", "10.89.1.0", false},
		{"10.89.0.0/23", "10.89.1.0", true},
		{"10.89.0.8/29", "10.89.0.16", false},
		{"0.0.0.0/0", "255.1.2.3", true},
		{"10.89.0.1/32", "10.89.0.1", true},
		{"0.0.0.0/0", "fd12::1", false},
		{"fd12::/64", "fd12::1", true},
		{"fd12::/64", "fd12:0:0:1::1", false},
		{"fd12::/127", "fd12::2", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct address subnet, a;

		ck_assert_ok(address_parse(cases[i].subnet, &subnet, &err), &err);
		ck_assert_ok(address_parse(cases[i].address, &a, &err), &err);
		ck_assert_msg(address_contains(&subnet, &a) == cases[i].want, "%s %s",
			      cases[i].subnet, cases[i].address);
	}
}
END_TEST

START_TEST(test_mac)
{
	static const struct {
		const char *text;
		int last; /* -1: refused */
	} cases[] = {
		{"92:d0:c6:0a:29:33", 0x33},
		{"92-D0-C6-0A-29-fF", 0xff},
		{"93:d0:c6:0a:29:33", -1} /* of a group */,
		{"92:d0:c6:0a:29", -1},
		{"92:d0:c6:0a:29:3g", -1},
		{"92:d0:c6:0a:29:33:", -1},
		{"", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		uint8_t mac[6];
		int r = address_mac_parse(cases[i].text, mac, &err);

		ck_assert_msg((r >= 0) == (cases[i].last >= 0), "%s", cases[i].text);
		ck_assert(r < 0 || mac[5] == cases[i].last);
	}
}
END_TEST

/* Each request has its length, and they lie one behind the other. */
START_TEST(test_batch)
{
	struct netlink_batch b;
	struct error err = ERROR_INIT;
	struct address a;
	size_t at = 0, n = 0;

	ck_assert_ok(address_parse("10.89.0.2/20", &a, &err), &err);
	netlink_init(&b);
	netlink_bridge(
		&b, &(struct netlink_bridge){.name = "br", .alias = "ours", .mtu = 9000});
	netlink_veth(&b,
		     &(struct netlink_veth){.name = "a", .peer = "eth0", .mtu = 1500});
	netlink_address_add(&b, 3, "br", &a);
	netlink_default_route(&b, &a);
	netlink_mark_rule(&b, AF_INET6, 1, 100);
	netlink_local_route(&b, AF_INET, 1, 100);
	ck_assert(!b.overflow);
	ck_assert_uint_eq(b.n, 7);
	while (at < b.len) {
		const struct nlmsghdr *h = (const void *)(b.data + at);

		ck_assert_uint_eq(h->nlmsg_seq, ++n);
		ck_assert_uint_ge(h->nlmsg_len, sizeof(*h));
		at += h->nlmsg_len;
	}
	ck_assert_uint_eq(at, b.len);
	ck_assert_uint_eq(n, b.n);
	/* the broadcast address is the subnet's last */
	const uint8_t last[] = {10, 89, 15, 255};
	bool found = false;

	for (size_t k = 0; k + 4 <= b.len; k += 4)
		found = found || memcmp(b.data + k, last, 4) == 0;
	ck_assert(found);
}
END_TEST

START_TEST(test_overflow)
{
	struct netlink_batch b;
	struct error err = ERROR_INIT;

	netlink_init(&b);
	for (size_t k = 0; k <= NETLINK_BATCH_MOST; k++)
		netlink_link_up(&b, "eth0");
	ck_assert(b.overflow);
	ck_assert_int_eq(netlink_send(-EBADF, &b, &err), -E2BIG);
	error_release(&err);
	netlink_init(&b);
	while (!b.overflow)
		netlink_attr_str(&b, 1, "a text that is added over and over");
	ck_assert_uint_le(b.len, sizeof(b.data));
}
END_TEST

UNIT_MAIN("address", test_parse, test_contains, test_mac, test_batch, test_overflow)

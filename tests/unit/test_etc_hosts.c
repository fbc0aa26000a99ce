/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of /etc/hosts and /etc/resolv.conf. */
#include "engine/etc_hosts.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static const struct {
	const char *text;
	bool gateway, good;
} extra[] = {
	{"db:10.0.0.5", false, true},
	{"a;b;c:10.0.0.5", false, true},
	{"v6:fe80::1", false, true},
	{"v6:::1", false, true},
	{"h:host-gateway", true, true},
	{"h:host-gateway", false, false},
	{"db", false, false},
	{":10.0.0.5", false, false},
	{"db:", false, false},
	{"db:10.0.0", false, false},
	{"db:host", false, false},
	{"a b:10.0.0.5", false, false},
	{"a\n:10.0.0.5", false, false},
	{"#a:10.0.0.5", false, false},
	{"db:10.0.0.5 x", false, false},
	{"", false, false},
	{"db:10.0.0.5\n1.1.1.1 x", false, false},
};

START_TEST(test_check)
{
	for (size_t i = 0; i < ARRAY_SIZE(extra); i++) {
		cleanup_error struct error err = ERROR_INIT;
		int r = etc_check_add_host(extra[i].text, extra[i].gateway, &err);

		ck_assert_msg((r >= 0) == extra[i].good, "%s", extra[i].text);
	}
}
END_TEST

static const char base[] = "# the host's\n127.0.0.1 localhost\n\n"
			   "10.1.1.1\twiki  docs # inside\n  10.2.2.2 mail\r\n"
			   "10.3.3.3 host.containers.internal\nlonely\n"
			   "10.4.4.4 host.docker.internal print";

static const struct hosts_case {
	const char *add[3], *base;
	bool network_host;
	const char *want;
} hosts_cases[] = {
	{{NULL},
	 NULL,
	 false,
	 "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\tbox web\n"},
	{{NULL}, NULL, true, "127.0.0.1\tlocalhost\n::1\tlocalhost\n"},
	{{NULL},
	 base,
	 false,
	 "127.0.0.1\tlocalhost\n10.1.1.1\twiki docs\n10.2.2.2\tmail\n10.4.4.4\tprint\n"
	 "127.0.0.1\tbox web\n"},
	{{"a;b:1.1.1.1", "c:::2"},
	 "127.0.0.1 localhost a",
	 true,
	 "1.1.1.1\ta b\n::2\tc\n127.0.0.1\tlocalhost a\n"},
	{{"h:host-gateway"}, "::1 localhost", true, "127.0.0.1\th\n::1\tlocalhost\n"},
	{{"box:9.9.9.9"},
	 "::1 localhost",
	 false,
	 "9.9.9.9\tbox\n::1\tlocalhost\n127.0.0.1\tweb\n"},
	{{"box;web:9.9.9.9"},
	 "::1 localhost",
	 false,
	 "9.9.9.9\tbox web\n::1\tlocalhost\n"},
};

START_TEST(test_hosts)
{
	for (size_t i = 0; i < ARRAY_SIZE(hosts_cases); i++) {
		const struct hosts_case *c = &hosts_cases[i];
		cleanup_buf struct buf b = {0};

		buf_init(&b, 4096);
		ck_assert_int_eq(etc_hosts_text(
					 &(struct etc_hosts){
						 .add = (char *const *)c->add,
						 .base = c->base,
						 .network_host = c->network_host,
						 .hostname = "box",
						 .name = "web",
					 },
					 &b),
				 0);
		ck_assert_str_eq(b.data, c->want);
	}
}
END_TEST

/* At networks: its own addresses, the host's, and no line of the host's own but those that say how to search. */
START_TEST(test_at_networks)
{
	static const char *const addresses[] = {"10.89.0.2", "fd00::2", NULL},
				 *const names[] = {"web db", "v6", NULL},
				 *const add[] = {"up:host-gateway", NULL},
				 *const servers[] = {"10.89.0.1", NULL};
	struct etc_hosts hosts = {
		.add = (char *const *)add,
		.hostname = "box",
		.name = "web",
		.names = (char *const *)names,
		.addresses = (char *const *)addresses,
		.host = "192.168.1.5",
	};
	const struct etc_resolv resolv = {
		.base = "# x\n\nnameserver 127.0.0.53\nsearch lan\noptions edns0\nsortlist 1.1.1.1\n",
		.at_network = true,
		.servers = (char *const *)servers,
	};
	cleanup_buf struct buf b = {0}, without = {0}, r = {0};

	buf_init(&b, 4096);
	buf_init(&without, 4096);
	buf_init(&r, 4096);
	ck_assert_int_eq(etc_hosts_text(&hosts, &b), 0);
	ck_assert_str_eq(b.data,
			 "192.168.1.5\tup\n127.0.0.1\tlocalhost\n::1\tlocalhost\n"
			 "192.168.1.5\thost.containers.internal host.docker.internal\n"
			 "10.89.0.2\tbox web db\nfd00::2\tbox web v6\n");
	hosts.host = NULL;
	ck_assert_int_eq(etc_hosts_text(&hosts, &without), 0);
	ck_assert_str_eq(without.data, "127.0.0.1\tlocalhost\n::1\tlocalhost\n"
				       "10.89.0.2\tbox web db\nfd00::2\tbox web v6\n");
	ck_assert_int_eq(etc_resolv_text(&resolv, &r), 0);
	ck_assert_str_eq(r.data, "search lan\noptions edns0\nnameserver 10.89.0.1\n");
}
END_TEST

START_TEST(test_too_much)
{
	cleanup_buf struct buf b = {0};

	buf_init(&b, 60);
	ck_assert_int_eq(
		etc_hosts_text(&(struct etc_hosts){.base = base, .network_host = true},
			       &b),
		-E2BIG);
}
END_TEST

static const struct resolv_case {
	const char *base, *servers[3], *searches[3], *options[3], *want;
} resolv_cases[] = {
	{"nameserver 1.1.1.1\nsearch a b\n",
	 {NULL},
	 {NULL},
	 {NULL},
	 "nameserver 1.1.1.1\nsearch a b\n"},
	{"# x\nnameserver 1.1.1.1\nsearch a\noptions edns0",
	 {"2.2.2.2", "::3"},
	 {NULL},
	 {NULL},
	 "# x\nsearch a\noptions edns0\nnameserver 2.2.2.2\nnameserver ::3\n"},
	{"nameserver 1.1.1.1\ndomain q\noptions edns0\n",
	 {NULL},
	 {"x.y", "z"},
	 {"ndots:3", "inet6"},
	 "search x.y z\nnameserver 1.1.1.1\noptions ndots:3 inet6\n"},
	{"search a\nnameserver 1.1.1.1\n", {NULL}, {"."}, {NULL}, "nameserver 1.1.1.1\n"},
	{NULL, {"1.2.3.4"}, {NULL}, {NULL}, "nameserver 1.2.3.4\n"},
};

START_TEST(test_resolv)
{
	for (size_t i = 0; i < ARRAY_SIZE(resolv_cases); i++) {
		const struct resolv_case *c = &resolv_cases[i];
		cleanup_buf struct buf b = {0};
		const struct etc_resolv resolv = {
			.base = c->base,
			.servers = c->servers[0] ? (char *const *)c->servers : NULL,
			.searches = c->searches[0] ? (char *const *)c->searches : NULL,
			.options = c->options[0] ? (char *const *)c->options : NULL,
		};

		buf_init(&b, 4096);
		ck_assert_int_eq(etc_resolv_text(&resolv, &b), 0);
		ck_assert_str_eq(b.data, c->want);
	}
}
END_TEST

UNIT_MAIN("etc_hosts", test_check, test_hosts, test_too_much, test_at_networks,
	  test_resolv)

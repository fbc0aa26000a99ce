/* SPDX-License-Identifier: Apache-2.0 */
#include "network/firewall.h"

#include <arpa/inet.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "network/firewall_log.h"
#include "network/firewall_text.h"
#include "network/nft_set.h"
#include "unit.h"
#include "util/fd.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* One limited container at one network. */
struct example {
	char **addresses, **allow, **gateways;
	struct network_endpoint endpoint;
	struct network_member member;
	struct firewall_port port;
};

static void example_init(struct example *e, const char *addresses, const char *allow)
{
	e->addresses = str_split(addresses, ',');
	e->allow = str_split(allow, ',');
	e->gateways = str_split("10.89.0.1,fd12::1", ',');
	e->endpoint = (struct network_endpoint){.addresses = e->addresses};
	e->member = (struct network_member){.id = (char *)ID,
					    .name = (char *)"web",
					    .endpoints = &e->endpoint,
					    .n_endpoints = 1,
					    .is_limited = true,
					    .allow = e->allow};
	e->port = (struct firewall_port){"vb0123456789", {2, 0, 0, 0, 0, 1}};
}

static void example_release(struct example *e)
{
	strv_free(e->addresses);
	strv_free(e->allow);
	strv_free(e->gateways);
}

static int add_member(struct buf *b, const char *addresses, const char *allow,
		      struct error *err)
{
	struct example e;
	int r;

	example_init(&e, addresses, allow);
	r = firewall_text_member(b, "cubby", &e.member, &e.port, e.gateways, err);
	example_release(&e);
	return r;
}

/* Into a namespace of its own: root only, as whoever has no ids there can't run nft. */
static bool enter_own(void)
{
	return getuid() == 0 && sys_unshare(CLONE_NEWNET) == 0;
}

static int run_nft(const struct buf *text, struct buf *words)
{
	cleanup_error struct error err = ERROR_INIT;
	char *argv[] = {(char *)"nft", (char *)"-f", NULL, NULL};
	cleanup_fd int fd = sys_memfd_create("rules", 0);
	char path[FD_PROC_PATH_MAX];

	ck_assert_int_eq(fd_write_all(fd, text->data, text->len), 0);
	/* read by another process: by our own directory in /proc */
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
	argv[2] = path;
	return proc_run("nft", argv, words, &err);
}

/* The kernel takes all texts, twice, and what was made goes again. */
START_TEST(kernel_takes_them)
{
	cleanup_free char *nft = proc_find("nft");

	if (!nft || !enter_own())
		return;
	for (int is_host = 0; is_host < 2; is_host++) {
		cleanup_buf struct buf text = {0}, words = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **ports = str_split("vb0123456789", ',');

		buf_init(&text, FIREWALL_TEXT_MAX);
		buf_init(&words, 1 << 16);
		for (int twice = 0; twice < 2; twice++) {
			firewall_text_base(&text, "cubby", is_host,
					   is_host ? NULL : "uplink");
			ck_assert_int_eq(
				add_member(&text, "10.89.0.2/24,fd12::2/64",
					   "10.0.0.0/8,0.0.0.0/0:80,[::/0]:81,a.org,"
					   "b.org:1,2001:db8::1,192.0.2.1:53",
					   &err),
				0);
		}
		firewall_text_forget(&text, "cubby", ID, ports);
		firewall_text_remove(&text, "cubby");
		firewall_text_remove(&text, "cubby");
		ck_assert_msg(run_nft(&text, &words) == 0, "%s",
			      words.data ? words.data : "");
	}
}
END_TEST

START_TEST(member_text)
{
	static const char *const wanted[] = {
		"ether saddr != 02:00:00:00:00:01 drop",
		"arp saddr ip { 0.0.0.0, 10.89.0.2 } accept",
		"ip saddr { 10.89.0.2 } goto list_0123456789ab",
		"ip6 saddr { fe80::ff:fe00:1, fd12::2 } goto list_0123456789ab",
		"0xfd120000000000000000000000000002",
		"ip daddr 10.0.0.0/8 accept",
		"ip daddr 192.0.2.1/32 meta l4proto { tcp, udp } th dport 53 accept",
		"ip daddr 10.89.0.1 meta l4proto { tcp, udp } th dport 53 accept",
		"add element bridge cubby ports { \"vb0123456789\" : jump vb0123456789 }",
	};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf text = {0};

	buf_init(&text, FIREWALL_TEXT_MAX);
	ck_assert_int_eq(add_member(&text, "10.89.0.2/24,fd12::2/64",
				    "10.1.2.3/8,192.0.2.1:53,example.org", &err),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		ck_assert_msg(strstr(text.data, wanted[i]) != NULL, "%s not in\n%s",
			      wanted[i], text.data);
	ck_assert_ptr_null(strstr(text.data, "example.org"));
}
END_TEST

/* Nothing but addresses gets into the text. */
START_TEST(member_refused)
{
	static const char *const wrong[][2] = {
		{"10.89.0.2 } accept; #", "1.2.3.4"},
		{"", "1.2.3.4"},
		{"10.89.0.2/24", "1.2.3.4 accept"},
		{"10.89.0.2/24", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_buf struct buf text = {0};

		buf_init(&text, FIREWALL_TEXT_MAX);
		ck_assert_int_lt(add_member(&text, wrong[i][0], wrong[i][1], &err), 0);
		ck_assert_ptr_nonnull(strstr(err.text, "limit container web"));
	}
}
END_TEST

/* A set that nft has made takes elements by netlink, also those that are there already. */
START_TEST(elements)
{
	cleanup_free char *nft = proc_find("nft");
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf text = {0}, words = {0};
	struct nft_element e = {.family = 1 /* NFPROTO_INET */,
				.table = "t",
				.set = "s",
				.timeout_msec = 90000};
	cleanup_fd int fd = -EBADF;

	if (!nft || !enter_own())
		return;
	buf_init(&text, FIREWALL_TEXT_MAX);
	buf_init(&words, 1 << 16);
	(void)buf_add_str(
		&text, "table inet t {\nset s { type ifname . ipv4_addr . inet_service; "
		       "flags timeout; }\n}\n");
	ck_assert_int_eq(run_nft(&text, &words), 0);
	fd = nft_set_open(&err);
	ck_assert_int_ge(fd, 0);
	nft_data_add_name(&e.key, "br0");
	nft_data_add(&e.key, &(struct in_addr){htonl(0x0a000001)}, 4);
	nft_data_add_port(&e.key, 443);
	for (int i = 0; i < 3; i++) {
		cleanup_nft_batch struct nft_batch b = {0};

		nft_batch_begin(&b);
		nft_batch_add(&b, &e);
		nft_batch_delete(&b, &e);
		if (i < 2)
			nft_batch_add(&b, &e);
		ck_assert_int_eq(nft_set_commit(fd, &b, &err), 0);
	}
	{
		cleanup_nft_batch struct nft_batch b = {0};

		nft_batch_begin(&b);
		nft_batch_delete(&b, &e);
		ck_assert_int_eq(nft_set_commit(fd, &b, &err), -ENOENT);
	}
}
END_TEST

START_TEST(packets)
{
	uint8_t v4[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
			  0,    1, 9, 9,  9, 9, 1, 2, 0,  53, 0, 8, 0,  0};
	uint8_t v6[48] = {
		0x60, [6] = 6, [8] = 0xfd, [23] = 1, [24] = 0xfd, [39] = 2, [43] = 80};
	struct firewall_packet p;
	char text[INET6_ADDRSTRLEN];

	ck_assert(firewall_packet_parse(v4, sizeof(v4), &p));
	ck_assert_int_eq(p.port, 53);
	ck_assert_int_eq(p.protocol, 17);
	ck_assert_str_eq(inet_ntop(AF_INET, &p.to, text, sizeof(text)), "9.9.9.9");
	v4[7] = 1; /* not the first fragment: no ports in it */
	ck_assert(firewall_packet_parse(v4, sizeof(v4), &p));
	ck_assert_int_eq(p.port, 0);
	v4[7] = 0;
	ck_assert(firewall_packet_parse(v4, 22, &p));
	ck_assert_int_eq(p.port, 0);
	ck_assert(!firewall_packet_parse(v4, 19, &p));
	ck_assert(firewall_packet_parse(v6, sizeof(v6), &p));
	ck_assert_int_eq(p.port, 80);
	ck_assert_str_eq(inet_ntop(AF_INET6, &p.to, text, sizeof(text)), "fd00::2");
	ck_assert(!firewall_packet_parse(v6, 39, &p));
	v6[0] = 0x10;
	ck_assert(!firewall_packet_parse(v6, sizeof(v6), &p));
}
END_TEST

UNIT_MAIN("firewall", kernel_takes_them, member_text, member_refused, elements, packets)

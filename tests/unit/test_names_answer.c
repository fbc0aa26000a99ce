/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_answer.h"

#include <arpa/inet.h>

#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define NET_A "aa00"
#define NET_B "bb00"
#define NET_I "cc00"

struct box {
	struct names_view view;
};

static void add_network(struct box *b, const char *id, const char *subnet, bool internal)
{
	struct network_subnet s = {.subnet = (char *)(uintptr_t)subnet};
	struct network_definition d = {.id = (char *)(uintptr_t)id,
				       .subnets = &s,
				       .n_subnets = 1,
				       .internal = internal};

	names_view_network(&b->view, &d);
}

/* words: "NETWORK ADDRESS,ADDRESS NAME,NAME", one an endpoint */
static void add_member(struct box *b, const char *id, const char *allow,
		       const char *const *words)
{
	struct network_endpoint ends[3] = {0};
	struct network_member m = {.id = (char *)(uintptr_t)id,
				   .name = (char *)(uintptr_t)id,
				   .endpoints = ends};
	cleanup_strv char **limits = allow ? str_split(allow, ',') : NULL;

	m.is_limited = allow;
	m.allow = limits;
	for (; *words; words++) {
		struct network_endpoint *e = &ends[m.n_endpoints++];
		cleanup_strv char **parts = str_split(*words, ' ');

		e->network = TAKE_PTR(parts[0]);
		e->addresses = str_split(parts[1], ',');
		e->names = str_split(parts[2], ',');
		free(parts[1]);
		free(parts[2]);
	}
	names_view_member(&b->view, &m);
	for (size_t k = 0; k < m.n_endpoints; k++) {
		free(ends[k].network);
		strv_free(ends[k].addresses);
		strv_free(ends[k].names);
	}
}
#define MEMBER(b, id, allow, ...) \
	add_member(b, id, allow, (const char *const[]){__VA_ARGS__, NULL})

static void fill(struct box *b)
{
	*b = (struct box){0};
	add_network(b, NET_A, "10.89.0.0/24", false);
	add_network(b, NET_B, "10.90.0.0/20", false);
	add_network(b, NET_I, "10.91.0.0/24", true);
	MEMBER(b, "web", NULL, NET_A " 10.89.0.2/24,fd12::2/64 Web,www,0123456789ab",
	       NET_B " 10.90.0.2/20 web,only-b");
	MEMBER(b, "db", NULL, NET_A " 10.89.0.3/24 db,store");
	MEMBER(b, "db2", NULL, NET_A " 10.89.0.4/24 db2,store");
	MEMBER(b, "far", NULL, NET_B " 10.90.0.3/20 far,store");
	MEMBER(b, "shut", NULL, NET_I " 10.91.0.2/24 shut");
	MEMBER(b, "tight",
	       "*.example.org,example.net:443,db,10.0.0.0/8,host.docker.internal",
	       NET_A " 10.89.0.9/24 tight");
}

static bool host_address(void *data, uint8_t len, struct dns_address *ret)
{
	*ret = (struct dns_address){.bytes = {192, 0, 2, 10}, .len = len};
	return len == 4 || len == 16;
}

/* "VERDICT RCODE ADDRESS ..." */
static const char *ask(struct box *b, const char *asker_net, const char *asker,
		       const char *name, uint16_t type)
{
	static char words[1000];
	uint8_t reply[DNS_UDP_PLAIN];
	static const char *const verdicts[] = {"answered", "hold", "forward"};
	struct dns_question q = {.type = type, .class = DNS_CLASS_IN};
	struct dns_address address, list[64];
	struct names_outcome o;
	struct names_inquiry i = {
		.view = &b->view, .question = &q, .host_address = host_address};
	uint32_t ttl;
	int n, len = dns_name_wire(name, q.wire);

	ck_assert_int_gt(len, 0);
	q.wire_len = (uint16_t)len;
	ck_assert_int_eq(dns_address_read(asker, &address), 0);
	i.asker = names_view_asker(&b->view, names_view_find_network(&b->view, asker_net),
				   &address);
	ck_assert_ptr_nonnull(i.asker);
	names_answer(&i, reply, sizeof(reply), &o);
	if (o.verdict == NAMES_FORWARD)
		return "forward";
	ck_assert_int_eq(dns_reply_check(reply, o.len, &q, 0), 0);
	len = snprintf(words, sizeof(words), "%s%s %d", verdicts[o.verdict],
		       o.is_refused ? " refused" : "", (int)dns_reply_rcode(reply));
	n = dns_reply_addresses(reply, o.len, list, 64, &ttl);
	for (int k = 0; k < n; k++) {
		char text[INET6_ADDRSTRLEN];

		inet_ntop(list[k].len == 4 ? AF_INET : AF_INET6, list[k].bytes, text,
			  sizeof(text));
		len += snprintf(words + len, sizeof(words) - (size_t)len, " %s", text);
	}
	ck_assert(n <= 0 || ttl == NAMES_TTL_SEC);
	return words;
}

START_TEST(test_answers)
{
	static const struct {
		const char *net, *asker, *name;
		uint16_t type;
		const char *want;
	} cases[] = {
		{NET_A, "10.89.0.3", "web", DNS_TYPE_A, "answered 0 10.89.0.2"},
		{NET_A, "10.89.0.3", "WEB", DNS_TYPE_A, "answered 0 10.89.0.2"},
		{NET_A, "10.89.0.3", "www", DNS_TYPE_AAAA, "answered 0 fd12::2"},
		{NET_A, "10.89.0.3", "0123456789ab", DNS_TYPE_A, "answered 0 10.89.0.2"},
		{NET_A, "10.89.0.3", "web.dns.podman", DNS_TYPE_A,
		 "answered 0 10.89.0.2"},
		{NET_A, "10.89.0.3", "nobody.dns.podman", DNS_TYPE_A, "answered 3"},
		{NET_A, "10.89.0.3", "dns.podman", DNS_TYPE_A, "answered 0"},
		{NET_A, "10.89.0.3", "xdns.podman", DNS_TYPE_A, "forward"},
		/* there, without such an address: not "no such name" */
		{NET_A, "10.89.0.3", "db", DNS_TYPE_AAAA, "answered 0"},
		{NET_A, "10.89.0.3", "db", 15, "answered 0"},
		/* of another network */
		{NET_A, "10.89.0.3", "far", DNS_TYPE_A, "forward"},
		{NET_A, "10.89.0.3", "only-b", DNS_TYPE_A, "forward"},
		{NET_A, "10.89.0.2", "far", DNS_TYPE_A, "answered 0 10.90.0.3"},
		{NET_B, "10.90.0.2", "db", DNS_TYPE_A, "answered 0 10.89.0.3"},
		{NET_B, "10.90.0.3", "db", DNS_TYPE_A, "forward"},
		/* the host */
		{NET_A, "10.89.0.3", "host.containers.internal", DNS_TYPE_A,
		 "answered 0 192.0.2.10"},
		{NET_A, "10.89.0.3", "host.docker.internal", DNS_TYPE_AAAA, "answered 0"},
		{NET_A, "10.89.0.2", "host.docker.internal", DNS_TYPE_AAAA,
		 "answered 0 c000:20a::"},
		/* the rest */
		{NET_A, "10.89.0.3", "example.org", DNS_TYPE_A, "forward"},
		{NET_I, "10.91.0.2", "example.org", DNS_TYPE_A, "answered 3"},
		{NET_I, "10.91.0.2", "shut", DNS_TYPE_A, "answered 0 10.91.0.2"},
		{NET_A, "10.89.0.3", "example.org", DNS_TYPE_AXFR, "answered 5"},
		/* backwards */
		{NET_A, "10.89.0.3", "2.0.89.10.in-addr.arpa", DNS_TYPE_PTR,
		 "answered 0"},
		{NET_A, "10.89.0.3", "77.0.89.10.in-addr.arpa", DNS_TYPE_PTR,
		 "answered 3"},
		{NET_A, "10.89.0.3", "3.0.90.10.in-addr.arpa", DNS_TYPE_PTR,
		 "answered 3"},
		{NET_A, "10.89.0.3", "3.15.90.10.in-addr.arpa", DNS_TYPE_PTR,
		 "answered 3"},
		{NET_A, "10.89.0.3", "3.16.90.10.in-addr.arpa", DNS_TYPE_PTR, "forward"},
		{NET_A, "10.89.0.3", "1.2.0.192.in-addr.arpa", DNS_TYPE_PTR, "forward"},
		/* limited */
		{NET_A, "10.89.0.9", "www.example.org", DNS_TYPE_A, "forward"},
		{NET_A, "10.89.0.9", "example.org", DNS_TYPE_A, "answered refused 5"},
		{NET_A, "10.89.0.9", "badexample.org", DNS_TYPE_A, "answered refused 5"},
		{NET_A, "10.89.0.9", "Example.net", DNS_TYPE_AAAA, "forward"},
		{NET_A, "10.89.0.9", "example.com", DNS_TYPE_A, "answered refused 5"},
		{NET_A, "10.89.0.9", "example.com.dns.podman", DNS_TYPE_A, "answered 3"},
		{NET_A, "10.89.0.9", "db", DNS_TYPE_A, "hold 0 10.89.0.3"},
		{NET_A, "10.89.0.9", "db.dns.podman", DNS_TYPE_A, "hold 0 10.89.0.3"},
		{NET_A, "10.89.0.9", "web", DNS_TYPE_A, "answered refused 5"},
		{NET_A, "10.89.0.9", "host.docker.internal", DNS_TYPE_A,
		 "hold 0 192.0.2.10"},
		{NET_A, "10.89.0.9", "host.containers.internal", DNS_TYPE_A,
		 "answered refused 5"},
		{NET_A, "10.89.0.9", "1.2.0.192.in-addr.arpa", DNS_TYPE_PTR,
		 "answered 5"},
		{NET_A, "10.89.0.9", "2.0.89.10.in-addr.arpa", DNS_TYPE_PTR,
		 "answered 0"},
	};
	struct box b;

	fill(&b);
	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		const char *got = ask(&b, cases[k].net, cases[k].asker, cases[k].name,
				      cases[k].type);

		ck_assert_msg(str_eq(got, cases[k].want), "%s asks %s %u: %s",
			      cases[k].asker, cases[k].name, cases[k].type, got);
	}
	names_view_release(&b.view);
}
END_TEST

START_TEST(test_turns)
{
	struct box b;

	fill(&b);
	ck_assert_str_eq(ask(&b, NET_A, "10.89.0.9", "tight.dns.podman", DNS_TYPE_A),
			 "answered refused 5");
	cleanup_free char *first =
		xstrdup(ask(&b, NET_A, "10.89.0.3", "store", DNS_TYPE_A));
	cleanup_free char *second =
		xstrdup(ask(&b, NET_A, "10.89.0.3", "store", DNS_TYPE_A));
	ck_assert_str_ne(first, second);
	ck_assert(strstr(first, " 10.89.0.3") && strstr(first, " 10.89.0.4"));
	ck_assert(strstr(second, " 10.89.0.3") && strstr(second, " 10.89.0.4"));
	ck_assert_ptr_null(strstr(first, "10.90.0.3"));
	names_view_release(&b.view);
}
END_TEST

START_TEST(test_changes)
{
	struct box b;
	struct dns_address a;
	uint32_t serial;

	fill(&b);
	ck_assert_int_eq(dns_address_read("10.89.0.2", &a), 0);
	serial = names_view_asker(&b.view, names_view_find_network(&b.view, NET_A), &a)
			 ->serial;
	/* told anew, with another address */
	MEMBER(&b, "web", NULL, NET_A " 10.89.0.7/24 web");
	ck_assert_str_eq(ask(&b, NET_A, "10.89.0.3", "web", DNS_TYPE_A),
			 "answered 0 10.89.0.7");
	ck_assert_str_eq(names_view_serial(&b.view, serial)->id, "web");
	/* gone from one network, from all */
	MEMBER(&b, "web", NULL, NET_A " 10.89.0.7/24 web", NET_B " 10.90.0.2/20 web");
	names_view_forget(&b.view, "web", NET_A);
	ck_assert_str_eq(ask(&b, NET_A, "10.89.0.3", "web", DNS_TYPE_A), "forward");
	ck_assert_str_eq(ask(&b, NET_B, "10.90.0.3", "web", DNS_TYPE_A),
			 "answered 0 10.90.0.2");
	names_view_forget(&b.view, "web", NET_B);
	ck_assert_ptr_null(names_view_serial(&b.view, serial));
	names_view_forget(&b.view, "nobody", NULL);
	names_view_forget(&b.view, "db", NULL);
	/* a network with members */
	names_view_forget_network(&b.view, NET_A);
	names_view_forget_network(&b.view, NET_A);
	ck_assert_ptr_null(names_view_find_network(&b.view, NET_A));
	/* a network that nobody has told of */
	MEMBER(&b, "lost", NULL, "dd00 10.99.0.2/24 lost", NET_B " 10.90.0.9/20 lost");
	ck_assert_str_eq(ask(&b, NET_B, "10.90.0.3", "lost", DNS_TYPE_A),
			 "answered 0 10.90.0.9");
	names_view_release(&b.view);
}
END_TEST

UNIT_MAIN("names_answer", test_answers, test_turns, test_changes)

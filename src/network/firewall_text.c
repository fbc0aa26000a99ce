/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Everything that a container sends comes in by a port of a bridge. Table bridge, prerouting,
 * looks at those of limited containers: a frame that does not carry its own addresses is dropped, one that goes
 * to something not on the list gets FIREWALL_MARK_REFUSED. The mark is obeyed where more is known: by table inet
 * after connection tracking (an answer to somebody else's connection goes on) if the packet is routed, by the forward hook of
 * table bridge, which has no connection tracking, if it goes to a neighbour. A container can't set the mark: the kernel
 * clears it when a packet changes its network namespace.
 *
 * A text starts with all tables, sets and (empty) chains, so that it works for tables that are there already; then the chains are flushed
 * and filled. It is one transaction, so there is no instant without rules.
 */
#include "network/firewall_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "network/address.h"
#include "network/allow.h"
#include "network/firewall_log.h"
#include "network/uplink_net.h"
#include "util/str.h"

#define SHORT_ID 12

/* nft's words for what IPv6 must have to find its neighbours */
#define ND_TYPES "nd-neighbor-solicit, nd-neighbor-advert"

#define LOG                                                                                   \
	"\t\tupdate @logged4 { ip saddr limit rate 5/second burst 20 packets } jump record\n" \
	"\t\tupdate @logged6 { ip6 saddr limit rate 5/second burst 20 packets } jump record\n"

#define WORD_(x) #x
#define WORD(x)  WORD_(x)

#define RECORD       "log group " WORD(FIREWALL_LOG_GROUP) " snaplen " WORD(FIREWALL_LOG_BYTES)
#define MARK_LOCAL   "meta mark set meta mark or " WORD(FIREWALL_MARK_LOCAL)
#define MARK_REFUSED "meta mark set meta mark or " WORD(FIREWALL_MARK_REFUSED)
#define IS_REFUSED \
	"meta mark and " WORD(FIREWALL_MARK_REFUSED) " == " WORD(FIREWALL_MARK_REFUSED)

static const char inet_sets[] =
	"\tset bridges { type ifname; }\n"            /* ours */
	"\tset open { type ifname; }\n"               /* those with a way out */
	"\tset pairs { typeof iifname . oifname; }\n" /* that may pass: each bridge with itself */
	"\tset own4 { type ifname . ipv4_addr; }\n" /* a bridge and its address */
	"\tset own6 { type ifname . ipv6_addr; }\n"
	"\tset gateways4 { type ipv4_addr; }\n" /* addresses of all bridges */
	"\tset gateways6 { type ipv6_addr; }\n"
	"\tset logged4 { type ipv4_addr; size 4096; flags dynamic,timeout; timeout 1m; }\n"
	"\tset logged6 { type ipv6_addr; size 4096; flags dynamic,timeout; timeout 1m; }\n"
	"\tchain record { }\n"
	"\tchain refuse { }\n"
	"\tchain leave { }\n"
	"\tchain enter { }\n"
	"\tchain to_us { }\n"
	"\tchain forward { type filter hook forward priority filter; policy accept; }\n"
	"\tchain input { type filter hook input priority filter; policy accept; }\n"
	"\tchain postrouting { type nat hook postrouting priority srcnat; policy accept; }\n";

static const char inet_rules[] =
	"\tchain record {\n"
	"\t\t" RECORD "\n"
	"\t}\n"
	"\tchain refuse {\n" LOG "\t\tmeta l4proto tcp reject with tcp reset\n"
	"\t\treject with icmpx admin-prohibited\n"
	"\t}\n"
	"\tchain leave {\n"
	"\t\tct state established,related accept\n"
	"\t\t" IS_REFUSED " goto refuse\n"
	"\t\tiifname . oifname @pairs accept\n"
	"\t\tiifname @open ct status dnat accept\n"
	"\t\tiifname @open oifname != @bridges accept\n"
	"\t\tmeta l4proto tcp reject with tcp reset\n"
	"\t\treject with icmpx admin-prohibited\n"
	"\t}\n"
	"\tchain enter {\n"
	"\t\tct state established,related accept\n"
	"\t\tct status dnat accept\n"
	"\t\tdrop\n"
	"\t}\n"
	"\tchain forward {\n"
	"\t\tiifname @bridges goto leave\n"
	"\t\toifname @bridges goto enter\n"
	"\t}\n";

/* What a container may say to the gateway's (or the host's) own addresses. */
static const char inet_gateway[] =
	"\t\tct state established,related accept\n"
	"\t\ticmpv6 type { " ND_TYPES " } accept\n"
	"\t\ticmpv6 type nd-router-solicit drop\n"
	"\t\t" IS_REFUSED " goto refuse\n"
	"\t\tiifname . ip daddr @own4 udp dport 53 accept\n"
	"\t\tiifname . ip daddr @own4 tcp dport 53 accept\n"
	"\t\tiifname . ip daddr @own4 icmp type echo-request accept\n"
	"\t\tiifname . ip6 daddr @own6 udp dport 53 accept\n"
	"\t\tiifname . ip6 daddr @own6 tcp dport 53 accept\n"
	"\t\tiifname . ip6 daddr @own6 icmpv6 type echo-request accept\n";

static const char inet_host_gateway[] =
	"\t\tiifname @open iifname . ip daddr @own4 accept\n"
	"\t\tiifname @open iifname . ip6 daddr @own6 accept\n"
	"\t\tiifname @open ip daddr != @gateways4 ip daddr != 127.0.0.0/8 accept\n"
	"\t\tiifname @open ip6 daddr != @gateways6 ip6 daddr != ::1 accept\n";

static const char inet_refuse_rest[] =
	"\t\tfib daddr type { broadcast, multicast } drop\n"
	"\t\tmeta l4proto tcp reject with tcp reset\n"
	"\t\treject with icmpx admin-prohibited\n";

static const char host_sets[] =
	"\tmap ports4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"\tmap ports6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	"\tmap all4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"\tmap all6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	"\tchain prerouting { type nat hook prerouting priority dstnat; policy accept; }\n";

static const char own_sets[] =
	"\tchain transparent { type filter hook prerouting priority mangle; policy accept; }\n"
	"\tchain out { type filter hook forward priority -1; policy accept; }\n";

static const char host_rules[] =
	"\tchain prerouting {\n"
	"\t\tmeta l4proto { tcp, udp } fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @ports4\n"
	"\t\tmeta l4proto { tcp, udp } fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6\n"
	"\t\tmeta l4proto { tcp, udp } fib daddr type local dnat ip to meta l4proto . th dport map @all4\n"
	"\t\tmeta l4proto { tcp, udp } fib daddr type local dnat ip6 to meta l4proto . th dport map @all6\n"
	"\t}\n"
	"\tchain postrouting {\n"
	/* a container that speaks to its own network by a published port gets its answers by the way it went */
	"\t\tiifname . oifname @pairs ct status dnat masquerade\n"
	"\t\tiifname @open oifname != @bridges masquerade\n"
	"\t}\n";

static const char bridge_sets[] =
	"\tset limited { type ifname; }\n"         /* ports of limited containers */
	"\tmap ports { type ifname : verdict; }\n" /* the same, with the chain of each */
	"\tset talked4 { type ipv4_addr . inet_service . ipv4_addr . inet_service; size 16384; flags dynamic,timeout; timeout 3m; }\n"
	"\tset talked6 { type ipv6_addr . inet_service . ipv6_addr . inet_service; size 16384; flags dynamic,timeout; timeout 3m; }\n"
	"\tset logged4 { type ipv4_addr; size 4096; flags dynamic,timeout; timeout 1m; }\n"
	"\tset logged6 { type ipv6_addr; size 4096; flags dynamic,timeout; timeout 1m; }\n"
	"\tchain record { }\n"
	"\tchain answer { }\n"
	"\tchain heard { }\n"
	"\tchain prerouting { type filter hook prerouting priority -300; policy accept; }\n"
	"\tchain forward { type filter hook forward priority -100; policy accept; }\n";

static const char bridge_rules[] =
	"\tchain record {\n"
	"\t\t" RECORD "\n"
	"\t}\n"
	"\tchain prerouting {\n"
	"\t\tiifname vmap @ports\n"
	"\t}\n"
	/* to a neighbour that is not on the list: only what answers it */
	"\tchain answer {\n"
	"\t\ttcp flags & (ack | rst) != 0 accept\n"
	"\t\tip saddr . udp sport . ip daddr . udp dport @talked4 accept\n"
	"\t\tip6 saddr . udp sport . ip6 daddr . udp dport @talked6 accept\n"
	"\t\ticmp type { echo-reply, destination-unreachable, time-exceeded, parameter-problem } accept\n"
	"\t\ticmpv6 type { echo-reply, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept\n" LOG
	"\t\tdrop\n"
	"\t}\n"
	"\tchain heard {\n"
	"\t\tupdate @talked4 { ip daddr . udp dport . ip saddr . udp sport }\n"
	"\t\tupdate @talked6 { ip6 daddr . udp dport . ip6 saddr . udp sport }\n"
	"\t}\n"
	"\tchain forward {\n"
	"\t\toifname @limited meta l4proto udp jump heard\n"
	"\t\tiifname @limited " IS_REFUSED " goto answer\n"
	"\t}\n";

static void flush(struct buf *b, const char *family, const char *table,
		  const char *const *chains, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)buf_printf(b, "flush chain %s %s %s\n", family, table, chains[i]);
}

/*
 * Addresses that mean something else to the uplink's sockets than to whoever sends a packet there: loopback, IPv4 in IPv6 (of
 * which ::ffff:127.0.0.1 would be the host's loopback), the uplink's own.
 */
#define NEVER_OUT4 "{ 0.0.0.0/8, 127.0.0.0/8, " UPLINK_CIDR4 " }"
#define NEVER_OUT6 "{ ::/80, " UPLINK_CIDR6 " }"

static void own_rules(struct buf *b, const char *uplink)
{
	if (uplink)
		(void)buf_printf(
			b,
			"\tchain out {\n"
			"\t\toifname \"%s\" ip daddr " NEVER_OUT4 " drop\n"
			"\t\toifname \"%s\" ip6 daddr " NEVER_OUT6 " drop\n"
			/* libslirp has no ICMPv6 to others: the answer comes at once */
			"\t\toifname \"%s\" icmpv6 type echo-request reject with icmpv6 no-route\n"
			"\t\toifname \"%s\" meta l4proto ipv6-icmp drop\n"
			"\t}\n",
			uplink, uplink, uplink, uplink);
	(void)buf_add_str(b, "\tchain transparent {\n"
			     "\t\tsocket transparent 1 " MARK_LOCAL "\n"
			     "\t}\n"
			     "\tchain postrouting {\n");
	if (uplink)
		(void)buf_printf(b, "\t\toifname \"%s\" masquerade\n", uplink);
	(void)buf_add_str(b, "\t}\n");
}

static void input_rules(struct buf *b, bool is_host, const char *uplink)
{
	(void)buf_printf(b, "\tchain to_us {\n%s%s%s\t}\n", inet_gateway,
			 is_host ? inet_host_gateway : "", inet_refuse_rest);
	(void)buf_add_str(b, "\tchain input {\n"
			     "\t\tiifname @bridges goto to_us\n");
	if (uplink)
		(void)buf_printf(
			b,
			"\t\tiifname \"%s\" icmpv6 type { " ND_TYPES " } accept\n"
			"\t\tiifname \"%s\" ct state established,related accept\n"
			"\t\tiifname \"%s\" drop\n",
			uplink, uplink, uplink);
	(void)buf_add_str(b, "\t}\n");
}

void firewall_text_base(struct buf *b, const char *table, bool is_host,
			const char *uplink)
{
	static const char *const inet[] = {"record", "refuse",  "leave", "enter",
					   "to_us",  "forward", "input", "postrouting"};
	static const char *const bridge[] = {"record", "answer", "heard", "prerouting",
					     "forward"};
	static const char *const host[] = {"prerouting"}, *const own[] = {"transparent",
									  "out"};

	(void)buf_printf(b, "table inet %s {\n%s%s}\n", table, inet_sets,
			 is_host ? host_sets : own_sets);
	(void)buf_printf(b, "table bridge %s {\n%s}\n", table, bridge_sets);
	flush(b, "inet", table, inet, ARRAY_SIZE(inet));
	if (is_host)
		flush(b, "inet", table, host, ARRAY_SIZE(host));
	else
		flush(b, "inet", table, own, ARRAY_SIZE(own));
	flush(b, "bridge", table, bridge, ARRAY_SIZE(bridge));
	(void)buf_printf(b, "table inet %s {\n%s", table, inet_rules);
	input_rules(b, is_host, uplink);
	if (is_host)
		(void)buf_add_str(b, host_rules);
	else
		own_rules(b, uplink);
	(void)buf_printf(b, "}\ntable bridge %s {\n%s}\n", table, bridge_rules);
}

void firewall_text_remove(struct buf *b, const char *table)
{
	/* "table" makes them if they are not there, so that deleting them can't fail */
	(void)buf_printf(b,
			 "table inet %s { }\ndelete table inet %s\n"
			 "table bridge %s { }\ndelete table bridge %s\n",
			 table, table, table, table);
}

void firewall_set_name(const char *id, int family, bool has_port,
		       char ret[static FIREWALL_SET_NAME_SIZE])
{
	(void)snprintf(ret, FIREWALL_SET_NAME_SIZE, "%c%c_%.*s", has_port ? 'p' : 'a',
		       family == AF_INET ? '4' : '6', SHORT_ID, id);
}

/* An address and its text without prefix length. Return: the family, or 0. */
static int read_address(const char *text, struct address *ret,
			char ret_text[static INET6_ADDRSTRLEN])
{
	cleanup_error struct error ignored = ERROR_INIT;

	if (address_parse(text, ret, &ignored) < 0)
		return 0;
	(void)inet_ntop(ret->family, ret->bytes, ret_text, INET6_ADDRSTRLEN);
	return ret->family;
}

/* The address that the kernel makes itself from a hardware address: RFC 4291, appendix A. */
static void link_local(const uint8_t mac[static 6], uint8_t ret[static 16])
{
	const uint8_t bytes[16] = {0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2],
				   0xff, 0xfe, mac[3],           mac[4], mac[5]};

	memcpy(ret, bytes, sizeof(bytes));
}

struct own_addresses {
	struct buf v4, v6, targets; /* lists as nft has them */
};

static void own_release(struct own_addresses *o)
{
	buf_release(&o->v4);
	buf_release(&o->v6);
	buf_release(&o->targets);
}

static void add_v6(struct own_addresses *o, const uint8_t address[static 16])
{
	char text[INET6_ADDRSTRLEN];

	(void)inet_ntop(AF_INET6, address, text, sizeof(text));
	(void)buf_printf(&o->v6, "%s%s", o->v6.len ? ", " : "", text);
	(void)buf_add_str(&o->targets, o->targets.len ? ", 0x" : "0x");
	for (int i = 0; i < 16; i++)
		(void)buf_printf(&o->targets, "%02x", address[i]);
}

static int own_read(const struct network_endpoint *e, const uint8_t mac[static 6],
		    struct own_addresses *ret, struct error *err)
{
	char text[INET6_ADDRSTRLEN];
	struct address address;

	buf_init(&ret->v4, FIREWALL_TEXT_MAX);
	buf_init(&ret->v6, FIREWALL_TEXT_MAX);
	buf_init(&ret->targets, FIREWALL_TEXT_MAX);
	link_local(mac, address.bytes);
	add_v6(ret, address.bytes);
	strv_foreach (a, e->addresses) {
		int family = read_address(*a, &address, text);

		if (family == 0)
			return error_set(
				err, ERR_INVALID, 0,
				"limit a container: it has an address that is none");
		if (family == AF_INET)
			(void)buf_printf(&ret->v4, "%s%s", ret->v4.len ? ", " : "", text);
		else
			add_v6(ret, address.bytes);
	}
	return 0;
}

/* What comes from one port: own addresses only; then the list decides. */
static int port_chain(struct buf *b, const struct network_endpoint *e,
		      const struct firewall_port *port, const char *id, struct error *err)
{
	cleanup(own_release) struct own_addresses own = {0};
	const uint8_t *m = port->mac;
	char mac[18];
	int r = own_read(e, m, &own, err);

	if (r < 0)
		return r;
	(void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
		       m[2], m[3], m[4], m[5]);
	(void)buf_printf(b,
			 "\tchain %s {\n"
			 "\t\tether type { 0x8100, 0x88a8 } drop\n"
			 "\t\tether saddr != %s drop\n",
			 port->interface, mac);
	if (own.v4.len)
		(void)buf_printf(
			b,
			"\t\tarp saddr ether %s arp saddr ip { 0.0.0.0, %s } accept\n"
			"\t\tip saddr { %s } goto list_%.*s\n",
			mac, own.v4.data, own.v4.data, SHORT_ID, id);
	(void)buf_printf(
		b,
		"\t\tip6 saddr { ::, %s } icmpv6 type nd-neighbor-solicit accept\n"
		"\t\tip6 saddr { %s } icmpv6 type nd-neighbor-advert @th,64,128 { %s } accept\n"
		"\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit,"
		" nd-router-advert, nd-redirect, mld-listener-query, mld-listener-report,"
		" mld-listener-done, mld2-listener-report } drop\n"
		"\t\tip6 saddr { %s } goto list_%.*s\n"
		"\t\tdrop\n\t}\n",
		own.v6.data, own.v6.data, own.targets.data, own.v6.data, SHORT_ID, id);
	return 0;
}

static void allowed_rule(struct buf *b, const struct allow_rule *rule)
{
	const char *family = rule->family == AF_INET ? "ip" : "ip6";
	char text[INET6_ADDRSTRLEN];

	(void)inet_ntop(rule->family, &rule->v4, text, sizeof(text));
	(void)buf_printf(b, "\t\t");
	if (rule->prefix == 0) /* nft has no word for all of them but this */
		(void)buf_printf(b, "meta protocol %s", family);
	else
		(void)buf_printf(b, "%s daddr %s/%u", family, text, rule->prefix);
	if (rule->port)
		(void)buf_printf(b, " meta l4proto { tcp, udp } th dport %u", rule->port);
	(void)buf_add_str(b, " accept\n");
}

static int list_chain(struct buf *b, const struct network_member *m,
		      char *const *gateways, struct error *err)
{
	char text[INET6_ADDRSTRLEN];
	struct address address;
	int family;

	(void)buf_printf(b, "\tchain list_%.*s {\n", SHORT_ID, m->id);
	strv_foreach (g, gateways) {
		const char *word;

		family = read_address(*g, &address, text);
		if (family == 0)
			continue;
		word = family == AF_INET ? "ip" : "ip6";
		(void)buf_printf(
			b,
			"\t\t%s daddr %s meta l4proto { tcp, udp } th dport 53 accept\n"
			"\t\t%s daddr %s %s type echo-request accept\n",
			word, text, word, text, family == AF_INET ? "icmp" : "icmpv6");
	}
	strv_foreach (word, m->allow) {
		struct allow_rule rule;
		int r = allow_parse(*word, &rule, err);

		if (r < 0)
			return r;
		if (rule.family != AF_UNSPEC)
			allowed_rule(b, &rule);
	}
	(void)buf_printf(
		b,
		"\t\tip daddr @a4_%.*s accept\n"
		"\t\tmeta l4proto { tcp, udp } ip daddr . th dport @p4_%.*s accept\n"
		"\t\tip6 daddr @a6_%.*s accept\n"
		"\t\tmeta l4proto { tcp, udp } ip6 daddr . th dport @p6_%.*s accept\n"
		"\t\t" MARK_REFUSED "\n\t}\n",
		SHORT_ID, m->id, SHORT_ID, m->id, SHORT_ID, m->id, SHORT_ID, m->id);
	return 0;
}

static void member_sets(struct buf *b, const char *table, const struct network_member *m,
			const struct firewall_port *ports)
{
	static const char options[] = "size 8192; flags timeout;";

	(void)buf_printf(b,
			 "table bridge %s {\n"
			 "\tset a4_%.*s { type ipv4_addr; %s }\n"
			 "\tset p4_%.*s { type ipv4_addr . inet_service; %s }\n"
			 "\tset a6_%.*s { type ipv6_addr; %s }\n"
			 "\tset p6_%.*s { type ipv6_addr . inet_service; %s }\n"
			 "\tchain list_%.*s { }\n",
			 table, SHORT_ID, m->id, options, SHORT_ID, m->id, options,
			 SHORT_ID, m->id, options, SHORT_ID, m->id, options, SHORT_ID,
			 m->id);
	for (size_t i = 0; i < m->n_endpoints; i++)
		(void)buf_printf(b, "\tchain %s { }\n", ports[i].interface);
	(void)buf_add_str(b, "}\n");
	(void)buf_printf(b, "flush chain bridge %s list_%.*s\n", table, SHORT_ID, m->id);
	for (size_t i = 0; i < m->n_endpoints; i++)
		(void)buf_printf(b, "flush chain bridge %s %s\n", table,
				 ports[i].interface);
}

int firewall_text_member(struct buf *b, const char *table, const struct network_member *m,
			 const struct firewall_port *ports, char *const *gateways,
			 struct error *err)
{
	int r;

	member_sets(b, table, m, ports);
	(void)buf_printf(b, "table bridge %s {\n", table);
	r = list_chain(b, m, gateways, err);
	for (size_t i = 0; r == 0 && i < m->n_endpoints; i++)
		r = port_chain(b, &m->endpoints[i], &ports[i], m->id, err);
	if (r < 0)
		return error_wrap(err, "limit container %s", m->name ? m->name : m->id);
	(void)buf_add_str(b, "}\n");
	for (size_t i = 0; i < m->n_endpoints; i++)
		(void)buf_printf(b,
				 "add element bridge %s limited { \"%s\" }\n"
				 "add element bridge %s ports { \"%s\" : jump %s }\n",
				 table, ports[i].interface, table, ports[i].interface,
				 ports[i].interface);
	if (b->overflow)
		return error_set(err, ERR_INVALID, E2BIG, "limit container %s",
				 m->name ? m->name : m->id);
	return 0;
}

void firewall_text_forget(struct buf *b, const char *table, const char *id,
			  char *const *interfaces)
{
	static const char *const sets[] = {"a4", "p4", "a6", "p6"};

	strv_foreach (i, interfaces)
		(void)buf_printf(b,
				 "delete element bridge %s ports { \"%s\" }\n"
				 "delete element bridge %s limited { \"%s\" }\n"
				 "delete chain bridge %s %s\n",
				 table, *i, table, *i, table, *i);
	(void)buf_printf(b, "delete chain bridge %s list_%.*s\n", table, SHORT_ID, id);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		(void)buf_printf(b, "delete set bridge %s %s_%.*s\n", table, sets[i],
				 SHORT_ID, id);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may reach what: nft tables of our own (families inet and bridge), in the gateway's network namespace or, as root
 * of the host, in the host's. Other tables are never touched.
 *
 *   - Two networks never reach each other; an internal one reaches nothing but itself.
 *   - What leaves takes the address of the interface by which it leaves.
 *   - Of the gateway itself a container reaches the name server (port 53 of its bridge's address) and an ICMP echo. As root of
 *     the host also the host's services, as on any address of the host; never the host's loopback.
 *   - A limited container (--allow-net) reaches what is on its list. It is known by the bridge port that its frames
 *     come from, never by an address in them, and sends from no address but its own.
 *
 * The tables are made once, by nft(8). A network, a published port, an address learned from the name server are elements of
 * their sets, put in by netlink without another process. Only a limited container costs another run of nft.
 *
 * What netlink must add for the sockets of the port forwarder (not as root of the host), IPv4 and IPv6:
 *   rule   fwmark FIREWALL_MARK_LOCAL/FIREWALL_MARK_LOCAL lookup FIREWALL_ROUTE_TABLE
 *   route  local default dev lo table FIREWALL_ROUTE_TABLE
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "network/firewall_text.h"
#include "network/request.h"
#include "util/cleanup.h"
#include "util/error.h"

#define FIREWALL_ROUTE_TABLE 100
#define FIREWALL_TABLE_SIZE  32

/* Something that a limited container was not let to. */
struct firewall_refusal {
	const char *id, *name; /* of the container */
	const char *address;   /* "203.0.113.7" */
	const char *protocol;  /* "tcp", "udp", "icmp", "icmpv6", a number */
	uint16_t port;         /* 0: none */
};

struct firewall_options {
	/* borrowed for the life of the firewall; -EBADF: the host's own */
	int user_ns_fd, net_ns_fd;
	bool is_host; /* root of the host: DNAT and masquerade, no transparent sockets */
	const char *
		table; /* NULL: "cubby"; as root one for each run directory, "cubby-3fa1..." */
	const char *uplink; /* name of the uplink's interface; NULL as root of the host */
	/* called by firewall_dispatch(), at most some per second for one container */
	void (*refused)(void *data, const struct firewall_refusal *r);
	void *data;
};

struct firewall;

/*
 * firewall_open() - the tables; those that a killed program has left are taken over, with the limits that stand in
 * them, so that no container is ever less limited than it was. Also IPv4 and IPv6 forwarding on; IPv6 as root of the host only when the
 * first network with IPv6 comes. No nft(8): ERR_UNSUPPORTED with what to install. Caller frees with firewall_free(),
 * which leaves the tables; firewall_remove() deletes them before (root of the host, at the end).
 */
int firewall_open(const struct firewall_options *o, struct firewall **ret,
		  struct error *err) _must_check_;
void firewall_free(struct firewall *fw);
void firewall_remove(struct firewall *fw);
DEFINE_CLEANUP(struct firewall *, firewall_free)
#define cleanup_firewall cleanup(firewall_freep)

/* firewall_fd() - readable when firewall_dispatch() has refusals to read; -EBADF: none (no limited container yet). It may
 * change with firewall_member(). */
int firewall_fd(const struct firewall *fw);
void firewall_dispatch(struct firewall *fw);

/* firewall_network() - before its bridge is up, and again (idempotent) when its definition has changed. */
int firewall_network(struct firewall *fw, const struct network_definition *d,
		     struct error *err) _must_check_;
void firewall_network_forget(struct firewall *fw, const char *network_id);

/*
 * firewall_member() - published ports (root of the host) and limits, before the interfaces are up; again when they
 * change. ports[i] belongs to m->endpoints[i]. Nothing to do, and nothing done, for a member without limits that
 * publishes nothing. firewall_member_forget() - when the last of its interfaces is gone.
 */
int firewall_member(struct firewall *fw, const struct network_member *m,
		    const struct firewall_port *ports, struct error *err) _must_check_;
void firewall_member_forget(struct firewall *fw, const char *member_id);

/*
 * firewall_learn() - the name server is about to tell this member that `name` has this address (of family
 * AF_INET or AF_INET6) for ttl_sec seconds: what its list says of the name counts for the address, for as long, at
 * least FIREWALL_LEARN_MIN_SEC. A member without limits or a name that is not on its list: nothing is done. Takes
 * much less than a millisecond.
 */
#define FIREWALL_LEARN_MIN_SEC 60
struct firewall_address {
	int family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};
int firewall_learn(struct firewall *fw, const char *member_id, const char *name,
		   const struct firewall_address *addresses, size_t n, uint32_t ttl_sec,
		   struct error *err) _must_check_;

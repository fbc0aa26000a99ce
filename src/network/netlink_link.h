/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that the gateway has for rtnetlink(7), each added to a batch (netlink.h). Strings are borrowed until the
 * batch is sent. */
#pragma once

#include "network/netlink.h"

struct netlink_bridge {
	const char *name, *alias; /* alias: NULL: none */
	uint8_t mac[6];
	uint32_t mtu;
};
/* netlink_bridge() - one that is there already is none. No multicast snooping, no spanning tree. */
void netlink_bridge(struct netlink_batch *b, const struct netlink_bridge *bridge);

struct netlink_veth {
	const char *name; /* of our end */
	int master;       /* index of its bridge */
	const char *peer; /* name of the other end */
	int peer_net_ns_fd;
	uint8_t peer_mac[6];
	uint32_t mtu;
};
/* netlink_veth() - EEXIST: one of the names is taken. */
void netlink_veth(struct netlink_batch *b, const struct netlink_veth *veth);

void netlink_link_up(struct netlink_batch *b, const char *name);
void netlink_link_mtu(struct netlink_batch *b, const char *name, uint32_t mtu);
void netlink_link_delete(struct netlink_batch *b, const char *name);

/* netlink_address_add() - to an interface, without asking first whether somebody else has it (RFC 4862); found is fine. */
void netlink_address_add(struct netlink_batch *b, int index, const char *name,
			 const struct address *a);

/* netlink_default_route() - found is fine. */
void netlink_default_route(struct netlink_batch *b, const struct address *gateway);

/* netlink_local_route(), netlink_mark_rule() - for transparent sockets: all addresses are this host's, in a table that packets
 * with a mark use. */
void netlink_local_route(struct netlink_batch *b, int family, int lo_index,
			 uint32_t table);
void netlink_mark_rule(struct netlink_batch *b, int family, uint32_t mark,
		       uint32_t table);

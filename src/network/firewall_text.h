/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as text for nft(8). Pure; each text is one transaction, and may be run again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "network/request.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

#define FIREWALL_TEXT_MAX (1 << 20)

/* Bits of packets' marks. */
#define FIREWALL_MARK_LOCAL   0x1 /* a packet for a transparent socket */
#define FIREWALL_MARK_REFUSED 0x2 /* from a limited container, not on its list */

/* A bridge port of a member: the gateway's end of a veth, and the hardware address of the container's. */
struct firewall_port {
	const char *interface; /* network_peer_name() */
	uint8_t mac[6];
};

/* firewall_text_base() - the tables with their sets (elements that are there stay) and the rules that are for all. */
void firewall_text_base(struct buf *b, const char *table, bool is_host,
			const char *uplink);

/*
 * firewall_text_member() - the chains of a limited container. gateways: strv of addresses of the bridges that it is at. What it
 * has from us alone is trusted as text: addresses are read and written anew. An allow word or address that is none:
 * ERR_INVALID. firewall_text_forget() - they go; to run only if they are there. interfaces: of its ports, strv.
 */
int firewall_text_member(struct buf *b, const char *table, const struct network_member *m,
			 const struct firewall_port *ports, char *const *gateways,
			 struct error *err) _must_check_;
void firewall_text_forget(struct buf *b, const char *table, const char *id,
			  char *const *interfaces);

/* firewall_text_remove() - both tables go. */
void firewall_text_remove(struct buf *b, const char *table);

/* firewall_set_name() - of the addresses that a member has learned: "a4_", "p4_", "a6_" or "p6_" and its short id. */
#define FIREWALL_SET_NAME_SIZE 20
void firewall_set_name(const char *id, int family, bool has_port,
		       char ret[static FIREWALL_SET_NAME_SIZE]);

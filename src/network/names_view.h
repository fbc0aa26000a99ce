/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the name server knows of networks and containers, and how it looks to one of them. No sockets, no system calls.
 * Its size depends on what the gateway process tells, never on what containers ask.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/dns_name.h"
#include "network/names_resolv.h"
#include "network/request.h"
#include "util/cleanup.h"

struct view_network {
	char *id;
	bool internal;
	struct view_subnet {
		struct dns_address address;
		uint8_t prefix;
	} * subnets;
	size_t n_subnets;
	struct names_servers servers; /* none: the host's */
	struct view_network *next;
};

struct view_place {
	struct view_network *network;
	struct dns_address *addresses;
	size_t n_addresses;
	char **names;     /* strv, lower case */
	uint32_t *hashes; /* of each */
};

struct view_member {
	uint32_t serial; /* stays the same when it is told anew */
	char *id, *name; /* the latter in lower case */
	struct view_place *places;
	size_t n_places;
	struct names_servers servers; /* none: the network's */
	bool is_limited;
	char **allow;
	struct view_member *next;
};

struct names_view {
	struct view_network *networks;
	struct view_member *members;
	uint32_t last_serial;
	unsigned int turn; /* of the addresses, when there are several */
};
void names_view_release(struct names_view *v); /* safe on a zeroed struct */
#define cleanup_names_view cleanup(names_view_release)

/* Told by the gateway process. Networks of a member that are not known are passed over. Return of the first: the network,
 * which stays where it is until it is forgotten. */
struct view_network *names_view_network(struct names_view *v,
					const struct network_definition *d);
void names_view_member(struct names_view *v, const struct network_member *m);
void names_view_forget_network(struct names_view *v, const char *id);
void names_view_forget(struct names_view *v, const char *id,
		       const char *network_id); /* NULL: all */

/* Found, or NULL. */
struct view_network *names_view_find_network(const struct names_view *v, const char *id);
const struct view_member *names_view_serial(const struct names_view *v, uint32_t serial);
/* names_view_asker() - who has this address at this network. */
const struct view_member *names_view_asker(const struct names_view *v,
					   const struct view_network *network,
					   const struct dns_address *address);

/*
 * names_view_lookup() - addresses of that length (4, 16) of everybody who has this name at a network that the asker is at;
 * text is of dns_name_text(). They take turns. *ret_known: somebody has the name, be it without such an address.
 * Return: how many, at most max.
 */
size_t names_view_lookup(struct names_view *v, const struct view_member *asker,
			 const char *text, uint8_t len, struct dns_address *ret,
			 size_t max, bool *ret_known);

/* names_view_reverse() - the name of who has that address at a network that the asker is at, or NULL. */
const char *names_view_reverse(const struct names_view *v,
			       const struct view_member *asker,
			       const struct dns_address *address);

/* names_view_owns() - the address lies in a subnet of any network here: nobody else can know who has it. */
bool names_view_owns(const struct names_view *v, const struct dns_address *address);

/* names_view_in_subnet() - in one of this network. */
bool names_view_in_subnet(const struct view_network *network,
			  const struct dns_address *address);

/* names_view_has_way_out() - it is at a network that is not internal. */
bool names_view_has_way_out(const struct view_member *m);

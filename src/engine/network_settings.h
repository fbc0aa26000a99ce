/* SPDX-License-Identifier: Apache-2.0 */
/* A network as its user knows it, and as its record and the network program have it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/request.h"
#include "store/network_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct network_pool {
	char *subnet;       /* "10.89.0.0/24" */
	char *gateway;      /* the bridge's address there; NULL: it has none */
	char *first, *last; /* what containers get; NULL: any */
};

struct network {
	char *id, *name; /* owned, as all strings here */
	int64_t created_usec;
	char *given;          /* last addresses that were given, one for each pool */
	int64_t n_holders;    /* containers that have addresses */
	char *interface;      /* the bridge */
	char *isolate;        /* as typed: "true", "strict"; NULL: no */
	char *ipam;           /* "host-local"; "none": containers get no addresses */
	char **options;       /* "key=value" as typed, sorted (strv) */
	char **labels, **dns; /* labels sorted by key */
	int64_t mtu;          /* 0: the uplink's */
	bool ipv6, internal, no_dns;
	struct network_pool *pools;
	size_t n_pools;
};
void network_release(struct network *n); /* safe on a zeroed struct */
#define cleanup_network cleanup(network_release)

struct networks {
	struct network *items; /* owned */
	size_t n;
};
void networks_release(struct networks *list);
#define cleanup_networks cleanup(networks_release)

/* network_add_pool() - an empty one at the end. */
struct network_pool *network_add_pool(struct network *n);

/* network_settings_text() - what the record's config says. Caller frees. */
char *network_settings_text(const struct network *n);

/* network_settings_read() - from a record. */
int network_settings_read(const struct network_record *rec, struct network *ret,
			  struct error *err) _must_check_;

/* network_settings_definition() - what the network program wants to know. ret is released by
 * network_definition_release(). */
void network_settings_definition(const struct network *n, struct network_definition *ret);

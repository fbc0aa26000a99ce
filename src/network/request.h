/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine tells the network program: networks, and containers with their places in them, as structs
 * and as JSON. The engine makes them from its records; the network program believes nothing else.
 *
 * Addresses are texts as inet_pton(3) reads them, subnets and addresses of interfaces with a prefix length
 * ("10.89.0.2/24", "fd12::2/64"). Ids are 64 hex digits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct network_subnet {
	char *subnet;  /* "10.89.0.0/24" */
	char *gateway; /* the bridge's address; NULL: it has none there */
};

struct network_definition {
	char *id, *name;
	char *interface; /* the bridge, at most 15 bytes */
	struct network_subnet *subnets;
	size_t n_subnets;
	int mtu;       /* 0: the uplink's */
	bool internal; /* no way out, and the name server forwards nothing */
	bool isolate;  /* from other networks that are isolated, as podman's option */
	bool no_dns;   /* the name server does not listen here */
	char **dns_servers; /* strv; where questions go instead of the host's servers; NULL: those */
};

/* One interface of a container, at one network. */
struct network_endpoint {
	char *network;    /* its id */
	char *interface;  /* in the container: "eth0" */
	char **addresses; /* strv; with prefix length */
	char *mac;        /* "92:d0:c6:0a:29:33"; the gateway needs it */
	char **names; /* strv; the container is found by these on this network: name, aliases, short id, host name */
};

/* A published port, for root's rules: the forwarder of an ordinary user has its own. */
struct network_port {
	char *host_address; /* NULL: all, IPv4 and IPv6 */
	uint64_t host_port, container_port;
	char *protocol; /* "tcp", "udp" */
};

/* A container. The first endpoint with a way out has the default route. */
struct network_member {
	char *id, *name;
	struct network_endpoint *endpoints;
	size_t n_endpoints;
	char **dns_servers; /* strv; --dns: where its questions go; NULL: the network's, or the host's */
	bool is_limited; /* --allow-net: it reaches nothing but... */
	char **allow; /* strv; "NAME", "NAME:PORT", "*.NAME", "ADDRESS/LENGTH", "[ADDRESS]:PORT" */
	struct network_port *ports;
	size_t n_ports;
};

void network_definition_release(
	struct network_definition *n);                 /* safe on a zeroed struct */
void network_member_release(struct network_member *m); /* the same */
#define cleanup_network_member cleanup(network_member_release)

/* network_member_drop() - without its k-th endpoint; the others keep their order. */
void network_member_drop(struct network_member *m, size_t k);

/* As JSON; the caller owns the object. */
struct json_object *network_definition_json(const struct network_definition *n);
struct json_object *network_member_json(const struct network_member *m);

/* From JSON: what can't be (no id, an address that is none, a name that is too long) is ERR_INVALID. */
int network_definition_read(struct json_object *o, struct network_definition *ret,
			    struct error *err) _must_check_;
int network_member_read(struct json_object *o, struct network_member *ret,
			struct error *err) _must_check_;

/*
 * network_peer_name() - of the container's k-th interface as the gateway sees it: "v" and 36 bits of each the
 * container's and the network's id, so that it is found again, and no other is taken for it.
 */
#define NETWORK_INTERFACE_SIZE 16
void network_peer_name(const char *container_id, const char *network_id,
		       char ret[static NETWORK_INTERFACE_SIZE]);

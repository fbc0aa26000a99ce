/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's record says of its network: which networks it is at, which ports it publishes, what it may
 * reach. A part of container_config; addresses that it has for now are leases (network_lease.h), not this.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* One network that it is at. */
struct network_attachment {
	char *network;   /* the network's id */
	char *name;      /* and its name, as it was then */
	char *interface; /* in the container; NULL: the next "ethN" */
	char *ip, *ip6;  /* asked for; NULL: any that is free */
	char *mac;       /* asked for; NULL: any */
	char **aliases;  /* strv; other names on this network */
};

/* A range of published ports. */
struct port_mapping {
	char *host_address; /* NULL: all addresses of the host, IPv4 and IPv6 */
	uint64_t host_port; /* the first; 0: any that is free, chosen at each start */
	uint64_t container_port, n_ports;
	char *protocol; /* "tcp" or "udp" */
};

struct network_config {
	struct network_attachment *attachments; /* NULL: it is at no network of ours */
	size_t n_attachments;
	struct port_mapping *ports;
	size_t n_ports;
	char **exposed; /* strv; "80/tcp", of image and --expose */
	bool publish_all;
	bool is_limited; /* --allow-net */
	char **allow;    /* strv */
	/* "pasta" or "slirp4netns": a process of its own instead of a network of ours; and what was typed after the colon */
	char *tool, *options;
};
void network_config_release(struct network_config *c); /* safe on a zeroed struct */
#define cleanup_network_config cleanup(network_config_release)
void network_config_copy(const struct network_config *from, struct network_config *ret);

/* network_config_find() - the place of the network among those it is at; -1: it is at others only. One that an older
 * record names without an id is known by its name. */
int network_config_find(const struct network_config *c, const char *id, const char *name);

/* network_config_interface() - "ethN", the first from *n on that no attachment asks for; *n is past it then. Caller frees. */
char *network_config_interface(const struct network_config *c, unsigned int *n);

/* port_mappings_copy(), port_mappings_release() - a list of its own, as in network_config. NULL of none. */
struct port_mapping *port_mappings_copy(const struct port_mapping *from, size_t n);
void port_mappings_release(struct port_mapping *list, size_t n);

/* network_config_is_empty() - nothing is said of it: neither a network nor a port. */
bool network_config_is_empty(const struct network_config *c);

/* As JSON, and from it: what can't be (a port past 65535, an attachment without a network) is ERR_INVALID. */
struct json_object *network_config_json(const struct network_config *c);
int network_config_read(struct json_object *o, struct network_config *ret,
			struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway program's parts, and what they know.
 *
 *   gateway.c          the program's start, its loop and its end
 *   gateway_control.c  cubby's commands and what they ask
 *   gateway_network.c  networks: bridges
 *   gateway_member.c   containers: interfaces
 *   gateway_names.c    the name server's process
 *   gateway_rules.c    the firewall
 *   gateway_uplink.c   the way out
 *   gateway_refusals.c what it and the name server refused
 *
 * What is known is what cubby said; what is there is asked of the kernel: each part makes what is missing and takes what it
 * finds, so a new program in an old namespace only has to be told all again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/firewall.h"
#include "network/names.h"
#include "network/netlink.h"
#include "network/request.h"
#include "runtime/gateway_ns.h"
#include "util/cleanup.h"
#include "util/error.h"

#define GATEWAY_CLIENTS_MAX 256
#define GATEWAY_LISTEN_MAX  64 /* sockets of the name server at one network */
#define GATEWAY_HOST_MTU    1500
#define GATEWAY_LINGER_USEC (2 * 1000 * 1000)

struct gateway;
struct uplink;

/* What the loop waits for. */
struct gateway_source {
	int fd;
	void (*ready)(struct gateway *g, struct gateway_source *s);
};

struct gateway_client {
	struct gateway_source source;
	struct gateway_client *next;
};

struct gateway_network {
	struct network_definition definition;
	struct gateway_network *next;
};

struct gateway_member {
	struct network_member m;
	int *links; /* of each endpoint: index of our end */
	struct gateway_member *next;
};

struct gateway {
	bool is_host; /* in the host's network namespace, as root of it */
	bool ends;    /* as soon as nobody needs it */
	char *table;  /* owned: the mark of what is ours as root of the host; else NULL */
	const char *uplink_wanted; /* borrowed: the kind that is wanted; NULL: any */
	struct gateway_ns ns;      /* fds -EBADF: the host's */
	int dir_fd;
	int route_fd; /* netlink, of the gateway's namespace */
	int epoll_fd;
	struct gateway_source listen, signals, links, names_source, firewall_source,
		uplink_source;
	struct gateway_client *clients;
	size_t n_clients;
	struct gateway_network *networks;
	struct gateway_member *members;
	struct names names;
	struct firewall *firewall; /* owned; NULL: not yet */
	struct uplink *uplink;     /* owned; NULL: none, or not yet */
	bool is_greeted;           /* somebody is about to ask for more */
	bool is_warm;              /* and what that takes is there */
	int64_t idle_since;        /* monotonic; 0: it is in use */
	char **tell; /* strv: cubby's command for refusals, before their words */
	struct gateway_refusals *refusals; /* owned; NULL: there was none yet */
	char **stale; /* strv: bridges that a killed program has left (root of the host) */
};

/* gateway_watch() - fd of s, from now on. */
int gateway_watch(struct gateway *g, struct gateway_source *s,
		  struct error *err) _must_check_;
void gateway_unwatch(struct gateway *g, struct gateway_source *s);

/* gateway_socket() - as socket(2), in the gateway's network namespace. */
int gateway_socket(const struct gateway *g, int domain, int type,
		   struct error *err) _must_check_;

/* gateway_control.c */
void gateway_accept(struct gateway *g, struct gateway_source *s);
void gateway_close_clients(struct gateway *g);
/* gateway_refuse() - everybody who asks gets this error, until nobody comes any more. */
void gateway_refuse(int listen_fd, const struct error *why);

/* gateway_network.c */
struct gateway_network *gateway_network_find(const struct gateway *g, const char *id);
/* gateway_network_set() - new or changed; *d is taken over (and empty then) also on failure. */
int gateway_network_set(struct gateway *g, struct network_definition *d,
			struct error *err) _must_check_;
int gateway_network_forget(struct gateway *g, const char *id,
			   struct error *err) _must_check_;
/* gateway_network_release() - at the end; as root of the host with the bridges. */
void gateway_network_release(struct gateway *g, bool with_bridges);
/* gateway_network_mtu() - of its interfaces. */
uint32_t gateway_network_mtu(const struct gateway *g, const struct network_definition *d);

/* gateway_member.c */
struct gateway_member *gateway_member_find(const struct gateway *g, const char *id);
/* gateway_member_attach() - *m is taken over. What it has already is found. */
int gateway_member_attach(struct gateway *g, struct network_member *m, int net_ns_fd,
			  struct error *err) _must_check_;
int gateway_member_announce(struct gateway *g, struct network_member *m,
			    struct error *err) _must_check_;
/* gateway_member_detach() - network NULL: all. Not there: no error. net_ns_fd: where the default route may have to be
 * another one now; -EBADF: nobody cares. */
int gateway_member_detach(struct gateway *g, const char *id, const char *network,
			  int net_ns_fd, struct error *err) _must_check_;
/* gateway_member_mac() - of its k-th interface in the container. */
int gateway_member_mac(const struct network_member *m, size_t k, uint8_t ret[static 6],
		       struct error *err) _must_check_;
void gateway_member_hear(struct gateway *g, struct gateway_source *s);
void gateway_member_release(struct gateway *g);

/* gateway_rules.c: nothing is let through before the rules are there. */
int gateway_rules_open(struct gateway *g, struct error *err) _must_check_;
void gateway_rules_close(struct gateway *g);
int gateway_rules_network(struct gateway *g, const struct network_definition *d,
			  struct error *err) _must_check_;
void gateway_rules_forget_network(struct gateway *g, const char *id);
int gateway_rules_member(struct gateway *g, const struct network_member *m,
			 struct error *err) _must_check_;
void gateway_rules_forget(struct gateway *g, const char *member);
/* gateway_rules_learn() - a limited container may use these addresses now. */
bool gateway_rules_learn(struct gateway *g, const struct names_message *m);

/* gateway_uplink.c: not as root of the host. */
int gateway_uplink_open(struct gateway *g, struct error *err) _must_check_;
void gateway_uplink_close(struct gateway *g);
/* gateway_uplink_status() - for people; NULL: none. */
struct json_object *gateway_uplink_status(const struct gateway *g);

/* gateway_refusals.c: cubby is told where limited containers were not let; some may be lost when there are many. */
void gateway_refusals_tell(struct gateway *g, const struct firewall_refusal *r);
/* gateway_refusals_name() - by the name server. */
void gateway_refusals_name(struct gateway *g, const struct names_message *m);
void gateway_refusals_close(struct gateway *g);

/* gateway_names.c: the process is there when it is needed, and again when it has died. A failure is told to who asks
 * for something new. */
int gateway_names_open(struct gateway *g, struct error *err) _must_check_;
int gateway_names_network(struct gateway *g, const struct network_definition *d,
			  bool is_new, struct error *err) _must_check_;
int gateway_names_member(struct gateway *g, const struct network_member *m,
			 struct error *err) _must_check_;
void gateway_names_forget_network(struct gateway *g, const char *id);
void gateway_names_forget(struct gateway *g, const char *member, const char *network);

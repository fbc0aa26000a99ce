/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name server as the gateway process sees it: a child that answers the containers' questions, and forwards
 * what is not of here to the host's servers. It reads packets that nobody has vouched for, so it is a process of
 * its own, confined before the first of them (names_confine.h), and what it says back is not believed blindly.
 *
 * It stays in the namespaces of the caller, where its questions to other servers come from. The sockets by which it
 * hears the containers are made by somebody else inside the gateway, and passed in.
 *
 * What it answers by itself, for a member of a network (told by the listening socket and the asker's address): names
 * and addresses of all members of all networks that the asker is at; host.containers.internal and
 * host.docker.internal (the address that the host goes out with); whatever ends in NAMES_DOMAIN (so a container's
 * resolv.conf should say "search " NAMES_DOMAIN before other domains: "web" is then found here and never asked
 * elsewhere). The rest goes to the asker's dns_servers, else to the network's, else to the host's as its
 * resolv.conf says now; that of an internal network goes nowhere.
 *
 * Only the gateway process, which has a loop, calls this: sends wait a few seconds at most, messages back are
 * there when `fd` is readable. -EPIPE from any of these: the child is gone; release, start another, tell it all anew.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/firewall.h"
#include "network/names_domain.h"
#include "network/request.h"
#include "runtime/sandbox.h"
#include "util/cleanup.h"
#include "util/error.h"

struct names {
	int fd; /* owned; poll for reading */
	struct sandbox child;
};
#define NAMES_INIT ((struct names){.fd = -EBADF, .child = SANDBOX_INIT})

/* names_start() - returns when the child is confined and listens to us. It dies with the caller, and ends when fd is
 * closed. */
int names_start(struct names *ret, struct error *err) _must_check_;
void names_release(struct names *n);
#define cleanup_names cleanup(names_release)

/*
 * names_network() - a network, new or changed. listen_fds: UDP sockets and listening TCP sockets, bound to the
 * bridge's addresses; the caller closes its own. n_listen_fds 0: those that it has stay; else they replace them.
 */
int names_network(struct names *n, const struct network_definition *d,
		  const int *listen_fds, size_t n_listen_fds,
		  struct error *err) _must_check_;

/* names_forget_network() - its sockets are closed, its members are at it no more. Not known: no error. */
int names_forget_network(struct names *n, const char *network_id,
			 struct error *err) _must_check_;

/* names_member() - a container at networks that were told before; replaces all that was said of it. Counts for
 * every question that is asked after this has returned. */
int names_member(struct names *n, const struct network_member *m,
		 struct error *err) _must_check_;

/* names_forget() - a container's places; network_id NULL: at all networks. Not known: no error. */
int names_forget(struct names *n, const char *member_id, const char *network_id,
		 struct error *err) _must_check_;

enum names_said {
	/* A limited member gets addresses for a name that it may reach. It gets them only after names_confirm(). */
	NAMES_LEARNED = 1,
	/* A limited member asked for a name that it may not reach. */
	NAMES_REFUSED,
};

struct names_message {
	enum names_said said;
	char *member, *network; /* ids: who asked, and where */
	char *name;             /* asked for, lower case, without a dot at its end */
	/* LEARNED */
	uint64_t token;
	struct firewall_address *addresses; /* as firewall_learn() takes them */
	size_t n_addresses;                 /* 1 to NAMES_ADDRESSES_MAX */
	uint32_t ttl; /* seconds that the answer may be used; at most a day */
};
void names_message_release(struct names_message *m); /* safe on a zeroed struct */
#define cleanup_names_message cleanup(names_message_release)

/* names_receive() - the next message. Return: 1, 0 (there is none now), or -errno: -EPIPE as above; a message
 * that can't be is -EBADMSG, and the child has lost its trust: as -EPIPE. */
int names_receive(struct names *n, struct names_message *ret,
		  struct error *err) _must_check_;

/* names_confirm() - the addresses may be reached now, the container gets its answer. Not `ok`: it hears of a failure. After some
 * seconds without this it does so as well. */
int names_confirm(struct names *n, uint64_t token, bool ok,
		  struct error *err) _must_check_;

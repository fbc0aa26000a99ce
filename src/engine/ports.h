/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published ports of a container that runs: bound in the host's network namespace before anything of the container is
 * made, so that who can't have a port hears it at once; then served by a process of their own, the forwarder
 * (network/forward.h), which ends with the container's init. The file PORTS_FILE in the container's run directory says
 * who it is and which ports of the host were chosen.
 *
 * A forwarder that was killed is started anew, with the same ports, by the next command that shows or settles them.
 */
#pragma once

#include <stddef.h>

#include "engine/engine.h"
#include "engine/network_config.h"
#include "network/request.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

#define PORTS_FILE "ports" /* in the run directory */

struct ports_socket {
	int fd; /* owned; bound, TCP: it listens */
	bool is_udp;
	bool is_ipv6;
	uint64_t container_port;
};

/* Ports that are ours, whoever else wants them. */
struct ports_hold {
	struct port_mapping
		*ports; /* with the host's ports that were chosen: none is 0 */
	size_t n_ports;
	struct ports_socket *sockets;
	size_t n_sockets;
};
#define PORTS_HOLD_INIT ((struct ports_hold){0})
void ports_hold_release(
	struct ports_hold *h); /* closes the sockets; safe on a zeroed struct */
#define cleanup_ports_hold cleanup(ports_hold_release)

/*
 * ports_bind() - every port of mappings, or none. All fds are close-on-exec. A port that somebody has is ERR_CONFLICT (and
 * says whose, if it is a container's of ours), one below net.ipv4.ip_unprivileged_port_start ERR_DENIED with the line that
 * lowers it, an address that is not this host's ERR_INVALID. No mappings: nothing happens.
 */
int ports_bind(const struct engine *e, const struct port_mapping *mappings, size_t n,
	       struct ports_hold *ret, struct error *err) _must_check_;

/* ports_fill_member() - what is held becomes m->ports, replacing what was there: root's rules need it. */
void ports_fill_member(const struct ports_hold *h, struct network_member *m);

struct ports_target {
	const struct network_member
		*member; /* its first IPv4 and its first IPv6 address are where to */
	/* from where it can be reached: the gateway's; -EBADF: from here */
	int user_ns_fd, net_ns_fd;
	bool inside; /* these namespaces are the container's own: nobody's address can be borrowed there */
	pid_t init_pid; /* the forwarder ends with it */
	int dirfd;      /* the container's run directory */
};

/*
 * ports_forward() - start the forwarder, a child of the caller's in a session of its own, and write PORTS_FILE. To be
 * called once the init exists; the container's interface need not be there yet: a connection that comes before is
 * refused, as from a program that does not listen yet. Does not wait for more than the fork; what fails then is seen
 * as a forwarder that is gone. The sockets stay the caller's too (ports_hold_release() before it goes on to be something else).
 * Nothing is held: nothing happens.
 */
int ports_forward(const struct ports_hold *h, const struct ports_target *t,
		  struct error *err) _must_check_;

/*
 * ports_revive() - a forwarder that is gone while its container runs is started anew, with the ports that it had; nothing
 * to do otherwise. Called by who shows ports. e->store is open. A port that somebody else has taken meanwhile is ERR_CONFLICT.
 */
struct container;
int ports_revive(const struct engine *e, const struct container *c,
		 struct error *err) _must_check_;

/* ports_fill_running() - ports_fill_member() of a container that runs, by what was written down; none: m->ports is empty. */
void ports_fill_running(const struct engine *e, const char *id, struct network_member *m);

/* What PORTS_FILE says. */
struct ports_state {
	struct port_mapping *ports;
	size_t n_ports;
	struct proc_id forwarder;
};
void ports_state_release(struct ports_state *s); /* safe on a zeroed struct */
#define cleanup_ports_state cleanup(ports_state_release)

/* ports_read() - 0; -ENOENT: it publishes none; -EBADMSG: not what we write. No *err: who shows ports goes on without. */
int ports_read(int dirfd, struct ports_state *ret) _must_check_;

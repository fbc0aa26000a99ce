/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forwarder: one process for each container that publishes ports. It listens with sockets of the host's network namespace
 * that it inherits, enters the gateway's namespaces, and has from there a socket to the container for each connection,
 * bound to the client's own address (ip(7), IP_TRANSPARENT), so that the container sees who it is. The gateway sends
 * what the container answers to such a socket by a mark and a route (see firewall.h).
 *
 *   forward.c          set-up and the epoll loop
 *   forward_target.c   sockets towards the container
 *   forward_tcp.c      connections: spliced both ways
 *   forward_pipe.c     the pipes for that, lent and given back
 *   forward_udp.c      datagrams: a socket for each remote client
 *   forward_confine.c  what is given up before the first byte
 *
 * From the gateway's own address come: clients on the loopback interface and with link-local addresses, clients whose address
 * the container would look for on its own link, clients of another IP version than the container has, and those that
 * reach one port of the container through two ports of the host from one port of theirs.
 */
#pragma once

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "network/address.h"
#include "network/forward_plan.h"

struct forward;

/* What is registered with epoll(7). */
struct forward_watch {
	void (*event)(struct forward *f, struct forward_watch *w, uint32_t events);
	int fd;
};

union forward_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

struct forward_tcp;
struct forward_udp;

struct forward {
	int epoll_fd;
	bool is_transparent;
	struct address target
		[2]; /* where to, of IPv4 and IPv6; family AF_UNSPEC: the container has none */
	struct forward_tcp *tcp; /* NULL: no such ports */
	struct forward_udp *udp;
	int64_t now_msec; /* of this turn */
	bool done;
};

/* forward_main() - the role's main. Return: the exit status. */
int forward_main(int argc, char **argv);

/* forward_watch_add() - 0 or -errno. */
int forward_watch_add(struct forward *f, struct forward_watch *w, uint32_t events);
void forward_watch_set(struct forward *f, struct forward_watch *w, uint32_t events);

/* forward_target_set() - text: "10.89.0.2/24". */
int forward_target_set(struct forward *f, const char *text, bool is_ipv6,
		       struct error *err) _must_check_;

/*
 * forward_connect() - a socket, non-blocking, towards the container's port, from the client's address where that can be. Of
 * TCP it is still connecting. plain: from the gateway's address in any case. Return: fd or -errno.
 */
int forward_connect(const struct forward *f, int type,
		    const union forward_address *client, uint16_t port, bool plain);

/* forward_tcp_add(), forward_udp_add() - a socket of the plan. */
int forward_tcp_add(struct forward *f, const struct forward_socket *s,
		    struct error *err) _must_check_;
int forward_udp_add(struct forward *f, const struct forward_socket *s,
		    struct error *err) _must_check_;

/* forward_tcp_settle(), forward_udp_settle() - after each turn: what is gone is freed, what is due is done. Return:
 * milliseconds until there is something to do again, -1: none. */
int forward_tcp_settle(struct forward *f);
int forward_udp_settle(struct forward *f);

/* forward_confine() - keep what is needed for sockets, and nothing else of the kernel. */
int forward_confine(const struct forward *f, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who are attached, and the one packet that is on its way to them. protocol.h has
 * the messages.
 *
 * At most one packet of output is in flight: while a client has not taken it, the
 * container's output is not read, so nothing is lost and nothing piles up; the sockets'
 * buffers in the kernel are the queue. A client other than the owner that takes nothing
 * for CLIENT_STALL_USEC is disconnected; the owner may take its time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/protocol.h"
#include "util/cleanup.h"

#define CLIENT_STALL_USEC 10000000 /* ten seconds */

struct client {
	int fd; /* owned; -EBADF: a free place */
	bool owner;
	bool ready;  /* it is sent output (has said hello, or is the owner) */
	bool behind; /* has not taken the packet in flight */
	bool deaf;   /* has closed its end; what it sent before is still to be read */
	bool held; /* its next message is input that the container has no room for yet */
	bool writer;         /* closing the container's stdin may depend on it */
	bool told;           /* MONITOR_EXIT sent */
	int64_t behind_usec; /* since when */
};

struct clients {
	struct client list[MONITOR_CLIENTS_MAX];
	size_t packet_len; /* 0: none in flight */
	unsigned char packet[MONITOR_PACKET_MAX];
};

void clients_init(struct clients *cs);

/*
 * clients_add() - a new connection (fd is taken; closed at once if there is no place).
 * The owner gets its hello now, the others when they have sent theirs.
 */
void clients_add(struct clients *cs, int fd, bool owner, bool terminal);

/* clients_accept() - take one waiting connection. 0, -EAGAIN, or -errno where trying
 * again at once is no use. */
int clients_accept(struct clients *cs, int listen_fd, bool terminal) _must_check_;

/* client_welcome() - the client has said hello: answer, and send output from now on. A
 * version that is not ours is answered with ours, then closed. */
void client_welcome(struct client *c, const struct monitor_hello *hello, bool terminal);

/* clients_send() - cs->packet (type byte set) of len bytes goes to everyone who is ready.
 */
void clients_send(struct clients *cs, size_t len, int64_t now);
/* client_resume() - the socket of a client that is behind has room again. */
void client_resume(struct clients *cs, struct client *c);
/* clients_settle() - end the flight when nobody is behind, disconnecting who has stalled.
 * Return: when to look again. */
int64_t clients_settle(struct clients *cs, int64_t now);

/* client_tell_exit() - send MONITOR_EXIT if it fits; c->told says whether it did. */
void client_tell_exit(struct client *c, const struct monitor_exit *status);

/* client_close() - with nothing left unread, so that the peer can read all we sent
 * (unix(7): ECONNRESET otherwise). */
void client_close(struct client *c);

struct client *clients_owner(struct clients *cs);

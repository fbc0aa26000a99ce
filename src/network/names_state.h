/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name server's process from inside. One loop and no threads. What containers can make it hold is
 * bounded by the tables below; what the gateway process tells is believed.
 *
 *   names_state       what all of it share
 *   names_pending     questions that wait for another server or for the gateway process
 *   names_client      TCP: who asks by it
 *   names_listen      the sockets by which containers are heard, UDP
 *   names_forward     the other servers
 *   names_control     what the gateway process says, and is told
 *   names_server      the loop, and what becomes of a question
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/dns_message.h"
#include "network/names_answer.h"
#include "network/names_resolv.h"
#include "network/names_view.h"
#include "util/cleanup.h"
#include "util/error.h"

#define NAMES_PENDING_MAX    256
#define NAMES_PENDING_MEMBER 64 /* of one member */
#define NAMES_CLIENTS_MAX    64
#define NAMES_CLIENTS_MEMBER 8  /* of one address */
#define NAMES_PIPELINE_MAX   16 /* questions of one connection that wait */

/* Whose event it is: the upper half of epoll's data; the lower is an index. */
enum names_event_of {
	NAMES_OF_CONTROL,
	NAMES_OF_LISTENER,
	NAMES_OF_CLIENT,
	NAMES_OF_PENDING,
};

/* The way back to who asked. */
struct names_way {
	struct view_network *network;
	struct dns_address source;
	bool is_tcp;
	/* UDP */
	int fd;
	union names_sockaddr peer;
	/* TCP */
	uint32_t client, serial;
};

struct names_listener {
	int fd; /* owned; -EBADF: none */
	bool is_tcp;
	struct view_network *network;
};

/* A server that did not answer. */
#define NAMES_BAD_MAX  8
#define NAMES_BAD_USEC (30 * INT64_C(1000000))
struct names_bad_server {
	union names_sockaddr address;
	int64_t until_usec;
};

struct names_clients;
struct names_pendings;

struct names_server;
struct names_pending;

/* Who asked for what. */
struct names_report {
	const char *member, *network, *name;
};

struct names_learning {
	const char *name;
	const struct dns_address *addresses;
	size_t n_addresses;
	uint32_t ttl;
};

/* What lies above in the list, and is called from below. */
struct names_calls {
	/* a question as bytes. It is answered now or later; -EBADMSG: never */
	int (*question)(struct names_server *s, const struct names_way *way,
			const uint8_t *message, size_t len);
	/* an answer that can't be sent is lost, as it may be on any network */
	void (*reply)(struct names_server *s, const struct names_way *way,
		      const uint8_t *message, size_t len);
	/* an answer that came to a listening socket: of a server that is a container itself */
	void (*answer)(struct names_server *s, const struct names_way *way,
		       uint8_t *message, size_t len);
	/* no answer of another server in time */
	void (*timeout)(struct names_server *s, struct names_pending *p);
	/* addresses that a limited member is to get. -EAGAIN: nobody listens now */
	int (*learned)(struct names_server *s, const struct names_report *who,
		       const struct names_learning *l, uint64_t token);
};

struct names_server {
	const struct names_calls *calls;
	int epoll_fd, control_fd;
	struct names_view view;
	struct resolv_follow resolv;
	struct names_listener *listeners;
	size_t n_listeners;
	struct names_clients *clients;
	struct names_pendings *pendings;
	struct names_bad_server bad[NAMES_BAD_MAX];
	/* refusals that may still be told in this second */
	unsigned int n_to_tell;
	int64_t second;
	struct names_outcome outcome; /* of the question in hand */
};

/* names_state_mark() - another server has just failed, or answered; _is_bad(): it failed a short while ago. */
void names_state_mark(struct names_server *s, const union names_sockaddr *a, bool bad);
bool names_state_is_bad(const struct names_server *s, const union names_sockaddr *a);

/* names_address_of() - without the port. */
bool names_address_of(const union names_sockaddr *a, struct dns_address *ret);

/* names_state_watch() - add or change. */
int names_state_watch(const struct names_server *s, int op, int fd, uint32_t events,
		      uint64_t data) _must_check_;
#define NAMES_EVENT(of, index) ((uint64_t)(of) << 32 | (uint32_t)(index))

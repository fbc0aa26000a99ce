/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnetlink(7): several requests in one packet, and their answers. The socket may be one of another network namespace
 * (runtime/gateway_ns.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/address.h"
#include "util/cleanup.h"
#include "util/error.h"

#define NETLINK_BATCH_MAX  8192
#define NETLINK_BATCH_MOST 96 /* requests in one */

struct netlink_request {
	const char *what;   /* borrowed, for messages: "add the address of" */
	const char *object; /* borrowed: "eth0" */
	int tolerated;      /* positive errno that is none; 0: no such */
};

/* Requests that are sent together; the kernel carries each of them out. Room for all is made sure of by who adds them: an
 * overflow is an error of netlink_send(). */
struct netlink_batch {
	char data[NETLINK_BATCH_MAX] __attribute__((aligned(4)));
	size_t len, current; /* bytes; where the last request begins */
	struct netlink_request requests[NETLINK_BATCH_MOST];
	size_t n;
	bool overflow;
};

void netlink_init(struct netlink_batch *b);

/* netlink_add() - the next request; its attributes follow. body: struct ifinfomsg and the like. */
void netlink_add(struct netlink_batch *b, uint16_t type, uint16_t flags,
		 const struct netlink_request *request);
void netlink_body(struct netlink_batch *b, const void *body, size_t len);
void netlink_attr(struct netlink_batch *b, uint16_t type, const void *data, size_t len);
void netlink_attr_str(struct netlink_batch *b, uint16_t type, const char *text);
void netlink_attr_u32(struct netlink_batch *b, uint16_t type, uint32_t value);
void netlink_attr_u8(struct netlink_batch *b, uint16_t type, uint8_t value);
/* netlink_nest() - what netlink_nest_end() wants. */
size_t netlink_nest(struct netlink_batch *b, uint16_t type);
void netlink_nest_end(struct netlink_batch *b, size_t nest);

/* netlink_send() - all of them, and wait for all answers. *err: the first that failed. The batch is empty then. */
int netlink_send(int fd, struct netlink_batch *b, struct error *err) _must_check_;

/* netlink_send_full() - if there may be no room for some requests more (NETLINK_ROOM). */
#define NETLINK_ROOM 32
int netlink_send_full(int fd, struct netlink_batch *b, struct error *err) _must_check_;

/* netlink_index() - of an interface by its name; 0: there is none. */
int netlink_index(int fd, const char *name);

/* An interface as the kernel tells of it. */
struct netlink_link {
	int index;
	bool is_gone; /* RTM_DELLINK */
	const char *name;
	const char *alias; /* NULL: none */
};

/* netlink_links() - all there are, one after the other. netlink_hear() - what has come by a socket with groups; -ENOBUFS:
 * something was lost. */
int netlink_links(int fd, void (*link)(void *data, const struct netlink_link *l),
		  void *data, struct error *err) _must_check_;
int netlink_hear(int fd, void (*link)(void *data, const struct netlink_link *l),
		 void *data);

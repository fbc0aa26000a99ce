/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to other servers. Each has a socket of its own, connected to one server: a source port that nobody can
 * guess, and the kernel lets through only what comes from there. One server after the other is tried; one that
 * failed comes last for a while.
 *
 * A server in one of our subnets is a container: for an ordinary user only the listening sockets reach it, so its
 * questions go by one of these.
 */
#pragma once

#include "network/names_pending.h"

/* names_forward_ask() - of a pending that is new. It may be over when this returns. */
void names_forward_ask(struct names_server *s, struct names_pending *p);
void names_forward_event(struct names_server *s, uint32_t index, uint32_t events);
/* names_forward_inside() - an answer by a listening socket; not to any question of ours: nothing. */
void names_forward_inside(struct names_server *s, const struct names_way *way,
			  uint8_t *message, size_t len);
/* names_forward_timeout() - its deadline has passed. */
void names_forward_timeout(struct names_server *s, struct names_pending *p);

/* names_forward_host_address() - the address that the host goes out with; data is not used. names_inquiry.host_address */
bool names_forward_host_address(void *data, uint8_t len, struct dns_address *ret);

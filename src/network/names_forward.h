/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to other servers. Each has a socket of its own, connected to one server: a source port that nobody can
 * guess, and the kernel lets through only what comes from there. One server after the other is tried; one that
 * failed comes last for a while.
 */
#pragma once

#include "network/names_pending.h"

/* names_forward_ask() - of a pending that is new. It may be over when this returns. */
void names_forward_ask(struct names_server *s, struct names_pending *p);
void names_forward_event(struct names_server *s, uint32_t index, uint32_t events);
/* names_forward_timeout() - its deadline has passed. */
void names_forward_timeout(struct names_server *s, struct names_pending *p);

/* names_forward_host_address() - the address that the host goes out with; data is not used. names_inquiry.host_address */
bool names_forward_host_address(void *data, uint8_t len, struct dns_address *ret);

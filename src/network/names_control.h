/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway process and the name server say to each other, from the latter's side: a JSON object a packet.
 * names.c has the other side.
 *
 *   to the child     {"op": "network", "network": {..}} with fds, {"op": "listen", "id": ID} with more fds,
 *                    {"op": "forget_network", "id": ID}, {"op": "member", "member": {..}},
 *                    {"op": "forget", "id": ID, "network": ID or none}, {"op": "confirm", "token": N, "ok": BOOL}
 *   from the child   {"said": "ready"}, {"said": "learned", "member": ID, "network": ID, "name": NAME, "token": N,
 *                    "addresses": [..], "ttl": N}, {"said": "refused", "member": ID, "network": ID, "name": NAME}
 */
#pragma once

#include "network/names_pending.h"

#define NAMES_PACKET_MAX (64 << 10)

/* names_control_hear() - all that waits to be heard. -EPIPE: the gateway process is gone. */
int names_control_hear(struct names_server *s) _must_check_;

int names_control_ready(struct names_server *s, struct error *err) _must_check_;

/* names_control_learned() - -EAGAIN: the gateway process does not listen now. */
int names_control_learned(struct names_server *s, const struct names_report *who,
			  const struct names_learning *l, uint64_t token) _must_check_;

/* names_control_refused() - told if the gateway process listens now, and not too often. */
void names_control_refused(struct names_server *s, const struct names_report *who);

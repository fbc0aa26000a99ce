/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks by TCP (RFC 7766): several questions in a row, answered as the answers come. */
#pragma once

#include "network/names_state.h"

#define NAMES_CLIENT_USEC (10 * INT64_C(1000000)) /* without a word, it is closed */

struct names_clients *names_clients_new(void);
void names_clients_free(struct names_clients *c);

/* names_client_accept() - all that wait at this listener. */
void names_client_accept(struct names_server *s, const struct names_listener *l);
void names_client_event(struct names_server *s, uint32_t index, uint32_t events);
/* names_client_reply() - may close it, if it does not take its answers. */
void names_client_reply(struct names_server *s, const struct names_way *way,
			const uint8_t *message, size_t len);
/* names_client_drop() - all of a network. */
void names_client_drop(struct names_server *s, const struct view_network *network);

/* names_client_expire() - closes whose time is over. Return: when the next one's is; INT64_MAX: never. */
int64_t names_client_expire(struct names_server *s, int64_t now_usec);

/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets by which containers are heard. */
#pragma once

#include "network/names_state.h"

/* names_listen_add() - takes the fd. names_listen_close() - closes all of a network's, and what came by them. */
void names_listen_add(struct names_server *s, struct view_network *network, int fd);
void names_listen_close(struct names_server *s, const struct view_network *network);
void names_listen_event(struct names_server *s, uint32_t index);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway of a user's containers: a network namespace with the bridges, and the network program that looks after it.
 * Made by the first container that is at a network; the program ends some seconds after the last one.
 *
 * For an ordinary user the namespace belongs to a user namespace that has all of the user's ids; a container that is at a
 * network has its own user namespace below that one, or nobody could put an interface into it. For root of the host
 * there is no such namespace: the bridges are the host's.
 *
 * Every monitor of a container at a network keeps an fd of the network namespace (the file "gateway" in the container's
 * run directory says which), so it outlives a killed network program, and the next command starts another in it.
 */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct gateway {
	int fd;         /* owned; connection to the network program */
	int user_ns_fd; /* owned; -EBADF: the host's */
	int net_ns_fd;  /* owned; -EBADF: the host's */
};
#define GATEWAY_INIT \
	((struct gateway){.fd = -EBADF, .user_ns_fd = -EBADF, .net_ns_fd = -EBADF})
void gateway_release(struct gateway *g);
#define cleanup_gateway cleanup(gateway_release)

/* gateway_open() - the one that is there, or a new one. A surviving namespace whose program is gone gets a new program, which
 * is told of all containers that run (e->store must be open). */
int gateway_open(const struct engine *e, struct gateway *ret,
		 struct error *err) _must_check_;

/* gateway_peek() - only if its program runs; else -ENOENT without an error. */
int gateway_peek(const struct engine *e, struct gateway *ret);

/* gateway_announce() - a container that runs has other names than the program was told, if it runs. */
void gateway_announce(const struct engine *e, const char *id);

/* gateway_end() - once no container is at a network any more: the program ends now, not some seconds later. Returns when it
 * has; there may be none. */
void gateway_end(const struct engine *e);

/* gateway_register() - in the process that keeps net_ns_fd (number of the fd that stays open): this container uses it. */
int gateway_register(int container_dirfd, int net_ns_fd, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network namespace of a user's gateway, and sockets of namespaces that one is not in.
 *
 * Nobody lives in the namespace. A socket that was made in it belongs to it for ever, wherever its user is; and who made a
 * user namespace has all rights over it and what is below, from outside too (user_namespaces(7)). So to act inside takes no
 * more than a socket from there.
 */
#pragma once

#include <stddef.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct gateway_ns {
	int user_fd; /* owned; -EBADF: the caller's */
	int net_fd;  /* owned */
};
#define GATEWAY_NS_INIT ((struct gateway_ns){-EBADF, -EBADF})
void gateway_ns_release(struct gateway_ns *n);
#define cleanup_gateway_ns cleanup(gateway_ns_release)

/* gateway_ns_make() - a new network namespace in a new user namespace with these maps. No lines: in the caller's. */
int gateway_ns_make(const struct idmap *uids, const struct idmap *gids,
		    struct gateway_ns *ret, struct error *err) _must_check_;

/* gateway_ns_make_in() - in a user namespace that is there, which *ret takes over. */
int gateway_ns_make_in(int user_fd, struct gateway_ns *ret,
		       struct error *err) _must_check_;

/* gateway_ns_adopt() - a network namespace that is there, which *ret takes over, with its owner. */
int gateway_ns_adopt(int net_fd, struct gateway_ns *ret, struct error *err) _must_check_;

/* A line for a file below /proc/sys/net of that namespace. One that is not there (no IPv6) is passed over. */
struct gateway_ns_setting {
	const char *file, *value;
};

struct gateway_ns_visit {
	int user_fd; /* the user namespace that owns it, or one above; -EBADF: the caller's */
	int net_fd;
	const struct gateway_ns_setting *settings; /* may be NULL */
	size_t n_settings;
	struct {
		int domain, type, protocol;
	} socket;
};

/* gateway_ns_socket() - a socket, close-on-exec, after the settings have been written. Takes some 100 us. Return: fd. */
int gateway_ns_socket(const struct gateway_ns_visit *v, struct error *err) _must_check_;

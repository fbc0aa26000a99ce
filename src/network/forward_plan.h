/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a forwarder is told, as text of one word and its values a line. The engine writes it into a file in memory that
 * the forwarder inherits, beside the fds that it names; their number is its first argument.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct forward_socket {
	int fd; /* bound in the host's namespace; TCP: it listens */
	bool is_udp, is_ipv6;
	uint16_t port; /* of the container */
};

struct forward_plan {
	int pid_fd; /* of the container's init: the forwarder ends with it */
	int user_ns_fd, net_ns_fd; /* to be entered; -EBADF: none */
	bool is_transparent; /* the container sees its clients' addresses: replies to those come back there */
	char *address, *address6; /* of the container, with prefix length; NULL: none */
	struct forward_socket *sockets;
	size_t n_sockets;
};
#define FORWARD_PLAN_INIT       \
	((struct forward_plan){ \
		.pid_fd = -EBADF, .user_ns_fd = -EBADF, .net_ns_fd = -EBADF})
void forward_plan_release(struct forward_plan *p); /* memory; the fds are the process's */
#define cleanup_forward_plan cleanup(forward_plan_release)

/* forward_plan_text() - caller frees. */
char *forward_plan_text(const struct forward_plan *p);

int forward_plan_read(const char *text, struct forward_plan *ret,
		      struct error *err) _must_check_;

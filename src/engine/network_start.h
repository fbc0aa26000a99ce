/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network's part of a container's start, for one that is at a network of ours:
 *
 *   who starts it    network_start_begin()   ports of the host, addresses, the gateway; before the launcher is forked
 *   the launcher     network_start_attach()  asks for the interfaces once the namespace is there;
 *                                            meanwhile the container's mounts are made
 *                    network_start_finish()  hears that they are there, starts the forwarder of published ports; before
 *                                            the program is let go
 *
 * A launcher that dies takes its init along, and with it the interfaces. Addresses belong to the run: the database drops
 * them when the record says that it has ended.
 */
#pragma once

#include "engine/engine.h"
#include "engine/gateway.h"
#include "engine/network_lease.h"
#include "engine/ports.h"
#include "util/cleanup.h"
#include "util/error.h"

struct start_plan;
struct json_object;

struct network_start {
	struct gateway gateway;
	struct network_lease lease;
	struct ports_hold ports;
	struct json_object
		*request; /* owned; NULL: the container is at no network of ours */
};
#define NETWORK_START_INIT ((struct network_start){.gateway = GATEWAY_INIT})
void network_start_release(struct network_start *n);
#define cleanup_network_start cleanup(network_start_release)

/* network_start_is_needed() - of pasta and slirp4netns (network_tool.h) only ports are held here. e->store must be open for such a container then. */
bool network_start_is_needed(const struct start_plan *p);

/* network_start_begin() - what was taken of addresses is the caller's to give back if the start fails before there is a
 * record (network_lease_drop). */
int network_start_begin(const struct engine *e, const struct start_plan *p,
			struct network_start *ret, struct error *err) _must_check_;

/* network_start_attach() - as launch_options.on_network wants it; data is a struct network_start. */
int network_start_attach(void *data, int *net_ns_fd, struct error *err) _must_check_;

/* network_start_finish() - the gateway's namespace is noted in the container's run directory as kept open by this
 * process: *ret_keep_fd is it, for the monitor (-EBADF: there is none). */
int network_start_finish(struct network_start *n, pid_t init_pid, int run_dirfd,
			 int *ret_keep_fd, struct error *err) _must_check_;

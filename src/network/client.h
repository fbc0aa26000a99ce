/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speaking to the network program: one SEQPACKET connection, a JSON object a packet in each direction, fds beside it.
 * The socket lies in the run directory, which only its user may enter.
 *
 *   {"op": "hello"}                                      -> pid, version; fds: user namespace, network
 *                                                           namespace of the gateway (none as root of the host)
 *   {"op": "attach", "networks": [..], "member": {..}}   with the container's network namespace as fd: interfaces are
 *                                                           made, or found if they are there already
 *   {"op": "announce", "networks": [..], "member": {..}} names and limits alone, of one that has its interfaces
 *   {"op": "detach", "id": ID, "network": ID or none}    its interfaces and names go; with its network
 *                                                           namespace as fd: another default route if need be
 *   {"op": "network", "networks": [..]}                  their definition has changed
 *   {"op": "forget", "network": ID}                      its bridge goes
 *   {"op": "status"}                                     what there is: networks, members, uplink, processes
 *
 * An answer is an object; one with "error" is a failure, told whole.
 */
#pragma once

#include "network/request.h"
#include "util/cleanup.h"
#include "util/error.h"

#define NETWORK_DIR         "network" /* in the run directory */
#define NETWORK_SOCKET      "control" /* in that */
#define NETWORK_LOCK        "lock"    /* in that: held by who makes a gateway */
#define NETWORK_PACKET_MAX  (256 << 10)
/* a first start loads modules of the kernel, which on a busy machine at boot takes its time; one that died is noticed at once */
#define NETWORK_TIMEOUT_SEC 60

/* network_client_connect() - by the socket in NETWORK_DIR. Return: the fd; -ECONNREFUSED or -ENOENT (with *err
 * filled): there is no such program now. */
int network_client_connect(int network_dirfd, struct error *err) _must_check_;

/* network_client_send(), _receive() - one request (pass_fd -EBADF: none) and its answer; the caller owns *ret
 * (may be NULL). fds that come along go into ret_fds (may be NULL) in their order, -EBADF where there is none. */
int network_client_send(int fd, struct json_object *request, int pass_fd,
			struct error *err) _must_check_;
int network_client_receive(int fd, struct json_object **ret, int ret_fds[2],
			   struct error *err) _must_check_;

/* network_client_attach() - the request of that name, caller owns. announce: the other one. */
struct json_object *network_client_attach(const struct network_definition *networks,
					  size_t n_networks,
					  const struct network_member *member);
struct json_object *network_client_announce(const struct network_definition *networks,
					    size_t n_networks,
					    const struct network_member *member);

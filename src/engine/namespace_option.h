/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --pid, --ipc, --uts, --cgroupns, --network MODE, as podman has them. Pure: it says what was typed, sharing_plan.h what
 * becomes of it.
 *
 *   private           one of its own
 *   host              that of the host
 *   container:NAME    that of another container
 *   ns:PATH           that of a file such as /proc/PID/ns/pid
 *   none, shareable   --ipc: one of its own without /dev/shm; one that others may join (the default)
 *   none              --network: one of its own, with a loopback only; its other modes are in network_option.h
 *
 * Source: podman-run(1).
 */
#pragma once

#include "runtime/namespace.h"
#include "util/cleanup.h"
#include "util/error.h"

enum namespace_mode {
	NAMESPACE_PRIVATE,
	NAMESPACE_HOST,
	NAMESPACE_NONE,
	NAMESPACE_SHAREABLE,
	NAMESPACE_CONTAINER,
	NAMESPACE_PATH,
	/* of a network: one of its own, and what is in it */
	NAMESPACE_BRIDGE,
	NAMESPACE_PASTA,
	NAMESPACE_SLIRP,
};

struct namespace_option {
	enum namespace_mode mode;
	char *target; /* path, name or ID; owned */
};
void namespace_option_release(struct namespace_option *o); /* safe on a zeroed struct */
#define cleanup_namespace_option cleanup(namespace_option_release)

/* namespace_option_parse() - of NS_PID, NS_IPC, NS_UTS, NS_CGROUP or NS_NETWORK; NULL or "": its default. ERR_INVALID with what
 * there is. */
int namespace_option_parse(enum namespace_kind kind, const char *text,
			   struct namespace_option *ret, struct error *err) _must_check_;

/* namespace_option_name() - "--pid"; namespace_mode_word(): "container". */
const char *namespace_option_name(enum namespace_kind kind);
const char *namespace_mode_word(enum namespace_mode mode);

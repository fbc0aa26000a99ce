/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out of an ordinary user's gateway: one process that speaks TCP, UDP and ICMP echo with the host's own
 * sockets for whatever leaves through the interface UPLINK_INTERFACE. Started again, with longer and longer pauses, when it dies.
 *
 * As the sockets are the host's, other interfaces or another default route of the host need nothing here. The host's loopback
 * can't be reached through it, its other addresses can.
 *
 * The interface with its addresses and the default routes is made before the process is ready, and stays when
 * it dies: what is sent meanwhile waits or is sent again.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "network/uplink_net.h"
#include "util/cleanup.h"
#include "util/error.h"

enum uplink_kind {
	UPLINK_NONE, /* no way out: said in uplink_status.problem */
	UPLINK_OWN,  /* libexec/cubby/uplink */
	UPLINK_SLIRP4NETNS,
};
const char *uplink_kind_word(enum uplink_kind kind); /* "none", "own", "slirp4netns" */

struct uplink_options {
	int user_ns_fd,
		net_ns_fd; /* borrowed for the life of the uplink: the gateway's */
	/* default_rootless_network_cmd of containers.conf: "own", "slirp4netns"; NULL: the best that is there. "pasta",
	 * which serves no networks, is a problem that says so */
	const char *wanted;
};

struct uplink;

/*
 * uplink_open() - choose and start; returns before the process is ready. What makes it impossible (no /dev/net/tun, no
 * program) is no error: the kind is UPLINK_NONE then, and uplink_status() has the sentence. Errors: out of
 * memory and the like. uplink_free() - ends the process.
 */
int uplink_open(const struct uplink_options *o, struct uplink **ret,
		struct error *err) _must_check_;
void uplink_free(struct uplink *u);
DEFINE_CLEANUP(struct uplink *, uplink_free)
#define cleanup_uplink cleanup(uplink_freep)

/* uplink_fd() - one fd for the life of the uplink, readable when uplink_dispatch() has something to do: the process is ready, has
 * died, is due again. SIGCHLD is not needed. */
int uplink_fd(const struct uplink *u);
void uplink_dispatch(struct uplink *u);

struct uplink_status {
	enum uplink_kind kind;
	pid_t pid;           /* 0: not now */
	bool is_ready;       /* packets get out */
	unsigned n_restarts; /* since uplink_open() */
	const char *problem; /* NULL: none; borrowed */
	const char *hint;    /* the remedy; NULL: none */
};
void uplink_status(const struct uplink *u, struct uplink_status *ret);

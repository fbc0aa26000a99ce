/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process beside a RUN that lets its container talk to an ssh agent: it listens on a socket of its own, which is mounted, and passes on
 * what is said. So the agent deals with the user, whoever the container's process is. Keys that were named go to an agent of its own
 * (ssh-agent of the machine), which ends with it. It ends when the builder does.
 */
#pragma once

#include <sys/types.h>

#include "build/ssh_option.h"
#include "util/cleanup.h"
#include "util/error.h"

struct ssh_keeper {
	pid_t pid; /* 0: none */
};

/* ssh_keeper_start() - the socket is `dir`/agent, with this mode. Returns when it listens, or with the sentence why not. */
int ssh_keeper_start(const struct build_ssh *s, const char *dir, mode_t mode,
		     struct ssh_keeper *ret, struct error *err) _must_check_;
void ssh_keeper_end(struct ssh_keeper *k);

#define SSH_KEEPER_SOCKET "agent"

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launching a container, parent side. One struct launch is one container on its way:
 *
 *   launch_begin()   the init exists, its environment is complete, it waits
 *                    (the caller records pid and state now)
 *   launch_finish()  it has exec'd the user's program, or failed with a sentence
 *
 * The init is a child of the calling process, which must wait(2) for it. Everything that
 * can be checked is checked before anything is made; if the caller dies before
 * launch_finish() the init dies too.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/launch_options.h"
#include "runtime/seccomp.h"
#include "util/cleanup.h"
#include "util/error.h"

struct launch {
	const struct launch_options *options;
	pid_t pid;   /* of the init, in the caller's pid namespace */
	int pid_fd;  /* owned */
	int sync_fd; /* owned; closed once the init was let go */
	int root_fd; /* owned; on its way from an outer user namespace to the init */
};
#define LAUNCH_INIT \
	((struct launch){.pid_fd = -EBADF, .sync_fd = -EBADF, .root_fd = -EBADF})

int launch_begin(struct launch *l, const struct launch_options *options,
		 struct error *err) _must_check_;
int launch_finish(struct launch *l, struct error *err) _must_check_;

/*
 * launch_detach() - with start_fd: leave the init waiting (it no longer dies with us, but with die_with_parent). A
 * later launch_start() from any process lets it go on.
 */
int launch_detach(struct launch *l, struct error *err) _must_check_;

/* launch_start() - connect to the waiting init's socket `name` in dirfd; returns when it
 * has exec'd or failed. */
int launch_start(int dirfd, const char *name, struct error *err) _must_check_;

/* launch_release() - kill and reap an init that was not let go; close fds. */
void launch_release(struct launch *l);
#define cleanup_launch cleanup(launch_release)

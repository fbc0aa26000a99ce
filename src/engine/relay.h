/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard streams of an exec without a terminal. A pipe or file of the caller's is handed
 * to the program as it is. The user's terminal is not: a program that holds it could read the
 * keyboard and change its settings, also through an fd that was only meant for output. There a pipe
 * stands between.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define RELAY_CHUNK 4096

struct relay {
	int ours_fd[3];   /* our ends of pipes, -EBADF where there is none; owned */
	int theirs_fd[3]; /* their ends; owned */
	char keys[RELAY_CHUNK];
	size_t n_keys; /* typed, and not yet taken by the program */
};
#define RELAY_INIT                                           \
	((struct relay){.ours_fd = {-EBADF, -EBADF, -EBADF}, \
			.theirs_fd = {-EBADF, -EBADF, -EBADF}})

/* relay_open() - ret_stdio: what the program gets; not owned by the caller. Without `interactive`
 * its stdin is -EBADF (nothing). */
int relay_open(struct relay *r, bool interactive, int ret_stdio[static 3],
	       struct error *err) _must_check_;
/* relay_started() - the program has its ends now. */
void relay_started(struct relay *r);
void relay_release(struct relay *r);

/* relay_poll() fills three entries for poll(2); relay_move() moves what they say is ready. */
void relay_poll(const struct relay *r, struct pollfd fds[static 3]);
void relay_move(struct relay *r, const struct pollfd fds[static 3]);
/* relay_drain() - what the program left in the pipes when it ended. */
void relay_drain(struct relay *r);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cubby exec`: one more process in a running container, with the container's
 * environment, user, limits and filter unless asked otherwise. It is our child and dies
 * with us. Without a terminal its standard streams are ours, with one the caller pumps.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/relay.h"
#include "util/cleanup.h"
#include "util/error.h"

struct exec_request {
	const struct container *container;
	char *const *args; /* NULL-terminated, not empty */
	bool interactive, terminal, privileged;
	bool detached;                       /* no streams of ours */
	const char *user, *workdir;          /* NULL: the container's */
	char *const *env, *const *env_files; /* strv */
	int preserve_fds;                    /* fds 3 .. 3+N-1 are passed on, ... */
	const int *preserve_fd;              /* ... and these */
	size_t n_preserve_fd;
	bool is_check; /* of the container's health: no event, and what it writes goes to... */
	int output_fd;
};

struct exec_session {
	pid_t pid;
	int pid_fd;         /* owned */
	int master_fd;      /* with a terminal; owned */
	struct relay relay; /* without */
};
#define EXEC_SESSION_INIT       \
	((struct exec_session){ \
		.pid_fd = -EBADF, .master_fd = -EBADF, .relay = RELAY_INIT})
void exec_session_release(struct exec_session *s);
#define cleanup_exec_session cleanup(exec_session_release)

/* exec_session_start() - signals that shall go to the program are blocked from now on.
 * Returns when the program has been exec'd. A container that doesn't run is ERR_CONFLICT.
 */
int exec_session_start(const struct engine *e, const struct exec_request *request,
		       struct exec_session *ret, struct error *err) _must_check_;

/*
 * exec_session_detach() - in the background: it has no streams, or a terminal that nobody reads, and ends with
 * its container. Returns when the program has been exec'd. A small process of ours stays with it, as its parent:
 * one that nobody reaps would keep the container from ending.
 */
int exec_session_detach(const struct engine *e, const struct exec_request *request,
			struct error *err) _must_check_;

/*
 * exec_session_wait() - without a terminal: until it has ended; INT, TERM, HUP and the
 * like that we get meanwhile go to it. *ret_status: as a shell has it.
 */
int exec_session_wait(struct exec_session *s, int *ret_status,
		      struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby start`: a container that was created, or that has ended, in motion again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/start_plan.h"
#include "util/cleanup.h"
#include "util/error.h"

struct start_options {
	bool attach;    /* stay until its end */
	bool only_init; /* container_initialize() */
	bool interactive, forward_signals;
	const char *detach_keys; /* NULL: the container's */
	int listen_fds;          /* sockets of engine/listen_fds.h: fds 3 .. 3+N-1 */
	bool by_policy;          /* its restart policy starts it, not a person... */
	int64_t backoff_usec;    /* ...after this pause; 0 otherwise */
	struct start_talk talk;
};

/*
 * container_start() - one that runs is left alone (and may be attached to by the caller). On failure it is
 * what it was before. *ret_exit_code (attach): the program's. Another command that is quicker is
 * ERR_CONFLICT.
 */
int container_start(const struct engine *e, const struct container *c,
		    const struct start_options *o, int *ret_exit_code,
		    struct error *err) _must_check_;

/* container_start_needed() - those of these containers that do not run; what they need first. */
int container_start_needed(const struct engine *e, char *const *ids,
			   const struct start_talk *talk, struct error *err) _must_check_;

/*
 * container_initialize() - everything but the program itself: namespaces, mounts, limits. container_start() lets
 * it go. One that has processes already is ERR_CONFLICT.
 */
int container_initialize(const struct engine *e, const struct container *c,
			 const struct start_talk *talk, struct error *err) _must_check_;

/*
 * container_keep() - a running container that is removed at its end (--rm) stays, until container_pass() says that it is
 * to be removed after all. Others are left alone; container_keep() says whether it did something: 1 or 0.
 */
int container_keep(const struct engine *e, const struct container *c,
		   struct error *err) _must_check_;
int container_pass(const struct engine *e, const struct container *c,
		   struct error *err) _must_check_;

/*
 * container_restart() - stop (stop_sec < 0: as long as its own stop time-out says), then start. One that is
 * removed at its end (--rm) stays.
 */
int container_restart(const struct engine *e, const struct container *c, int64_t stop_sec,
		      const struct start_talk *talk, struct error *err) _must_check_;

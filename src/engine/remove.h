/* SPDX-License-Identifier: Apache-2.0 */
/* Ending and removing containers: stop, kill, wait, rm. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* container_signal() - to the container's init. Neither running nor paused is ERR_CONFLICT. */
int container_signal(const struct container *c, int sig, struct error *err) _must_check_;

/* container_kill() - as container_signal(); one that gets SIGKILL has ended when this returns, unless it takes
 * longer than a few seconds. */
int container_kill(const struct engine *e, const struct container *c, int sig,
		   struct error *err) _must_check_;

/*
 * container_wait() - until it has ended and is cleaned up; *ret_exit_code is its exit
 * status. timeout_msec < 0: for ever; -ETIMEDOUT (no *err) if it still runs then. *c is
 * out of date afterwards.
 */
int container_wait(const struct engine *e, const struct container *c,
		   int64_t timeout_msec, int *ret_exit_code,
		   struct error *err) _must_check_;

#define STOP_TIMEOUT_OWN   (-1) /* the container's --stop-timeout */
#define STOP_TIMEOUT_NEVER (-2) /* wait for as long as it takes */

struct stop_options {
	int signal;          /* sent first; 0: the container's own */
	int64_t timeout_sec; /* then SIGKILL; or one of these */
};

/* container_stop_by(), container_stop() - its stop signal, and SIGKILL later. Not running is fine, paused is
 * ERR_CONFLICT. */
int container_stop_by(const struct engine *e, const struct container *c,
		      const struct stop_options *options, struct error *err) _must_check_;
int container_stop(const struct engine *e, const struct container *c, int64_t timeout_sec,
		   struct error *err) _must_check_;

struct remove_options {
	bool force;          /* a running one is stopped first, a paused one killed */
	bool of_pod;         /* its pod goes: an infra container may be removed */
	bool volumes;        /* its anonymous volumes go too */
	int64_t timeout_sec; /* for that; -1: the container's own */
};
int container_remove(const struct engine *e, const struct container *c,
		     const struct remove_options *options,
		     struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* Staying with a container from its first byte to its end: `run` and `start -a` as its owner. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "engine/engine.h"
#include "engine/start.h"
#include "util/cleanup.h"
#include "util/error.h"

struct foreground {
	const struct engine *engine;
	const char *id;
	bool interactive;
	bool no_stdout, no_stderr;      /* the container's goes to its log only */
	const char *detach_keys;        /* NULL: the usual ones */
	bool forward_signals;           /* signals that we get go to the container */
	const char *pod_id;             /* of its pod, NULL: none */
	void (*warn)(const char *text); /* told that its memory ran out; may be NULL */
	bool restarts; /* its restart policy begins when we leave it to its monitor */
};

/* foreground_hold_signals() - a signal that comes while the program starts waits until it can be passed
 * on; *ret_old: the mask to go back to if it does not start. */
int foreground_hold_signals(sigset_t *ret_old, struct error *err) _must_check_;

/* foreground_stay() - until it has ended and is cleaned up: *ret_exit_code; or until the user detaches: 0. */
int foreground_stay(const struct foreground *f, const struct started *started,
		    int *ret_exit_code, struct error *err) _must_check_;

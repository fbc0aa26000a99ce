/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket from the transfer program's side, and how it ends when the engine does. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/*
 * control_start() - from now on this process is gone as soon as nobody holds the other end of the
 * control socket any more, whatever it is doing. Fd 3 must be that socket.
 */
int control_start(struct error *err) _must_check_;

/*
 * control_defer() - who has workers to end before it ends itself looks after the other end on its own:
 * between these two calls this process goes on, and control_poll() is what to wait for with poll(2).
 * control_check() then says whether the engine is gone (ERR_UNAVAILABLE). control_resume() with what control_defer()
 * has returned, which ends the process if the engine is gone.
 */
void control_defer(sigset_t *ret_before);
void control_resume(const sigset_t *before);
struct pollfd control_poll(void);
int control_check(const struct pollfd *polled, struct error *err) _must_check_;

/* control_hear() - the engine's next packet; caller owns. End of file is ERR_UNAVAILABLE. */
int control_hear(struct json_object **ret, struct error *err) _must_check_;

int control_say(struct json_object *packet, struct error *err) _must_check_;

/* control_note() - a line for people. */
int control_note(struct error *err, const char *fmt, ...) _printf_(2, 3) _must_check_;

/* The event "progress". */
struct progress {
	const char *id;      /* a digest */
	const char *state;   /* see transfer/protocol.h */
	int64_t done, total; /* bytes; -1: unknown */
	const char *text;    /* may be NULL */
};
struct json_object *progress_to_json(const struct progress *p);

/* control_progress() - one that only says how far it is ("fetching", "sending") is left out while the
 * engine doesn't listen. */
int control_progress(const struct progress *p, struct error *err) _must_check_;

/* control_relay() - a packet made elsewhere, with its fds (which stay the caller's). Progress as in
 * control_progress(). */
int control_relay(struct json_object *packet, const int *fds, size_t n_fds,
		  struct error *err) _must_check_;

/* control_worker() - in a forked worker: it ends with its parent, and doesn't hold the control socket. */
int control_worker(pid_t parent, struct error *err) _must_check_;

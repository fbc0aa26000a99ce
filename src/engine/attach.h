/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client side of the monitor's protocol (monitor/protocol.h), as `cubby run` in the
 * foreground, `cubby start -a` and `cubby attach` use it. It never cleans up: the caller
 * does, and tells the monitor so with attach_acknowledge().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/pump.h"
#include "util/cleanup.h"
#include "util/error.h"

/* attach_connect() - to the monitor whose run directory is dirfd. Return: socket fd;
 * ERR_CONFLICT if it is not there. */
int attach_connect(int dirfd, struct error *err) _must_check_;

struct attach_result {
	bool detached; /* the user pressed the detach keys: the container runs on */
	bool lost; /* the monitor has gone without a word: ask the records what happened
		    */
	/* otherwise, the container has ended: */
	int wait_status; /* as wait(2) */
	int64_t finished_usec;
};

/*
 * attach_run() - say hello on socket_fd (not owned; a new connection, or the owner's) and
 * pump until the container ends or the user leaves. Closing the socket afterwards is what
 * detaches. ERR_UNAVAILABLE: too many are attached; ERR_UNSUPPORTED: another version of
 * the monitor.
 */
int attach_run(int socket_fd, const struct pump_options *options,
	       struct attach_result *ret, struct error *err) _must_check_;

/*
 * attach_acknowledge() - by the owner, after the container has ended: "I do the clean-up,
 * you may go". If the monitor has gone already (it, or what it became, cleans up) this is
 * -EPIPE, without *err.
 */
int attach_acknowledge(int socket_fd) _must_check_;

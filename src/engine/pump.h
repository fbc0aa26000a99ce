/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's side of a foreground process: reads the keyboard (or a pipe), writes what
 * the process says, passes on the terminal's size and signals, until the process ends or
 * the user detaches. What is at the other end is a `pump_peer`: the monitor's socket
 * (attach.c) or the master of a pty (console.c).
 *
 * While it runs, the user's terminal is in raw mode if both ends are terminals, and the
 * signals it deals with are blocked; both are as before when it returns. The user's fds
 * are never made non-blocking: they are shared with the shell.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

#define PUMP_CHUNK 16384

struct pump_options {
	int stdin_fd;             /* none is owned; -EBADF: nothing is passed on */
	int stdout_fd, stderr_fd; /* -EBADF: dropped */
	const char *detach_keys;  /* NULL: the default, "": none. Only read if stdin is a
				     terminal */
	/* gets what the process says, instead of the two; NULL: nobody */
	void (*output)(void *data, int stream, const void *bytes, size_t n);
	void *output_data;
	/* every signal that can be passed on is given to this, with `signal_arg`; NULL:
	 * they have their usual effect on us. A failure is ignored: the process may just
	 * have ended. */
	int (*forward_signal)(void *arg, int sig, struct error *err);
	void *signal_arg;
};
#define PUMP_OPTIONS_INIT \
	((struct pump_options){.stdin_fd = 0, .stdout_fd = 1, .stderr_fd = 2})

/*
 * pump_forwarded_signals() - those that are passed on. A caller that lets the process go
 * before it pumps blocks them first, so that none is lost in between: the pump finds
 * what is pending.
 */
void pump_forwarded_signals(sigset_t *ret);

enum pump_event {
	PUMP_NOTHING, /* now */
	PUMP_STDOUT,  /* *ret_len bytes are in data */
	PUMP_STDERR,
	PUMP_END, /* nothing will ever come */
};

/* The other end. Its calls never block. */
struct pump_peer {
	int fd;     /* polled for reading, and for writing while there is input */
	int end_fd; /* readable when the process has ended: then read until PUMP_NOTHING;
		       -EBADF: none */
	bool terminal; /* it is one */
	/* Return: bytes taken, 0 if none now, or negative if never again. len is at most
	 * PUMP_CHUNK - 1. */
	ssize_t (*write)(struct pump_peer *p, const void *data, size_t len);
	/* the user's stdin is at its end; the terminal has another size. Return: false if
	 * that cannot be told now */
	bool (*end_input)(struct pump_peer *p);
	bool (*resize)(struct pump_peer *p, uint16_t columns, uint16_t rows);
	/* data has room for PUMP_CHUNK bytes */
	enum pump_event (*read)(struct pump_peer *p, void *data, size_t *ret_len);
};

/* pump_run() - 0 when the peer is at its end (*ret_detached false) or the user has left
 * it (true); -EPIPE if nobody reads our output any more. */
int pump_run(struct pump_peer *peer, const struct pump_options *options,
	     bool *ret_detached, struct error *err) _must_check_;

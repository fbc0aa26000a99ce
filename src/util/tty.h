/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's terminal: raw mode, size, and giving it back as it was, also when this
 * process is killed with SIGKILL: a small guard process outlives it, holding the old
 * settings and the end of a pipe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "util/cleanup.h"
#include "util/error.h"

struct tty_raw {
	int fd; /* of the terminal, not owned; -EBADF: not in raw mode */
	struct termios saved;
	int guard_fd; /* pipe to the guard */
	int guard_pid;
};
#define TTY_RAW_INIT ((struct tty_raw){.fd = -EBADF, .guard_fd = -EBADF})

/* tty_raw_enter() - raw mode for fd, guard started. */
int tty_raw_enter(struct tty_raw *t, int fd, struct error *err) _must_check_;
/* tty_raw_leave() - settings back, guard gone. Safe to call twice and from clean-up. */
void tty_raw_leave(struct tty_raw *t);
#define cleanup_tty_raw cleanup(tty_raw_leave)

bool tty_size(int fd, uint16_t *ret_columns, uint16_t *ret_rows);

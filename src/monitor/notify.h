/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the container's program says to the service manager (sd_notify(3)) is passed on:
 * whole lines that are about the service and its state. MAINPID, file descriptors and the
 * like would be about processes that are not the manager's, so they stay here.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"

#define NOTIFY_PATH_LEN 107 /* unix(7) */

struct notify {
	int fd;         /* owned; where the container writes to, -EBADF: there is none */
	const char *to; /* borrowed; of the manager, "@NAME": an abstract one */
};

/* notify_init() - fd is taken, -1: none. */
void notify_init(struct notify *n, int fd, const char *to);

/* notify_forward() - n->fd is readable. */
void notify_forward(struct notify *n);

/* notify_filter() - leave in text only the lines that are passed on; returns their length. */
size_t notify_filter(char *text, size_t len);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's health checks: when one is due, a command is run, which says on its
 * stdout in how many milliseconds the next one is ("0": never). What a check is, and what
 * comes of it, is the command's affair.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define HEALTH_LINE_MAX 24

struct health {
	char **command;    /* argv, borrowed; NULL: there are no checks */
	int fd;            /* owned; what the command says, -EBADF: none runs */
	int64_t next_usec; /* start it then */
	size_t len;
	char line[HEALTH_LINE_MAX];
};

/* health_init() - the first check is due at once. */
void health_init(struct health *h, char **command, int64_t now);

/* health_start() - run the command, if it is due. */
void health_start(struct health *h, int64_t now);

/* health_read() - h->fd is readable, or at its end. */
void health_read(struct health *h, int64_t now);

/* health_next() - when it is due, CLOCK_NEVER while it runs. */
int64_t health_next(const struct health *h);

/* health_stop() - no further checks: the container has ended. */
void health_stop(struct health *h);

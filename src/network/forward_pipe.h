/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes for splice(2): lent for as long as bytes are in them, so that idle connections have none. */
#pragma once

#define FORWARD_PIPE_SIZE  (256 << 10) /* bytes, where the kernel gives that many */
#define FORWARD_PIPES_IDLE 8           /* kept for the next */

struct forward_pipe {
	int read_fd, write_fd;
	struct forward_pipe *next;
};

struct forward_pipes {
	struct forward_pipe *idle;
	unsigned int n_idle;
};

/* forward_pipe_get() - an empty one, NULL: there is none now (errno). */
struct forward_pipe *forward_pipe_get(struct forward_pipes *pipes);

/* forward_pipe_put() - an empty one comes back; forward_pipe_drop(): one with bytes that nobody wants. NULL: nothing. */
void forward_pipe_put(struct forward_pipes *pipes, struct forward_pipe *pipe);
void forward_pipe_drop(struct forward_pipe *pipe);

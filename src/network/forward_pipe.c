/* SPDX-License-Identifier: Apache-2.0 */
#include "network/forward_pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct forward_pipe *forward_pipe_get(struct forward_pipes *pipes)
{
	struct forward_pipe *p = pipes->idle;
	int pair[2];

	if (p) {
		pipes->idle = p->next;
		pipes->n_idle--;
		return p;
	}
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return NULL;
	p = malloc(sizeof(*p));
	if (!p) {
		close(pair[0]);
		close(pair[1]);
		return NULL;
	}
	*p = (struct forward_pipe){.read_fd = pair[0], .write_fd = pair[1]};
	/* a smaller one will do: a user has so many pages for pipes (pipe(7)) */
	(void)!fcntl(p->write_fd, F_SETPIPE_SZ, FORWARD_PIPE_SIZE);
	return p;
}

void forward_pipe_drop(struct forward_pipe *p)
{
	if (!p)
		return;
	close(p->read_fd);
	close(p->write_fd);
	free(p);
}

void forward_pipe_put(struct forward_pipes *pipes, struct forward_pipe *p)
{
	if (!p)
		return;
	if (pipes->n_idle >= FORWARD_PIPES_IDLE) {
		forward_pipe_drop(p);
		return;
	}
	p->next = pipes->idle;
	pipes->idle = p;
	pipes->n_idle++;
}

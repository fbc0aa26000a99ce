/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/relay.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/fd.h"

static int open_pipe(struct relay *r, int stream, struct error *err)
{
	int pair[2];
	int ours = stream == STDIN_FILENO ? 1 : 0;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	r->ours_fd[stream] = fd_move_high(pair[ours]);
	r->theirs_fd[stream] = fd_move_high(pair[!ours]);
	int result = fd_set_nonblock(r->ours_fd[stream], true);
	return result < 0 ? error_set(err, ERR_SYSTEM, -result, "set up a pipe") : 0;
}

int relay_open(struct relay *r, bool interactive, int ret_stdio[static 3],
	       struct error *err)
{
	for (int i = 0; i < 3; i++) {
		ret_stdio[i] = i == STDIN_FILENO && !interactive ? -EBADF : i;
		if (ret_stdio[i] < 0 || !isatty(i))
			continue;
		int result = open_pipe(r, i, err);
		if (result < 0)
			return result;
		ret_stdio[i] = r->theirs_fd[i];
	}
	return 0;
}

void relay_started(struct relay *r)
{
	for (int i = 0; i < 3; i++)
		fd_cleanup_(&r->theirs_fd[i]);
}

void relay_release(struct relay *r)
{
	relay_started(r);
	for (int i = 0; i < 3; i++)
		fd_cleanup_(&r->ours_fd[i]);
}

void relay_poll(const struct relay *r, struct pollfd fds[static 3])
{
	bool typed = r->n_keys > 0;

	fds[0] = (struct pollfd){.fd = r->ours_fd[0] < 0 ? -1
				       : typed           ? r->ours_fd[0]
							 : STDIN_FILENO,
				 .events = typed ? POLLOUT : POLLIN};
	for (int i = 1; i < 3; i++)
		fds[i] = (struct pollfd){.fd = r->ours_fd[i], .events = POLLIN};
}

static void take_keys(struct relay *r)
{
	ssize_t n = read(STDIN_FILENO, r->keys, sizeof(r->keys));

	if (n > 0)
		r->n_keys = (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		fd_cleanup_(&r->ours_fd[0]);
}

static void give_keys(struct relay *r)
{
	ssize_t n = write(r->ours_fd[0], r->keys, r->n_keys);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) { /* the program reads no more */
		r->n_keys = 0;
		fd_cleanup_(&r->ours_fd[0]);
		return;
	}
	r->n_keys -= (size_t)n;
	memmove(r->keys, r->keys + n, r->n_keys);
}

/* Return: whether there may be more. */
static bool show_output(struct relay *r, int stream)
{
	char text[RELAY_CHUNK];
	ssize_t n = read(r->ours_fd[stream], text, sizeof(text));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0 || fd_write_all(stream, text, (size_t)n) < 0) {
		fd_cleanup_(&r->ours_fd[stream]);
		return false;
	}
	return true;
}

void relay_move(struct relay *r, const struct pollfd fds[static 3])
{
	if (fds[0].revents && r->n_keys > 0)
		give_keys(r);
	else if (fds[0].revents)
		take_keys(r);
	for (int i = 1; i < 3; i++)
		if (fds[i].revents)
			(void)show_output(r, i);
}

void relay_drain(struct relay *r)
{
	for (int i = 1; i < 3; i++)
		while (r->ours_fd[i] >= 0 && show_output(r, i))
			continue;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/health.h"

#include <fcntl.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/setup.h"
#include "monitor/text.h"

/* After a command that said nothing: it was killed, or had no memory. */
#define PATIENCE     SECONDS(30)
#define INTERVAL_MAX (INT64_C(366) * 86400 * 1000)

void health_init(struct health *h, char **command, int64_t now)
{
	h->command = command;
	h->fd = -EBADF;
	h->next_usec = command ? now : CLOCK_NEVER;
}

static _noreturn_ void become_command(const struct health *h, int out_fd)
{
	setup_undo_signals();
	if (dup2(out_fd, STDOUT_FILENO) >= 0)
		execv(h->command[0], h->command);
	_exit(127);
}

void health_start(struct health *h, int64_t now)
{
	int pair[2];
	pid_t pid;

	if (h->fd >= 0 || now < h->next_usec)
		return;
	h->next_usec = now + PATIENCE;
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	pid = fork();
	if (pid == 0)
		become_command(h, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return;
	}
	h->fd = pair[0];
	h->len = 0;
}

static void finish(struct health *h, int64_t now)
{
	int64_t msec;

	close(h->fd);
	h->fd = -EBADF;
	h->next_usec = now + PATIENCE;
	if (h->len == 0 || h->line[h->len - 1] != '\n')
		return;
	h->line[h->len - 1] = '\0';
	if (text_to_i64(h->line, &msec) < 0 || msec < 0 || msec > INTERVAL_MAX)
		return;
	h->next_usec = msec == 0 ? CLOCK_NEVER : now + msec * 1000;
}

void health_read(struct health *h, int64_t now)
{
	char byte;
	ssize_t n;

	while ((n = read(h->fd, &byte, 1)) > 0)
		if (h->len < sizeof(h->line))
			h->line[h->len++] = byte;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		finish(h, now);
}

int64_t health_next(const struct health *h)
{
	return h->fd >= 0 ? CLOCK_NEVER : h->next_usec;
}

void health_stop(struct health *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -EBADF;
	h->next_usec = CLOCK_NEVER;
}

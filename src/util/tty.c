/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Before the terminal is made raw a guard process is forked that has
 * nothing but the terminal, its old settings, and the reading end of a pipe. When the
 * pipe closes without GUARD_DONE having come through it, whoever held the other end has
 * died without giving the terminal back: the guard does it. It has a session of its own
 * and blocks all signals, so that what the terminal sends to us does not reach it, and a
 * tcsetattr from outside the foreground group does not stop it (tcsetattr(3): only a
 * process of the terminal's own session is checked). It ends as soon as the pipe does, or
 * the terminal hangs up: a slave held open would keep sshd and the like waiting.
 */
#include "util/tty.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "util/fd.h"

#define GUARD_DONE 'd'

/* tcsetattr(3) without the trap that a stopped background process would be: settings must
 * go back. */
static void settings_restore(int fd, const struct termios *t)
{
	sigset_t block, old;

	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	sigprocmask(SIG_BLOCK, &block, &old);
	while (tcsetattr(fd, TCSANOW, t) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Waits for the pipe's end. Return: true if the settings are to be restored. */
static bool guard_wait(int tty_fd, int pipe_fd)
{
	struct pollfd set[] = {{.fd = pipe_fd, .events = POLLIN}, {.fd = tty_fd}};
	char byte;

	for (;;) {
		if (poll(set, ARRAY_SIZE(set), -1) < 0 && errno != EINTR)
			return false;
		if (set[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			return false;
		if (set[0].revents)
			return read(pipe_fd, &byte, 1) != 1 || byte != GUARD_DONE;
	}
}

static _noreturn_ void guard_run(int tty_fd, int pipe_fd, const struct termios *saved)
{
	/* out of the way of 0 and 1, which they become */
	int tty = fcntl(tty_fd, F_DUPFD, 3), end = fcntl(pipe_fd, F_DUPFD, 3);

	(void)!setsid();
	(void)!chdir("/");
	prctl(PR_SET_NAME, "cubby-tty-guard");
	if (tty < 0 || end < 0 || dup2(tty, 0) < 0 || dup2(end, 1) < 0 ||
	    fd_close_from(2) < 0)
		_exit(1);
	if (guard_wait(0, 1))
		settings_restore(0, saved);
	_exit(0);
}

static int guard_start(struct tty_raw *t, int fd, struct error *err)
{
	cleanup_fd int read_fd = -EBADF, write_fd = -EBADF;
	sigset_t all, old;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "make a pipe for the terminal's guard");
	read_fd = ends[0];
	write_fd = ends[1];
	/* blocked from its first instruction on */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		close(write_fd);
		guard_run(fd, read_fd, &t->saved);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "start the terminal's guard");
	t->guard_fd = TAKE_FD(write_fd);
	t->guard_pid = pid;
	return 0;
}

static void guard_stop(struct tty_raw *t)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

	if (t->guard_fd < 0)
		return;
	/* a guard that was killed must not kill us */
	sigaction(SIGPIPE, &ignore, &old);
	(void)!write(t->guard_fd, (char[]){GUARD_DONE}, 1);
	sigaction(SIGPIPE, &old, NULL);
	close(TAKE_FD(t->guard_fd));
	while (waitpid(t->guard_pid, NULL, 0) < 0 && errno == EINTR)
		;
	t->guard_pid = 0;
}

int tty_raw_enter(struct tty_raw *t, int fd, struct error *err)
{
	struct termios raw;
	int r;

	*t = TTY_RAW_INIT;
	if (tcgetattr(fd, &t->saved) < 0)
		return error_set(err, errno == ENOTTY ? ERR_INVALID : ERR_SYSTEM, errno,
				 "read the terminal's settings");
	r = guard_start(t, fd, err);
	if (r < 0)
		return r;
	raw = t->saved;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	while (tcsetattr(fd, TCSANOW, &raw) < 0) {
		if (errno == EINTR)
			continue;
		r = error_set(err, ERR_SYSTEM, errno, "set the terminal to raw mode");
		guard_stop(t);
		return r;
	}
	t->fd = fd;
	return 0;
}

void tty_raw_leave(struct tty_raw *t)
{
	int saved_errno = errno;

	if (t->fd >= 0)
		settings_restore(t->fd, &t->saved);
	t->fd = -EBADF;
	guard_stop(t);
	errno = saved_errno;
}

bool tty_size(int fd, uint16_t *ret_columns, uint16_t *ret_rows)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return false;
	*ret_columns = size.ws_col;
	*ret_rows = size.ws_row;
	return true;
}

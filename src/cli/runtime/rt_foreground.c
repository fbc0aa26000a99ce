/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a process in the foreground. One poll loop: signals come through a signalfd
 * (all are blocked, so that none is lost between start and wait), the user's keys go to
 * the pty's master, its output to stdout. Only the master is non-blocking: the user's
 * terminal may be shared with the shell, which would meet a non-blocking stdin
 * afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "util/fd.h"
#include "util/proc.h"
#include "util/sys.h"
#include "util/tty.h"

#define RELAY_BYTES 16384

struct relay {
	const struct rt_foreground *f;
	int signal_fd, in_fd;
	struct tty_raw tty;
	char keys[RELAY_BYTES]; /* read from the user, not yet taken by the master */
	size_t n_keys;
	bool in_open, master_open;
	bool ended;
	int status; /* wait(2)'s */
};

static void relay_release(struct relay *x)
{
	tty_raw_leave(&x->tty);
	fd_cleanup_(&x->signal_fd);
}

static void copy_size(const struct relay *x)
{
	struct winsize size;

	if (ioctl(x->in_fd, TIOCGWINSZ, &size) == 0)
		(void)ioctl(x->f->master_fd, TIOCSWINSZ, &size);
}

/* With a subreaper, orphans of the container are ours to reap as well. */
static void reap(struct relay *x)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != x->f->pid)
			continue;
		x->ended = true;
		x->status = status;
	}
}

static void take_signals(struct relay *x)
{
	struct signalfd_siginfo info;

	while (read(x->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig == SIGCHLD)
			reap(x);
		else if (sig == SIGWINCH && x->f->master_fd >= 0)
			copy_size(x);
		else if (sig != SIGPIPE && sig != SIGURG)
			(void)sys_pidfd_send_signal(x->f->pid_fd, sig);
	}
}

static void take_keys(struct relay *x)
{
	ssize_t n = read(x->in_fd, x->keys, sizeof(x->keys));

	if (n > 0)
		x->n_keys = (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		x->in_open = false;
}

static void give_keys(struct relay *x)
{
	ssize_t n = write(x->f->master_fd, x->keys, x->n_keys);

	if (n <= 0)
		return;
	x->n_keys -= (size_t)n;
	memmove(x->keys, x->keys + n, x->n_keys);
}

/* False when there is nothing (more) to show: EIO is the last slave's close. */
static bool show_output(struct relay *x)
{
	char text[RELAY_BYTES];
	ssize_t n = read(x->f->master_fd, text, sizeof(text));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		x->master_open = false;
		return false;
	}
	if (fd_write_all(STDOUT_FILENO, text, (size_t)n) < 0)
		x->master_open = false;
	return x->master_open;
}

static void relay_once(struct relay *x)
{
	struct pollfd fds[3] = {
		{.fd = x->signal_fd, .events = POLLIN},
		{.fd = x->in_open && x->n_keys == 0 ? x->in_fd : -1, .events = POLLIN},
		{.fd = x->master_open ? x->f->master_fd : -1,
		 .events = (short)(POLLIN | (x->n_keys ? POLLOUT : 0))},
	};

	if (poll(fds, 3, -1) < 0)
		return;
	if (fds[1].revents)
		take_keys(x);
	if (fds[2].revents & POLLOUT)
		give_keys(x);
	if (fds[2].revents & (POLLIN | POLLHUP | POLLERR))
		(void)show_output(x);
	if (fds[0].revents)
		take_signals(x);
}

static int begin_terminal(struct relay *x, struct error *err)
{
	int r;

	if (x->f->master_fd < 0)
		return 0;
	r = tty_raw_enter(&x->tty, x->in_fd, err);
	if (r < 0)
		return error_wrap(err, "use this terminal");
	copy_size(x);
	r = fd_set_nonblock(x->f->master_fd, true);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set up the terminal");
	x->in_open = x->master_open = true;
	return 0;
}

int rt_foreground_hold_signals(struct error *err)
{
	sigset_t all;

	if (sigfillset(&all) < 0 || sigprocmask(SIG_BLOCK, &all, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	return 0;
}

int rt_foreground_wait(const struct rt_foreground *f, struct error *err)
{
	cleanup(relay_release) struct relay x = {
		.f = f, .signal_fd = -EBADF, .in_fd = STDIN_FILENO, .tty = TTY_RAW_INIT};
	sigset_t all;
	int r;

	if (sigfillset(&all) == 0)
		x.signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (x.signal_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "receive signals");
	r = begin_terminal(&x, err);
	if (r < 0)
		return r;
	reap(&x); /* one SIGCHLD may have stood for two */
	while (!x.ended)
		relay_once(&x);
	while (x.master_open && show_output(&x))
		continue;
	return proc_exit_code(x.status);
}

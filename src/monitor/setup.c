/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The monitor outlives the terminal and the session it was started
 * in, so HUP, INT and QUIT are ignored and it makes a session of its own; PIPE and XFSZ
 * are ignored as the errors of write(2) are handled; CHLD, TERM and MONITOR_STOP_SIGNAL
 * are blocked and read from a signalfd.
 *
 * What it does not give up: no_new_privs and a seccomp filter would both be inherited by
 * the clean-up it becomes, and that may need newuidmap (set-user-ID) and mounts. Its
 * protection is that it is small, parses nothing of the container's but bytes to be
 * escaped, and shares no namespace with it.
 */
#include "monitor/setup.h"

#include "monitor/protocol.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ};

static void set_disposition(int sig, void (*handler)(int))
{
	const struct sigaction act = {.sa_handler = handler};

	(void)!sigaction(sig, &act, NULL);
}

static int setup_signals(int *ret_signal_fd)
{
	sigset_t set;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		set_disposition(ignored[i], SIG_IGN);
	/* ignored, it would let the kernel reap the container unseen */
	set_disposition(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, MONITOR_STOP_SIGNAL);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return -errno;
	*ret_signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_signal_fd < 0 ? -errno : 0;
}

void setup_undo_signals(void)
{
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		set_disposition(ignored[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void sort(int *list, int n)
{
	for (int i = 1; i < n; i++) {
		int value = list[i], j = i;

		for (; j > 0 && list[j - 1] > value; j--)
			list[j] = list[j - 1];
		list[j] = value;
	}
}

int setup_close_fds(const struct monitor_options *o)
{
	int fds[MONITOR_OPTION_FDS];
	int n = monitor_options_fds(o, fds);
	unsigned int first = 3;

	sort(fds, n);
	for (int i = 0; i < n; i++) {
		/* twice the same fd would be closed by one and used by the other */
		if (i > 0 && fds[i] == fds[i - 1])
			return -EINVAL;
		if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
		if ((unsigned int)fds[i] > first &&
		    close_range(first, (unsigned int)fds[i] - 1, 0) < 0)
			return -errno;
		first = (unsigned int)fds[i] + 1;
	}
	return close_range(first, UINT_MAX, 0) < 0 ? -errno : 0;
}

static int close_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (int i = 0; i <= 2; i++)
		if (dup2(fd, i) < 0)
			return -errno;
	if (fd > 2)
		close(fd);
	return 0;
}

int setup_confine(int *ret_signal_fd, const char **ret_step)
{
	int r;

	*ret_step = "take signals";
	r = setup_signals(ret_signal_fd);
	if (r < 0)
		return r;
	*ret_step = "enter /";
	if (chdir("/") < 0)
		return -errno;
	umask(077);
	/* EPERM: it leads a process group, so it has a session that nobody else will end
	 */
	(void)!setsid();
	prctl(PR_SET_NAME, "cubby-monitor");
	*ret_step = "open /dev/null";
	return close_stdio();
}

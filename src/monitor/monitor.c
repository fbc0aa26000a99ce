/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "monitor/clock.h"
#include "monitor/loop.h"
#include "monitor/options.h"
#include "monitor/setup.h"
#include "monitor/text.h"

#define WHO           "cubby-monitor"
#define STATUS_FAILED 125

static int fail(const char *what, const char *object, int code)
{
	text_complain(&(struct text_complaint){
		.who = WHO,
		.what = what,
		.object = object,
		.code = code,
	});
	return STATUS_FAILED;
}

/* The master is read, written and asked by three owners that close for themselves. */
static int open_terminal(struct monitor *m, int tty_fd)
{
	int fd = fcntl(tty_fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return -errno;
	m->terminal = true;
	stream_init(&m->streams[0], tty_fd, MONITOR_STDOUT);
	stream_init(&m->streams[1], -1, MONITOR_STDERR);
	input_init(&m->input, fd, true);
	/* ioctl_tty(2); without it the stream looks again from time to time */
	m->slave_fd = ioctl(tty_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return 0;
}

static void open_pipes(struct monitor *m, const struct monitor_options *o)
{
	stream_init(&m->streams[0], (int)o->out_fd, MONITOR_STDOUT);
	stream_init(&m->streams[1], (int)o->err_fd, MONITOR_STDERR);
	input_init(&m->input, (int)o->in_fd, false);
}

/* Everything that can fail. Return: 0, or -errno with the step in *ret_step. */
static int monitor_open(struct monitor *m, const struct monitor_options *o,
			const char **ret_step)
{
	int r;

	*ret_step = "watch the container";
	if (waitid(P_PID, (id_t)o->pid, &(siginfo_t){0},
		   WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		return -errno;
	*ret_step = "open the log";
	r = log_open(&m->log, o);
	if (r < 0)
		return r;
	*ret_step = "make the exit record";
	r = record_prepare(&m->record, (int)o->dir_fd, o->sync);
	if (r < 0)
		return r;
	*ret_step = "open the terminal";
	if (o->tty_fd >= 0)
		return open_terminal(m, (int)o->tty_fd);
	open_pipes(m, o);
	return 0;
}

/* Return: 0, or -errno with the step in *ret_step; up to its end fd 2 is the caller's. */
static int monitor_start(struct monitor *m, const struct monitor_options *o,
			 const char **ret_step)
{
	int r;

	/* field by field: assigning a whole struct would touch the pages of its buffers
	 */
	m->phase = MONITOR_RUNNING;
	m->pid = (pid_t)o->pid;
	m->keep_stdin = o->keep_stdin;
	m->listen_fd = (int)o->listen_fd;
	m->slave_fd = -EBADF;
	m->kill_usec =
		o->timeout > 0 ? clock_monotonic() + SECONDS(o->timeout) : CLOCK_NEVER;
	m->stop_signal = (int)o->stop_signal;
	m->stop_usec = o->stop_timeout >= 0 ? SECONDS(o->stop_timeout) : CLOCK_NEVER;
	clients_init(&m->clients);
	notify_init(&m->notify, (int)o->notify_fd, o->notify_to);
	health_init(&m->health, o->health, clock_monotonic());

	*ret_step = "close what was not given";
	r = setup_close_fds(o);
	if (r < 0)
		return r;
	r = monitor_open(m, o, ret_step);
	if (r < 0)
		return r;
	if (o->owner_fd >= 0)
		clients_add(&m->clients, (int)o->owner_fd, true, m->terminal);
	if (m->listen_fd >= 0)
		(void)!fcntl(m->listen_fd, F_SETFL, O_NONBLOCK);
	return setup_confine(&m->signal_fd, ret_step);
}

static void tell_ready(int fd)
{
	if (fd < 0)
		return;
	/* EPIPE: nobody waits for it */
	(void)!write(fd, "", 1);
	close(fd);
}

int monitor_main(int argc, char **argv)
{
	/* not on the stack: probing it for overflow would touch every page of the buffers
	 */
	static struct monitor m;
	struct monitor_options o;
	const char *wrong;
	int r;

	if (monitor_options_parse(argc, argv, &o, &wrong) < 0)
		return fail("wrong or missing option", wrong, 0);
	r = monitor_start(&m, &o, &wrong);
	if (r < 0)
		return fail(wrong, NULL, -r);
	tell_ready((int)o.ready_fd);
	monitor_loop(&m);
	if (m.acknowledged || !o.cleanup[0])
		return 0;
	setup_undo_signals();
	execv(o.cleanup[0], o.cleanup);
	return 127;
}

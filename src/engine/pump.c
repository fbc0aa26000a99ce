/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. One poll(2) loop with a buffer for each direction. Output: one
 * message of the peer is taken, written out, then the next, so a reader who is slow slows
 * the peer down and nothing is lost. Input: the keyboard is read ahead of the peer by
 * INPUT_MAX bytes, so that the detach keys are seen while the peer takes nothing.
 *
 * The user's fds stay blocking (they are shared with the shell and others), so they are
 * read and written only when poll says so, and a pipe is written in pieces that fit
 * whenever it is writable at all (pipe(7), PIPE_BUF).
 */
#include "engine/pump.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "engine/detach_keys.h"
#include "util/mem.h"
#include "util/tty.h"

#define READ_MAX  4096
#define WRITE_MAX 4096 /* PIPE_BUF */
#define INPUT_MAX 65536

/* The peer's process does not get these from us: they are about ourselves or our job
 * control. */
static const int own_signals[] = {
	SIGCHLD, SIGURG,  SIGWINCH, SIGCONT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP,
	SIGKILL, SIGSEGV, SIGBUS,   SIGILL,  SIGFPE,  SIGTRAP, SIGSYS,  SIGABRT,
};

struct pump {
	struct pump_peer *peer;
	const struct pump_options *options;
	struct detach_keys keys;
	struct tty_raw raw;
	int size_fd; /* of the user's terminal, not owned; -EBADF: none, or the peer has
			none */
	int signal_fd;
	sigset_t old_mask;
	struct sigaction old_pipe;
	bool stdin_open, end_wanted, resize_wanted; /* the latter two: still to be told */
	bool exited; /* the process has: the peer is read to its end without waiting */
	bool peer_ended, detached;
	size_t in_pos, in_len;
	unsigned char in[INPUT_MAX];
	int out_fd; /* where `out` goes */
	size_t out_pos, out_len;
	unsigned char out[PUMP_CHUNK];
};

static void pump_release(struct pump *p)
{
	tty_raw_leave(&p->raw);
	if (p->signal_fd >= 0) {
		close(p->signal_fd);
		sigaction(SIGPIPE, &p->old_pipe, NULL);
		sigprocmask(SIG_SETMASK, &p->old_mask, NULL);
	}
	free(p);
}
DEFINE_CLEANUP(struct pump *, pump_release)

void pump_forwarded_signals(sigset_t *ret)
{
	sigfillset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(own_signals); i++)
		sigdelset(ret, own_signals[i]);
}

static int take_signals(struct pump *p, struct error *err)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigemptyset(&set);
	if (p->options->forward_signal)
		pump_forwarded_signals(&set);
	if (p->size_fd >= 0)
		sigaddset(&set, SIGWINCH);
	if (p->raw.fd >= 0)
		sigaddset(&set, SIGCONT);
	p->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->signal_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "take signals");
	sigprocmask(SIG_BLOCK, &set, &p->old_mask);
	sigaction(SIGPIPE, &ignore, &p->old_pipe);
	return 0;
}

static int take_terminal(struct pump *p, struct error *err)
{
	const struct pump_options *o = p->options;

	if (!p->peer->terminal)
		return 0;
	if (o->stdin_fd >= 0 && isatty(o->stdin_fd)) {
		p->size_fd = o->stdin_fd;
		p->resize_wanted = true;
		return tty_raw_enter(&p->raw, o->stdin_fd, err);
	}
	if (o->stdout_fd >= 0 && isatty(o->stdout_fd)) {
		p->size_fd = o->stdout_fd;
		p->resize_wanted = true;
	}
	return 0;
}

static int pump_new(struct pump **ret, struct pump_peer *peer,
		    const struct pump_options *o, struct error *err)
{
	cleanup(pump_releasep) struct pump *p = xcalloc(1, sizeof(*p));
	int r;

	p->peer = peer;
	p->options = o;
	p->raw = TTY_RAW_INIT;
	p->size_fd = p->signal_fd = p->out_fd = -EBADF;
	p->stdin_open = o->stdin_fd >= 0;
	/* in what comes through a pipe the keys would be data */
	r = detach_keys_parse(&p->keys,
			      p->stdin_open && isatty(o->stdin_fd) ? o->detach_keys : "",
			      err);
	if (r >= 0)
		r = take_terminal(p, err);
	if (r >= 0)
		r = take_signals(p, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(p);
	return 0;
}

/* The shell has set the terminal as it likes while we were stopped. */
static int continued(struct pump *p, struct error *err)
{
	int fd = p->raw.fd;

	if (fd < 0)
		return 0;
	tty_raw_leave(&p->raw);
	p->resize_wanted = true;
	return tty_raw_enter(&p->raw, fd, err);
}

static int handle_signals(struct pump *p, struct error *err)
{
	struct signalfd_siginfo info;

	while (read(p->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		cleanup_error struct error failure = ERROR_INIT;
		int r = 0, sig = (int)info.ssi_signo;

		if (sig == SIGWINCH)
			p->resize_wanted = true;
		else if (sig == SIGCONT)
			r = continued(p, err);
		else if (p->options->forward_signal(p->options->signal_arg, sig,
						    &failure) < 0)
			error_drop(&failure, "the process may just have ended");
		if (r < 0)
			return r;
	}
	return 0;
}

static void make_room(struct pump *p)
{
	memmove(p->in, p->in + p->in_pos, p->in_len);
	p->in_pos = 0;
}

static bool has_room(const struct pump *p)
{
	return INPUT_MAX - p->in_len >= READ_MAX + DETACH_KEYS_MAX;
}

static void handle_stdin(struct pump *p)
{
	unsigned char typed[READ_MAX];
	ssize_t n = read(p->options->stdin_fd, typed, sizeof(typed));
	size_t passed;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	make_room(p);
	if (n <= 0) {
		/* EIO: the terminal has hung up, or is no longer ours to read */
		p->in_len += detach_keys_flush(&p->keys, p->in + p->in_len);
		p->stdin_open = false;
		p->end_wanted = true;
		return;
	}
	p->detached =
		detach_keys_scan(&p->keys, typed, (size_t)n, p->in + p->in_len, &passed);
	p->in_len += passed;
}

/* What the peer is to be told, in the order in which the user said it. */
static void feed_peer(struct pump *p)
{
	uint16_t columns, rows;

	if (p->resize_wanted && (!tty_size(p->size_fd, &columns, &rows) ||
				 p->peer->resize(p->peer, columns, rows)))
		p->resize_wanted = false;
	while (p->in_len > 0) {
		size_t len = p->in_len < PUMP_CHUNK - 1 ? p->in_len : PUMP_CHUNK - 1;
		ssize_t n = p->peer->write(p->peer, p->in + p->in_pos, len);

		if (n == 0)
			return;
		if (n < 0) {
			/* it takes nothing any more, but may still have something to say
			 */
			p->in_len = 0;
			p->stdin_open = p->end_wanted = false;
			return;
		}
		p->in_pos += (size_t)n;
		p->in_len -= (size_t)n;
	}
	if (p->end_wanted && p->peer->end_input(p->peer))
		p->end_wanted = false;
}

static void tell_output(struct pump *p, int stream)
{
	p->options->output(p->options->output_data, stream, p->out, p->out_len);
	p->out_len = 0;
}

static void hear_peer(struct pump *p)
{
	int stream = 0;

	switch (p->peer->read(p->peer, p->out, &p->out_len)) {
	case PUMP_STDOUT:
		p->out_fd = p->options->stdout_fd;
		stream = STDOUT_FILENO;
		break;
	case PUMP_STDERR:
		p->out_fd = p->options->stderr_fd;
		stream = STDERR_FILENO;
		break;
	case PUMP_NOTHING:
		p->out_len = 0;
		p->peer_ended = p->exited;
		break;
	case PUMP_END:
		p->out_len = 0;
		p->peer_ended = true;
		break;
	}
	p->out_pos = 0;
	if (stream && p->options->output)
		tell_output(p, stream);
	else if (p->out_fd < 0)
		p->out_len = 0;
}

static int handle_output(struct pump *p, struct error *err)
{
	struct stat st;
	bool file = fstat(p->out_fd, &st) == 0 && S_ISREG(st.st_mode);
	size_t len = file || p->out_len < WRITE_MAX ? p->out_len : WRITE_MAX;
	ssize_t n = write(p->out_fd, p->out + p->out_pos, len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "write the container's output");
	p->out_pos += (size_t)n;
	p->out_len -= (size_t)n;
	return 0;
}

enum { SLOT_STDIN, SLOT_PEER, SLOT_OUTPUT, SLOT_SIGNAL, SLOT_END, SLOTS };

/* poll(2) reports hang-ups unasked: an fd with nothing to be done about it now is left
 * out. */
static struct pollfd slot(int fd, int events)
{
	return (struct pollfd){.fd = events ? fd : -1, .events = (short)events};
}

static bool has_to_tell(const struct pump *p)
{
	return p->in_len > 0 || p->end_wanted || p->resize_wanted;
}

static bool can_hear(const struct pump *p)
{
	return p->out_len == 0 && !p->peer_ended;
}

static void prepare(const struct pump *p, struct pollfd set[static SLOTS])
{
	int input = p->stdin_open && has_room(p) ? POLLIN : 0;
	int peer = (can_hear(p) ? POLLIN : 0) | (has_to_tell(p) ? POLLOUT : 0);

	set[SLOT_STDIN] = slot(p->options->stdin_fd, input);
	set[SLOT_PEER] = slot(p->peer->fd, peer);
	set[SLOT_OUTPUT] = slot(p->out_fd, p->out_len > 0 ? POLLOUT : 0);
	set[SLOT_SIGNAL] = slot(p->signal_fd, POLLIN);
	set[SLOT_END] = slot(p->exited ? -1 : p->peer->end_fd, POLLIN);
}

/* Its events, and it is still to be heard now that output and input have been looked
 * after. */
static void handle_peer(struct pump *p, const struct pollfd set[static SLOTS])
{
	if (has_to_tell(p))
		feed_peer(p);
	if (set[SLOT_END].revents)
		p->exited = true;
	if (can_hear(p) && (p->exited || (set[SLOT_PEER].revents & ~POLLOUT)))
		hear_peer(p);
}

static int turn(struct pump *p, struct error *err)
{
	struct pollfd set[SLOTS];
	int r = 0;

	prepare(p, set);
	/* once the process has ended, reading the rest is not to be waited for */
	if (poll(set, SLOTS, p->exited && can_hear(p) ? 0 : -1) < 0)
		return errno == EINTR ? 0
				      : error_set(err, ERR_SYSTEM, errno,
						  "wait for the container");
	if (set[SLOT_SIGNAL].revents)
		r = handle_signals(p, err);
	if (r >= 0 && set[SLOT_OUTPUT].revents)
		r = handle_output(p, err);
	if (r < 0)
		return r;
	if (set[SLOT_STDIN].revents)
		handle_stdin(p);
	handle_peer(p, set);
	return 0;
}

int pump_run(struct pump_peer *peer, const struct pump_options *options,
	     bool *ret_detached, struct error *err)
{
	cleanup(pump_releasep) struct pump *p = NULL;
	int r = pump_new(&p, peer, options, err);

	while (r >= 0 && !p->detached && !(p->peer_ended && p->out_len == 0))
		r = turn(p, err);
	if (r < 0)
		return r;
	/* what was typed before the keys still counts */
	feed_peer(p);
	*ret_detached = p->detached;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A connection has two sides; what can be read from one is spliced into a pipe and out of it into the other.
 * epoll reports edges, so each side remembers whether it can be read and written until a call says EAGAIN, and an event
 * costs no call of epoll_ctl(2). A pipe is lent when there are bytes to move, and goes back when it is empty; only who
 * writes faster than the other side reads keeps one.
 *
 * End of file of one side becomes shutdown(2) of the other, once its bytes are through. A reset of one side (an error of
 * any call on it) becomes a reset of the other: closed with SO_LINGER 0. A side that epoll says has failed is read to
 * its end before that, as the kernel lets the peer of a direct connection do.
 *
 * Memory of a connection is freed after the turn, since later events of the same turn may point to it.
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "network/forward.h"
#include "network/forward_pipe.h"
#include "util/mem.h"

#define ACCEPT_MAX   64        /* in one turn, of one listener */
#define TURN_MAX     (1 << 20) /* bytes of one direction in one turn */
#define RESERVED_FDS 64        /* for pipes and the rest */
#define RESUME_MSEC  100 /* when accepting is tried again after the kernel had no room */

struct connection;

struct side {
	struct forward_watch watch;
	struct connection *connection;
	struct forward_pipe *pipe; /* with what was read here */
	size_t held;               /* bytes in that */
	bool readable, writable;
	bool ended;  /* nothing more comes from here */
	bool closed; /* nothing more is sent there */
	bool failed; /* it is reset, or could not be reached */
};

struct connection {
	struct side client, container;
	bool connected, dead, queued;
	struct connection *next; /* in the one queue or in the list of the dead */
};

struct listener {
	struct forward_watch watch;
	uint16_t port;
	struct listener *next;
};

struct forward_tcp {
	struct forward_pipes pipes;
	struct listener *listeners;
	struct connection *again; /* there is more to do, without an event */
	struct connection *dead;
	unsigned int n, max;
	bool paused;
	int64_t resume_msec; /* the kernel had no room: when it is tried again; 0: it has */
};

enum outcome {
	WAITS,
	MORE,   /* but others shall have their turn */
	BROKEN, /* reset */
};

static void enqueue(struct forward_tcp *t, struct connection *c)
{
	if (c->queued || c->dead)
		return;
	c->queued = true;
	c->next = t->again;
	t->again = c;
}

static void accept_again(struct forward *f, bool on)
{
	f->tcp->paused = !on;
	for (struct listener *l = f->tcp->listeners; l; l = l->next)
		forward_watch_set(f, &l->watch, on ? EPOLLIN : 0);
}

static void close_side(struct side *s, bool reset)
{
	static const struct linger at_once = {.l_onoff = 1};

	if (reset && s->watch.fd >= 0)
		(void)!setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER, &at_once,
				  sizeof(at_once));
	fd_cleanup_(&s->watch.fd);
	forward_pipe_drop(s->pipe);
	s->pipe = NULL;
}

static void end_connection(struct forward *f, struct connection *c, bool reset)
{
	struct forward_tcp *t = f->tcp;

	close_side(&c->client, reset);
	close_side(&c->container, reset);
	c->dead = true;
	if (!c->queued) {
		c->next = t->dead;
		t->dead = c;
	}
	t->n--;
	if (t->paused && !t->resume_msec && t->n < t->max)
		accept_again(f, true);
}

static void give_pipe_back(struct forward_tcp *t, struct side *s)
{
	forward_pipe_put(&t->pipes, s->pipe);
	s->pipe = NULL;
}

static bool would_wait(struct side *s, bool *able)
{
	if (errno == EAGAIN) {
		*able = false;
		return true;
	}
	if (errno != EINTR)
		s->failed = true;
	return errno == EINTR;
}

/* What the pipe holds. Return: whether one may go on. */
static bool drain(struct side *from, struct side *to)
{
	ssize_t n;

	if (!to->writable)
		return false;
	n = splice(from->pipe->read_fd, NULL, to->watch.fd, NULL, from->held,
		   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n < 0)
		return would_wait(to, &to->writable);
	from->held -= (size_t)n;
	return true;
}

static void fill(struct side *from)
{
	ssize_t n = splice(from->watch.fd, NULL, from->pipe->write_fd, NULL,
			   FORWARD_PIPE_SIZE, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n > 0)
		from->held = (size_t)n;
	else if (n == 0)
		from->ended = true;
	else
		(void)would_wait(from, &from->readable);
	if (n < 0 && from->failed)
		from->ended = true;
}

static enum outcome finish(struct side *from, struct side *to)
{
	if (from->failed)
		return BROKEN;
	if (!to->closed && shutdown(to->watch.fd, SHUT_WR) < 0)
		return BROKEN;
	to->closed = true;
	return WAITS;
}

/* One direction, as far as it goes. */
static enum outcome move_bytes(struct forward_tcp *t, struct side *from, struct side *to)
{
	size_t moved = 0;

	for (;;) {
		while (from->held > 0 && drain(from, to))
			if (to->failed)
				return BROKEN;
		if (from->held > 0)
			return to->failed ? BROKEN : WAITS;
		if (from->ended || !from->readable || moved >= TURN_MAX)
			break;
		if (!from->pipe)
			from->pipe = forward_pipe_get(&t->pipes);
		if (!from->pipe)
			return MORE;
		fill(from);
		moved += from->held;
	}
	give_pipe_back(t, from);
	if (from->ended)
		return finish(from, to);
	return from->readable ? MORE : WAITS;
}

static void work(struct forward *f, struct connection *c)
{
	enum outcome up, down;

	down = move_bytes(f->tcp, &c->container, &c->client);
	up = down == BROKEN ? BROKEN : move_bytes(f->tcp, &c->client, &c->container);
	if (up == BROKEN || down == BROKEN)
		end_connection(f, c, true);
	else if (c->client.closed && c->container.closed)
		end_connection(f, c, false);
	else if (up == MORE || down == MORE)
		enqueue(f->tcp, c);
}

/* It is there, or could not be had. */
static bool has_connected(struct connection *c, uint32_t events)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
		return false;
	if (getsockopt(c->container.watch.fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0 ||
	    code != 0)
		c->container.failed = true;
	c->connected = true;
	return true;
}

static void side_event(struct forward *f, struct forward_watch *w, uint32_t events)
{
	struct side *s = (struct side *)w; /* its first member */
	struct connection *c = s->connection;

	if (c->dead)
		return;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		s->writable = true;
	if (!c->connected && s == &c->container && !has_connected(c, events))
		return;
	if (c->connected && events & EPOLLERR)
		s->failed = true;
	if (!c->connected) {
		/* who went away meanwhile has no use for it */
		if (events & EPOLLERR)
			end_connection(f, c, true);
		return;
	}
	work(f, c);
}

static int watch_side(struct forward *f, struct connection *c, struct side *s)
{
	s->connection = c;
	s->watch.event = side_event;
	return forward_watch_add(f, &s->watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

static void refuse(int fd)
{
	struct side s = {.watch.fd = fd};

	close_side(&s, true);
}

static void begin_connection(struct forward *f, int fd,
			     const union forward_address *client, uint16_t port)
{
	int to_fd = forward_connect(f, SOCK_STREAM, client, port, false);
	struct connection *c = to_fd < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c) {
		if (to_fd >= 0)
			close(to_fd);
		refuse(fd);
		return;
	}
	c->client.watch.fd = fd;
	c->container.watch.fd = to_fd;
	f->tcp->n++;
	if (watch_side(f, c, &c->client) < 0 || watch_side(f, c, &c->container) < 0)
		end_connection(f, c, true);
}

static bool has_no_room(int code)
{
	return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

static void listener_event(struct forward *f, struct forward_watch *w,
			   _unused_ uint32_t events)
{
	struct listener *l = (struct listener *)w; /* its first member */
	struct forward_tcp *t = f->tcp;

	for (int i = 0; i < ACCEPT_MAX && !t->paused; i++) {
		union forward_address client = {0};
		socklen_t len = sizeof(client);
		int fd = accept4(w->fd, &client.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && has_no_room(errno)) {
			t->resume_msec = f->now_msec + RESUME_MSEC;
			accept_again(f, false);
		}
		if (fd < 0)
			return;
		begin_connection(f, fd, &client, l->port);
		if (t->n >= t->max)
			accept_again(f, false);
	}
}

/* Two for each connection, so that accepting stops before the kernel has none left. */
static unsigned int connections_max(const struct forward *f)
{
	struct rlimit limit;
	unsigned int used = (unsigned int)f->epoll_fd;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = 1024;
	if (limit.rlim_cur > 4 << 20)
		limit.rlim_cur = 4 << 20;
	used += RESERVED_FDS;
	return limit.rlim_cur > used + 2 ? ((unsigned int)limit.rlim_cur - used) / 2 : 1;
}

int forward_tcp_add(struct forward *f, const struct forward_socket *s, struct error *err)
{
	static const int one = 1;
	struct listener *l = xcalloc(1, sizeof(*l));
	int r;

	if (!f->tcp) {
		f->tcp = xcalloc(1, sizeof(*f->tcp));
		f->tcp->max = connections_max(f);
	}
	*l = (struct listener){
		.watch = {listener_event, s->fd},
		.port = s->port,
		.next = f->tcp->listeners,
	};
	f->tcp->listeners = l;
	/* what is accepted has them from here */
	if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0 ||
	    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
	    setsockopt(s->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "forward: listen");
	r = forward_watch_add(f, &l->watch, EPOLLIN);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "forward: listen") : 0;
}

static void free_dead(struct forward_tcp *t)
{
	while (t->dead) {
		struct connection *c = t->dead;

		t->dead = c->next;
		free(c);
	}
}

int forward_tcp_settle(struct forward *f)
{
	struct forward_tcp *t = f->tcp;
	struct connection *again;

	if (!t)
		return -1;
	again = t->again;
	t->again = NULL;
	while (again) {
		struct connection *c = again;

		again = c->next;
		c->queued = false;
		if (c->dead) {
			c->next = t->dead;
			t->dead = c;
		} else {
			work(f, c);
		}
	}
	free_dead(t);
	if (t->resume_msec && f->now_msec >= t->resume_msec) {
		t->resume_msec = 0;
		if (t->n < t->max)
			accept_again(f, true);
	}
	if (t->again)
		return 0;
	return t->resume_msec ? RESUME_MSEC : -1;
}

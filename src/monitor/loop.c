/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. One poll(2) loop; a turn is: wait, look after signals, stdin,
 * clients and output in this order, then see whether the phase is over. Nothing blocks
 * but poll and the log's file system, nothing allocates, and an fd is polled only for
 * what can be acted on now: an event that is not acted on would make the loop spin.
 *
 * Output goes container -> packet buffer -> log and clients, one packet at a time
 * (clients.h). Input goes client -> input buffer -> container; while the container does
 * not take it, further STDIN messages stay in their sockets ("held"), other messages
 * still pass.
 *
 * The end: the init is reaped; then what it left in its pipes is read, limited to what
 * was there, as a surviving process may hold the other ends for ever; then the exit
 * record; then EXIT to all; then the owner's acknowledgement. Order matters: who hears
 * EXIT may rely on log and record. Only when a client does not take the last output for
 * RECORD_PATIENCE is the record written before that, so that the container does not look
 * alive because its viewer sleeps.
 */
#include "monitor/loop.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "monitor/clock.h"

#define RECORD_PATIENCE SECONDS(2)
#define LEAVE_PATIENCE  SECONDS(2)
#define ACCEPT_RETRY    SECONDS(1)
#define STREAM_RETRY    (SECONDS(1) / 4)
/* Packets read from one stream, messages from one client, before the others have their
 * turn. */
#define BURST           8

enum {
	SLOT_SIGNAL,
	SLOT_LISTEN,
	SLOT_INPUT,
	SLOT_HEALTH,
	SLOT_NOTIFY,
	SLOT_STREAM,
	SLOT_CLIENT = SLOT_STREAM + 2,
	SLOTS = SLOT_CLIENT + MONITOR_CLIENTS_MAX,
};

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void container_ended(struct monitor *m, int wait_status, int64_t now)
{
	m->phase = MONITOR_DRAINING;
	m->status.wait_status = wait_status;
	m->status.finished_usec = clock_realtime();
	m->kill_usec = CLOCK_NEVER;
	m->record_usec = now + RECORD_PATIENCE;
	health_stop(&m->health);
	input_close(&m->input);
	for (size_t i = 0; i < ARRAY_SIZE(m->streams); i++)
		stream_limit(&m->streams[i]);
}

/* Reaps the init, and children that were inherited with the process. */
static void reap(struct monitor *m, int64_t now)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) != 0) {
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (pid == m->pid && m->phase == MONITOR_RUNNING)
			container_ended(m, status, now);
	}
}

/* Once more if told once more; its time counts from the first. One that has just ended is not started again. */
static void stop(struct monitor *m, int64_t now)
{
	if (!m->stopping) {
		record_stopped(&m->record);
		if (m->stop_usec != CLOCK_NEVER)
			m->kill_usec = earlier(m->kill_usec, now + m->stop_usec);
	}
	m->stopping = true;
	if (m->phase == MONITOR_RUNNING)
		kill(m->pid, m->stop_signal);
}

static void handle_signals(struct monitor *m, int64_t now)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM || info.ssi_signo == MONITOR_STOP_SIGNAL)
			stop(m, now);
	/* several SIGCHLD may have become one, so they are not counted */
	reap(m, now);
}

static void resize(struct monitor *m, const struct monitor_resize *size)
{
	struct winsize w = {.ws_col = size->columns, .ws_row = size->rows};

	if (m->terminal && m->streams[0].fd >= 0)
		(void)!ioctl(m->streams[0].fd, TIOCSWINSZ, &w);
}

static void client_gone(struct monitor *m, struct client *c)
{
	if (c->writer && !m->keep_stdin && !m->terminal)
		input_eof(&m->input);
	client_close(c);
}

struct message {
	unsigned char *data; /* type byte, then the payload */
	size_t len;
};

static void handle_message(struct monitor *m, struct client *c, const struct message *msg)
{
	const unsigned char *payload = msg->data + 1;
	size_t len = msg->len - 1;
	struct monitor_hello hello;
	struct monitor_resize size;

	if (msg->data[0] == MONITOR_HELLO && len == sizeof(hello)) {
		memcpy(&hello, payload, len);
		client_welcome(c, &hello, m->terminal);
	} else if (!c->ready) {
		client_gone(m, c);
	} else if (msg->data[0] == MONITOR_STDIN && m->phase == MONITOR_RUNNING) {
		c->writer = true;
		/* it lies in the input's own buffer: see receive_one() */
		input_put(&m->input, 1, len);
	} else if (msg->data[0] == MONITOR_STDIN_EOF) {
		c->writer = true;
		input_eof(&m->input);
	} else if (msg->data[0] == MONITOR_RESIZE && len == sizeof(size)) {
		memcpy(&size, payload, len);
		resize(m, &size);
	} else if (msg->data[0] == MONITOR_EXIT_ACK && c->owner && c->told) {
		m->acknowledged = true;
	}
}

/*
 * One message. While the input buffer is in use only what is not meant for it is taken,
 * into a small buffer. Return: true if there may be another.
 */
static bool receive_one(struct monitor *m, struct client *c)
{
	unsigned char type, small[1 + sizeof(struct monitor_exit)];
	struct message msg = {.data = m->input.data};
	size_t room = sizeof(m->input.data);
	ssize_t n;

	if (input_is_busy(&m->input)) {
		msg.data = small;
		room = sizeof(small);
		if (recv(c->fd, &type, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
		    type == MONITOR_STDIN) {
			c->held = true;
			return false;
		}
	}
	n = recv(c->fd, msg.data, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0 && errno == ECONNRESET && !c->deaf) {
		/* it went without reading all we sent; what it sent before follows */
		c->deaf = true;
		return true;
	}
	if (n <= 0) {
		client_gone(m, c);
		return false;
	}
	msg.len = (size_t)n;
	handle_message(m, c, &msg);
	return c->fd >= 0;
}

static void handle_client(struct monitor *m, struct client *c, short events)
{
	int n = 0;

	if (events & (POLLOUT | POLLHUP | POLLERR))
		client_resume(&m->clients, c);
	if (events & (POLLHUP | POLLERR))
		c->deaf = true;
	if (c->held || !(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	while (n < BURST && receive_one(m, c))
		n++;
}

static void handle_input(struct monitor *m, short events)
{
	/* nothing to write, so it is the reader that has gone */
	if (events && !input_is_busy(&m->input))
		input_close(&m->input);
	else if (events)
		input_write(&m->input);
	if (input_is_busy(&m->input))
		return;
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		m->clients.list[i].held = false;
}

static void handle_stream(struct monitor *m, struct stream *s, short events)
{
	struct clients *cs = &m->clients;
	size_t n = 0;

	if (!events && m->phase == MONITOR_RUNNING)
		return;
	for (int i = 0; i < BURST && s->fd >= 0 && cs->packet_len == 0; i++) {
		int64_t now = clock_monotonic();

		n = stream_read(s, cs->packet + 1, sizeof(cs->packet) - 1);
		if (n == 0)
			break;
		cs->packet[0] = (unsigned char)s->type;
		stream_log(s, &m->log, cs->packet + 1, n);
		clients_send(cs, n + 1, now);
		clients_settle(cs, now);
	}
	if (s->fd >= 0 && n == 0 && (events & (POLLHUP | POLLERR)) && s->retry_usec == 0)
		s->retry_usec = clock_monotonic() + STREAM_RETRY;
}

static void handle_listen(struct monitor *m, int64_t now)
{
	int r;

	do
		r = clients_accept(&m->clients, m->listen_fd, m->terminal);
	while (r == 0);
	/* EMFILE and its like: the connection stays in the queue and would wake us at
	 * once */
	m->listen_usec = r == -EAGAIN ? 0 : now + ACCEPT_RETRY;
}

static void write_record(struct monitor *m)
{
	/* Of a failure nobody can be told here: the next command finds the pid gone, and
	 * no record. */
	if (!m->recorded && record_write(&m->record, &m->status) < 0)
		return;
	m->recorded = true;
}

/* What time and the end of the output bring about. */
static void advance(struct monitor *m, int64_t now)
{
	bool open = m->streams[0].fd >= 0 || m->streams[1].fd >= 0;

	if (m->phase == MONITOR_RUNNING && now >= m->kill_usec) {
		m->kill_usec = CLOCK_NEVER;
		kill(m->pid, SIGKILL);
	}
	if (m->phase == MONITOR_RUNNING)
		health_start(&m->health, now);
	if (m->phase == MONITOR_DRAINING && now >= m->record_usec) {
		m->record_usec = CLOCK_NEVER;
		write_record(m);
	}
	if (m->phase == MONITOR_DRAINING && !open && m->clients.packet_len == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(m->streams); i++)
			stream_log_rest(&m->streams[i], &m->log);
		log_finish(&m->log);
		write_record(m);
		m->phase = MONITOR_ENDING;
		m->leave_usec = now + LEAVE_PATIENCE;
	}
	if (m->phase != MONITOR_ENDING)
		return;
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		struct client *c = &m->clients.list[i];

		if (c->fd >= 0 && c->ready && !c->told && !c->deaf)
			client_tell_exit(c, &m->status);
	}
}

static bool is_finished(struct monitor *m, int64_t now)
{
	if (m->phase != MONITOR_ENDING)
		return false;
	if (clients_owner(&m->clients) && !m->acknowledged)
		return false;
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		const struct client *c = &m->clients.list[i];

		if (c->fd >= 0 && !c->owner && c->ready && !c->told && !c->deaf &&
		    now < m->leave_usec)
			return false;
	}
	return true;
}

/* For a slot: what to poll. An fd of -1 is skipped by poll(2), which would report its
 * errors otherwise. */
static void want(struct pollfd *slot, int fd, int events)
{
	*slot = (struct pollfd){.fd = fd, .events = (short)events};
}

static void want_client(const struct monitor *m, const struct client *c,
			struct pollfd *slot)
{
	bool output = c->behind || (m->phase == MONITOR_ENDING && c->ready && !c->told);
	int events = (c->held ? 0 : POLLIN) | (output && !c->deaf ? POLLOUT : 0);

	/* a hang-up that cannot be acted on yet */
	want(slot, c->held && c->deaf ? -1 : c->fd, events);
}

/* Return: how many slots there are to poll. */
static nfds_t prepare(struct monitor *m, struct pollfd set[static SLOTS], int64_t now)
{
	bool busy = input_is_busy(&m->input);
	nfds_t n = SLOT_CLIENT;

	want(&set[SLOT_SIGNAL], m->signal_fd, POLLIN);
	want(&set[SLOT_LISTEN], now >= m->listen_usec ? m->listen_fd : -1, POLLIN);
	want(&set[SLOT_INPUT], busy || !m->terminal ? m->input.fd : -1,
	     busy ? POLLOUT : 0);
	want(&set[SLOT_HEALTH], m->health.fd, POLLIN);
	want(&set[SLOT_NOTIFY], m->notify.fd, POLLIN);
	for (size_t i = 0; i < ARRAY_SIZE(m->streams); i++) {
		struct stream *s = &m->streams[i];
		bool wanted = m->clients.packet_len == 0 && now >= s->retry_usec;

		if (now >= s->retry_usec)
			s->retry_usec = 0;
		want(&set[SLOT_STREAM + i], wanted ? s->fd : -1, POLLIN);
	}
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		want_client(m, &m->clients.list[i], &set[SLOT_CLIENT + i]);
		if (m->clients.list[i].fd >= 0)
			n = SLOT_CLIENT + i + 1;
	}
	return n;
}

/* When poll(2) has to return without an event; only what is still to come counts. */
static int64_t next_deadline(struct monitor *m, int64_t now)
{
	int64_t next = clients_settle(&m->clients, now);

	next = earlier(next, m->kill_usec);
	next = earlier(next, health_next(&m->health));
	if (m->phase == MONITOR_DRAINING)
		next = earlier(next, m->record_usec);
	if (m->phase == MONITOR_ENDING && now < m->leave_usec)
		next = earlier(next, m->leave_usec);
	if (now < m->listen_usec)
		next = earlier(next, m->listen_usec);
	for (size_t i = 0; i < ARRAY_SIZE(m->streams); i++)
		if (m->streams[i].fd >= 0 && now < m->streams[i].retry_usec)
			next = earlier(next, m->streams[i].retry_usec);
	return next;
}

/* One poll(2). A failure is a turn without events, after a pause: the loop must neither
 * end nor spin. */
static void wait_for_events(struct monitor *m, struct pollfd set[static SLOTS],
			    int64_t now)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	int64_t deadline = next_deadline(m, now);
	nfds_t n = prepare(m, set, now);

	/* draining needs no event: reading until nothing is left does not block */
	if (m->phase == MONITOR_DRAINING && m->clients.packet_len == 0)
		deadline = now;
	if (poll(set, n, clock_poll_timeout(deadline, now)) >= 0)
		return;
	if (errno != EINTR)
		nanosleep(&pause, NULL);
	memset(set, 0, SLOTS * sizeof(*set));
}

static void turn(struct monitor *m, const struct pollfd set[static SLOTS], int64_t now)
{
	if (set[SLOT_SIGNAL].revents)
		handle_signals(m, now);
	handle_input(m, set[SLOT_INPUT].revents);
	if (set[SLOT_NOTIFY].revents)
		notify_forward(&m->notify);
	/* it may have been stopped above */
	if (set[SLOT_HEALTH].revents && m->health.fd >= 0)
		health_read(&m->health, now);
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		if (set[SLOT_CLIENT + i].revents)
			handle_client(m, &m->clients.list[i],
				      set[SLOT_CLIENT + i].revents);
	clients_settle(&m->clients, now);
	for (size_t i = 0; i < ARRAY_SIZE(m->streams); i++)
		handle_stream(m, &m->streams[i], set[SLOT_STREAM + i].revents);
	log_flush(&m->log);
	/* last: a place freed above must not be mixed up with the events of its former
	 * user */
	if (set[SLOT_LISTEN].revents)
		handle_listen(m, now);
}

void monitor_loop(struct monitor *m)
{
	struct pollfd set[SLOTS];
	int64_t now = clock_monotonic();

	/* it may have ended before SIGCHLD was blocked */
	reap(m, now);
	advance(m, now);
	while (!is_finished(m, now)) {
		wait_for_events(m, set, now);
		now = clock_monotonic();
		turn(m, set, now);
		now = clock_monotonic();
		advance(m, now);
	}
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		client_close(&m->clients.list[i]);
}

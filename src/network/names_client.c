/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_client.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "network/names_pending.h"
#include "util/mem.h"
#include "util/time.h"

#define LENGTH_LEN  2 /* before each message */
#define OUT_MAX     (2 * (DNS_MESSAGE_MAX + LENGTH_LEN))
#define OUT_ALL_MAX (1 << 20) /* of all clients together */

struct client {
	int fd; /* owned; -EBADF: a free place */
	uint32_t serial;
	struct view_network *network;
	struct dns_address source;
	uint8_t in[LENGTH_LEN + DNS_QUESTION_MAX];
	size_t in_len;
	uint8_t *out; /* owned; what the socket does not take yet */
	size_t out_len;
	unsigned int n_waiting; /* answers that it is to get */
	bool is_finished;       /* it asks no more */
	bool is_in_hand;        /* answer_all() is at it, and looks after the rest */
	int64_t deadline_usec;
};

struct names_clients {
	struct client list[NAMES_CLIENTS_MAX];
	size_t n, out_len;
	uint32_t last_serial;
};

struct names_clients *names_clients_new(void)
{
	struct names_clients *c = xcalloc(1, sizeof(*c));

	for (size_t k = 0; k < NAMES_CLIENTS_MAX; k++)
		c->list[k].fd = -EBADF;
	return c;
}

void names_clients_free(struct names_clients *c)
{
	if (!c)
		return;
	for (size_t k = 0; k < NAMES_CLIENTS_MAX; k++) {
		fd_cleanup_(&c->list[k].fd);
		free(c->list[k].out);
	}
	free(c);
}

static void close_client(struct names_server *s, struct client *c)
{
	uint32_t serial = c->serial;

	s->clients->out_len -= c->out_len;
	s->clients->n--;
	free(c->out);
	fd_cleanup_(&c->fd);
	*c = (struct client){.fd = -EBADF};
	names_pending_drop_client(s, serial);
}

static size_t first_length(const struct client *c)
{
	return (size_t)c->in[0] << 8 | c->in[1];
}

static bool has_question(const struct client *c)
{
	return c->in_len >= LENGTH_LEN && c->in_len >= LENGTH_LEN + first_length(c);
}

/* What is to be heard of it now: it is not read from as long as it has enough to wait for. */
static void watch(struct names_server *s, struct client *c)
{
	uint32_t events = c->out_len > 0 ? EPOLLOUT : 0;

	if (c->is_finished && c->n_waiting == 0 && c->out_len == 0 && !has_question(c)) {
		close_client(s, c);
		return;
	}
	if (!c->is_finished && c->n_waiting < NAMES_PIPELINE_MAX && c->out_len == 0)
		events |= EPOLLIN;
	if (names_state_watch(s, EPOLL_CTL_MOD, c->fd, events,
			      NAMES_EVENT(NAMES_OF_CLIENT, c - s->clients->list)) < 0)
		close_client(s, c);
}

static struct client *free_place(struct names_clients *c,
				 const struct dns_address *source)
{
	struct client *place = NULL;
	size_t same = 0;

	for (size_t k = 0; k < NAMES_CLIENTS_MAX; k++) {
		if (c->list[k].fd < 0)
			place = place ? place : &c->list[k];
		else if (dns_address_equal(&c->list[k].source, source))
			same++;
	}
	return same < NAMES_CLIENTS_MEMBER ? place : NULL;
}

static void take(struct names_server *s, const struct names_listener *l, int accepted_fd,
		 const struct dns_address *source)
{
	cleanup_fd int fd = accepted_fd;
	struct client *c;

	/* who is nobody here is not worth a place */
	if (!names_view_asker(&s->view, l->network, source))
		return;
	c = free_place(s->clients, source);
	if (!c)
		return;
	if (names_state_watch(s, EPOLL_CTL_ADD, fd, EPOLLIN,
			      NAMES_EVENT(NAMES_OF_CLIENT, c - s->clients->list)) < 0)
		return;
	*c = (struct client){
		.fd = TAKE_FD(fd),
		.serial = ++s->clients->last_serial,
		.network = l->network,
		.source = *source,
		.deadline_usec = time_monotonic_usec() + NAMES_CLIENT_USEC,
	};
	s->clients->n++;
}

void names_client_accept(struct names_server *s, const struct names_listener *l)
{
	for (int k = 0; k < NAMES_CLIENTS_MAX; k++) {
		union names_sockaddr peer = {0};
		socklen_t len = sizeof(peer);
		struct dns_address source;
		int fd = accept4(l->fd, &peer.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		if (names_address_of(&peer, &source))
			take(s, l, fd, &source);
		else
			close(fd);
	}
}

/* Return: true; false: it has been closed, or is to be. */
static bool answer_first(struct names_server *s, struct client *c)
{
	size_t len = first_length(c), whole = len + LENGTH_LEN;
	uint8_t message[DNS_QUESTION_MAX];
	uint32_t serial = c->serial;
	struct names_way way = {
		.network = c->network,
		.source = c->source,
		.is_tcp = true,
		.client = (uint32_t)(c - s->clients->list),
		.serial = serial,
	};

	memcpy(message, c->in + LENGTH_LEN, len);
	c->in_len -= whole;
	memmove(c->in, c->in + whole, c->in_len);
	c->n_waiting++;
	c->deadline_usec = time_monotonic_usec() + NAMES_CLIENT_USEC;
	if (s->calls->question(s, &way, message, len) < 0)
		close_client(s, c);
	return c->serial == serial;
}

/* All that it has asked so far, unless it has enough to wait for. */
static void answer_all(struct names_server *s, struct client *c)
{
	c->is_in_hand = true;
	while (c->out_len == 0 && c->n_waiting < NAMES_PIPELINE_MAX && has_question(c))
		if (!answer_first(s, c))
			return;
	c->is_in_hand = false;
	/* longer than any question may be */
	if (c->in_len >= LENGTH_LEN && first_length(c) > DNS_QUESTION_MAX)
		close_client(s, c);
	else
		watch(s, c);
}

static void hear(struct names_server *s, struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		close_client(s, c);
		return;
	}
	c->is_finished = n == 0;
	c->in_len += (size_t)n;
	answer_all(s, c);
}

static void set_out_len(struct names_server *s, struct client *c, size_t len)
{
	s->clients->out_len += len - c->out_len;
	c->out_len = len;
	if (len == 0) {
		free(c->out);
		c->out = NULL;
	}
}

static void flush(struct names_server *s, struct client *c)
{
	ssize_t n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		close_client(s, c);
		return;
	}
	if (n > 0) {
		memmove(c->out, c->out + n, c->out_len - (size_t)n);
		set_out_len(s, c, c->out_len - (size_t)n);
		c->deadline_usec = time_monotonic_usec() + NAMES_CLIENT_USEC;
	}
	answer_all(s, c);
}

void names_client_event(struct names_server *s, uint32_t index, uint32_t events)
{
	struct client *c = &s->clients->list[index];

	if (c->fd < 0)
		return;
	if (events & EPOLLERR)
		close_client(s, c);
	else if (events & EPOLLOUT)
		flush(s, c);
	else
		hear(s, c);
}

/* Behind what waits, if there is room. */
static bool keep(struct names_server *s, struct client *c, const uint8_t *data,
		 size_t len)
{
	uint8_t *grown;

	if (len == 0)
		return true;
	if (c->out_len + len > OUT_MAX || s->clients->out_len + len > OUT_ALL_MAX)
		return false;
	grown = realloc(c->out, c->out_len + len);
	if (!grown)
		return false;
	c->out = grown;
	memcpy(c->out + c->out_len, data, len);
	set_out_len(s, c, c->out_len + len);
	return true;
}

/* But for the first `done` bytes. */
static bool keep_rest(struct names_server *s, struct client *c,
		      const struct msghdr *whole, size_t done)
{
	for (size_t k = 0; k < whole->msg_iovlen; k++) {
		const struct iovec *part = &whole->msg_iov[k];
		size_t skip = done < part->iov_len ? done : part->iov_len;

		if (!keep(s, c, (const uint8_t *)part->iov_base + skip,
			  part->iov_len - skip))
			return false;
		done -= skip;
	}
	return true;
}

void names_client_reply(struct names_server *s, const struct names_way *way,
			const uint8_t *message, size_t len)
{
	struct client *c = &s->clients->list[way->client];
	uint8_t length[LENGTH_LEN] = {(uint8_t)(len >> 8), (uint8_t)len};
	struct iovec parts[] = {{length, LENGTH_LEN}, {(void *)(uintptr_t)message, len}};
	struct msghdr whole = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};
	ssize_t n = 0;
	size_t done;

	if (c->fd < 0 || c->serial != way->serial)
		return;
	c->n_waiting--;
	if (c->out_len == 0)
		n = sendmsg(c->fd, &whole, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		close_client(s, c);
		return;
	}
	done = n > 0 ? (size_t)n : 0;
	if (done < LENGTH_LEN + len && !keep_rest(s, c, &whole, done))
		close_client(s, c);
	else if (!c->is_in_hand)
		answer_all(s, c);
}

void names_client_drop(struct names_server *s, const struct view_network *network)
{
	for (size_t k = 0; k < NAMES_CLIENTS_MAX; k++)
		if (s->clients->list[k].fd >= 0 && s->clients->list[k].network == network)
			close_client(s, &s->clients->list[k]);
}

int64_t names_client_expire(struct names_server *s, int64_t now_usec)
{
	int64_t next = INT64_MAX;

	if (s->clients->n == 0)
		return next;
	for (size_t k = 0; k < NAMES_CLIENTS_MAX; k++) {
		struct client *c = &s->clients->list[k];

		if (c->fd < 0)
			continue;
		if (c->deadline_usec <= now_usec)
			close_client(s, c);
		else if (c->deadline_usec < next)
			next = c->deadline_usec;
	}
	return next;
}

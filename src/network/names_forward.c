/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_forward.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "network/allow.h"
#include "network/names_domain.h"
#include "util/time.h"

#define LENGTH_LEN    2    /* before each message by TCP */
#define UDP_REPLY_MAX 4096 /* more than anybody was told that we take */
#define TCP_MAX       16   /* at once: such an answer may have 64 KiB */
#define QUICK_USEC \
	(2 * USEC_PER_SEC) /* until the next server is asked, or the same again */
#define ALL_USEC  (10 * USEC_PER_SEC)
#define MIN_TRIES 2

static socklen_t sockaddr_len(const union names_sockaddr *a)
{
	return a->any.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

static uint32_t index_of(const struct names_server *s, const struct names_pending *p)
{
	return (uint32_t)(p - s->pendings->list);
}

/* -EAGAIN: this server can't be asked. */
static int connect_to(struct names_server *s, struct names_pending *p, int type,
		      uint32_t events)
{
	const union names_sockaddr *a = &p->servers.list[p->server];

	fd_cleanup_(&p->fd);
	p->fd = socket(a->any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return -EAGAIN;
	if (connect(p->fd, &a->any, sockaddr_len(a)) < 0 && errno != EINPROGRESS)
		return -EAGAIN;
	if (names_state_watch(s, EPOLL_CTL_ADD, p->fd, events,
			      NAMES_EVENT(NAMES_OF_PENDING, index_of(s, p))) < 0)
		return -EAGAIN;
	return 0;
}

static int send_udp(struct names_pending *p)
{
	uint8_t message[DNS_QUESTION_MAX];
	size_t len = dns_question_write(&p->question, p->id, message);

	return send(p->fd, message, len, MSG_NOSIGNAL) < 0 ? -EAGAIN : 0;
}

/* The network that the server is in, if the asker is at it too. */
static const struct view_network *inside_of(const struct names_server *s,
					    const struct names_pending *p)
{
	const struct view_member *asker = names_view_serial(&s->view, p->member);
	struct dns_address a;

	if (!names_address_of(&p->servers.list[p->server], &a))
		return NULL;
	for (size_t k = 0; asker && k < asker->n_places; k++)
		if (names_view_in_subnet(asker->places[k].network, &a))
			return asker->places[k].network;
	return NULL;
}

/* -EAGAIN: no socket of that network, or it was not sent. */
static int send_inside(struct names_server *s, struct names_pending *p,
		       const struct view_network *network)
{
	const union names_sockaddr *to = &p->servers.list[p->server];
	uint8_t message[DNS_QUESTION_MAX];
	size_t len = dns_question_write(&p->question, p->id, message);

	fd_cleanup_(&p->fd);
	p->state = NAMES_INSIDE;
	for (size_t k = 0; k < s->n_listeners; k++) {
		const struct names_listener *l = &s->listeners[k];

		if (l->fd < 0 || l->is_tcp || l->network != network)
			continue;
		/* one of the other family says so */
		if (sendto(l->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL, &to->any,
			   sockaddr_len(to)) >= 0)
			return 0;
	}
	return -EAGAIN;
}

static int start_udp(struct names_server *s, struct names_pending *p)
{
	const struct view_network *inside = inside_of(s, p);

	p->state = NAMES_BY_UDP;
	if (getrandom(&p->id, sizeof(p->id), GRND_NONBLOCK) != sizeof(p->id))
		return -EAGAIN;
	if (inside)
		return send_inside(s, p, inside);
	if (connect_to(s, p, SOCK_DGRAM, EPOLLIN) < 0)
		return -EAGAIN;
	return send_udp(p);
}

static size_t count_tcp(const struct names_pendings *all)
{
	size_t n = 0;

	for (size_t k = 0; k < all->end; k++)
		n += all->list[k].state == NAMES_BY_TCP;
	return n;
}

static int start_tcp(struct names_server *s, struct names_pending *p)
{
	if (count_tcp(s->pendings) >= TCP_MAX)
		return -EAGAIN;
	p->state = NAMES_BY_TCP;
	free(p->reply); /* what another server had begun to say */
	p->reply = NULL;
	p->reply_len = p->reply_got = 0;
	return connect_to(s, p, SOCK_STREAM, EPOLLOUT);
}

/* The last try may take as long as resolv.conf says, those before it are shorter: who asks is waiting. */
static void set_deadline(struct names_pending *p)
{
	int64_t now = time_monotonic_usec();

	p->deadline_usec = now + (p->n_tries >= p->max_tries || p->try_usec < QUICK_USEC
					  ? p->try_usec
					  : QUICK_USEC);
	if (p->deadline_usec > p->last_usec)
		p->deadline_usec = p->last_usec;
}

/* The next server, or that which does not answer once more; or it is over. */
static void try_next(struct names_server *s, struct names_pending *p)
{
	while (p->n_tries < p->max_tries && time_monotonic_usec() < p->last_usec) {
		if (p->n_tries++ > 0)
			p->server = (uint8_t)((p->server + 1U) % p->servers.n);
		set_deadline(p);
		if (start_udp(s, p) == 0)
			return;
	}
	names_pending_fail(s, p, p->rcode);
}

static void choose_servers(struct names_server *s, struct names_pending *p)
{
	const struct resolv_conf *conf = resolv_follow_now(&s->resolv);
	const struct view_member *asker = names_view_serial(&s->view, p->member);
	size_t tries;

	p->servers = conf->servers;
	p->try_usec = conf->timeout_sec * USEC_PER_SEC;
	if (p->way.network->servers.n > 0)
		p->servers = p->way.network->servers;
	if (asker && asker->servers.n > 0)
		p->servers = asker->servers;
	tries = (size_t)conf->attempts * p->servers.n;
	p->max_tries = (uint8_t)(tries < MIN_TRIES ? MIN_TRIES : tries);
	p->last_usec = time_monotonic_usec() + ALL_USEC;
	p->server = (uint8_t)(conf->rotate ? p->token % p->servers.n : 0);
	for (size_t k = 0; k < p->servers.n; k++) {
		size_t at = (p->server + k) % p->servers.n;

		if (!names_state_is_bad(s, &p->servers.list[at])) {
			p->server = (uint8_t)at;
			return;
		}
	}
}

void names_forward_ask(struct names_server *s, struct names_pending *p)
{
	choose_servers(s, p);
	try_next(s, p);
}

static void failed(struct names_server *s, struct names_pending *p)
{
	names_state_mark(s, &p->servers.list[p->server], true);
	try_next(s, p);
}

void names_forward_timeout(struct names_server *s, struct names_pending *p)
{
	/* alone, it may only be slow: the same socket hears an answer to either question */
	if (p->state == NAMES_BY_UDP && p->servers.n == 1 && p->n_tries < p->max_tries) {
		p->n_tries++;
		set_deadline(p);
		if (p->deadline_usec > time_monotonic_usec() && send_udp(p) == 0)
			return;
	}
	failed(s, p);
}

/* A limited member's addresses are made known before it hears of them. */
static void pass_back(struct names_server *s, struct names_pending *p, uint8_t *message,
		      size_t len)
{
	const struct view_member *asker = names_view_serial(&s->view, p->member);
	struct dns_address addresses[NAMES_ADDRESSES_MAX];
	char name[DNS_TEXT_MAX];
	uint32_t ttl;
	int n;

	dns_reply_adapt(message, &p->question);
	if (!asker) {
		names_pending_end(s, p);
		return;
	}
	if (!asker->is_limited) {
		names_pending_answer(s, p, message, len);
		return;
	}
	n = dns_reply_addresses(message, len, addresses, NAMES_ADDRESSES_MAX, &ttl);
	dns_name_text(p->question.wire, name);
	/* its list may have changed since it asked */
	if (n < 0 || !allow_has_name(asker->allow, name))
		names_pending_fail(s, p, n < 0 ? DNS_SERVFAIL : DNS_REFUSED);
	else if (n == 0)
		names_pending_answer(s, p, message, len);
	else
		names_pending_hold(
			s, p, &(struct names_learning){name, addresses, (size_t)n, ttl},
			message, len);
}

static void take_reply(struct names_server *s, struct names_pending *p, uint8_t *message,
		       size_t len)
{
	enum dns_rcode rcode = dns_reply_rcode(message);

	if (rcode == DNS_SERVFAIL || rcode == DNS_REFUSED || rcode == DNS_NOTIMP) {
		/* another may know better; who says so is not out of order for all questions */
		p->rcode = rcode;
		try_next(s, p);
		return;
	}
	names_state_mark(s, &p->servers.list[p->server], false);
	if (p->state == NAMES_BY_UDP && p->way.is_tcp &&
	    dns_reply_is_truncated(message)) {
		if (start_tcp(s, p) < 0)
			names_pending_fail(s, p, DNS_SERVFAIL);
		return;
	}
	pass_back(s, p, message, len);
}

static void hear_udp(struct names_server *s, struct names_pending *p)
{
	uint8_t message[UDP_REPLY_MAX];
	ssize_t n = recv(p->fd, message, sizeof(message), 0);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			failed(s, p); /* nobody listens there, or there is no way */
		return;
	}
	/* what is no answer to this may be somebody's guess: go on listening */
	if (dns_reply_check(message, (size_t)n, &p->question, p->id) == 0)
		take_reply(s, p, message, (size_t)n);
}

static void say_tcp(struct names_server *s, struct names_pending *p)
{
	uint8_t message[LENGTH_LEN + DNS_QUESTION_MAX];
	size_t len = dns_question_write(&p->question, p->id, message + LENGTH_LEN);

	message[0] = (uint8_t)(len >> 8);
	message[1] = (uint8_t)len;
	len += LENGTH_LEN;
	/* so few bytes always fit into a fresh connection */
	if (send(p->fd, message, len, MSG_NOSIGNAL) != (ssize_t)len ||
	    names_state_watch(s, EPOLL_CTL_MOD, p->fd, EPOLLIN,
			      NAMES_EVENT(NAMES_OF_PENDING, index_of(s, p))) < 0)
		failed(s, p);
}

/* Return: 1 all `len` bytes are there, 0 not yet, -errno: they will never be. */
static int read_part(const struct names_pending *p, uint8_t *to, size_t len, size_t *got)
{
	ssize_t n = recv(p->fd, to + *got, len - *got, 0);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EBADMSG;
	*got += (size_t)n;
	return *got == len;
}

/* Return: as read_part(), of the answer. */
static int read_tcp(struct names_pending *p)
{
	if (!p->reply) {
		int r = read_part(p, p->length, LENGTH_LEN, &p->reply_got);

		if (r <= 0)
			return r;
		p->reply_len = (size_t)p->length[0] << 8 | p->length[1];
		if (p->reply_len < DNS_HEADER_LEN)
			return -EBADMSG;
		p->reply = malloc(p->reply_len);
		if (!p->reply)
			return -ENOMEM;
		p->reply_got = 0;
	}
	return read_part(p, p->reply, p->reply_len, &p->reply_got);
}

static void hear_tcp(struct names_server *s, struct names_pending *p)
{
	int r = read_tcp(p);

	if (r > 0)
		r = dns_reply_check(p->reply, p->reply_len, &p->question, p->id) < 0
			    ? -EBADMSG
			    : 1;
	if (r < 0) {
		free(p->reply);
		p->reply = NULL;
		failed(s, p);
	} else if (r > 0) {
		cleanup_free uint8_t *reply = TAKE_PTR(p->reply);

		take_reply(s, p, reply, p->reply_len);
	}
}

void names_forward_inside(struct names_server *s, const struct names_way *way,
			  uint8_t *message, size_t len)
{
	for (size_t k = 0; k < s->pendings->end; k++) {
		struct names_pending *p = &s->pendings->list[k];
		struct dns_address server;

		if (p->state != NAMES_INSIDE ||
		    !names_address_of(&p->servers.list[p->server], &server) ||
		    !dns_address_equal(&server, &way->source) ||
		    way->peer.in.sin_port != htons(NAMES_PORT) || /* where in6 has it */
		    dns_reply_check(message, len, &p->question, p->id) < 0)
			continue;
		take_reply(s, p, message, len);
		return;
	}
}

void names_forward_event(struct names_server *s, uint32_t index, uint32_t events)
{
	struct names_pending *p = &s->pendings->list[index];

	if (p->state == NAMES_BY_UDP)
		hear_udp(s, p);
	else if (p->state == NAMES_BY_TCP && (events & EPOLLOUT))
		say_tcp(s, p);
	else if (p->state == NAMES_BY_TCP)
		hear_tcp(s, p);
}

/* A route is looked for, nothing is sent: addresses for documentation (RFC 5737, 3849) are nobody's. */
bool names_forward_host_address(void *data, uint8_t len, struct dns_address *ret)
{
	union names_sockaddr there = {0}, here = {0};
	socklen_t size = sizeof(here);

	if (len == 4) {
		there.in = (struct sockaddr_in){.sin_family = AF_INET,
						.sin_port = htons(NAMES_PORT)};
		there.in.sin_addr.s_addr = htonl(0xcb007101); /* 203.0.113.1 */
	} else {
		there.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
						  .sin6_port = htons(NAMES_PORT)};
		memcpy(&there.in6.sin6_addr, "\x20\x01\x0d\xb8", 4);
		there.in6.sin6_addr.s6_addr[15] = 1;
	}
	cleanup_fd int fd = socket(there.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, &there.any, sockaddr_len(&there)) < 0 ||
	    getsockname(fd, &here.any, &size) < 0)
		return false;
	return names_address_of(&here, ret) && ret->len == len;
}

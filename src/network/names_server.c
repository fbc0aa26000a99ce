/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_server.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "network/names_client.h"
#include "network/names_control.h"
#include "network/names_forward.h"
#include "network/names_listen.h"
#include "network/names_pending.h"
#include "util/time.h"

#define EVENTS_MAX 32

static void reply_to(struct names_server *s, const struct names_way *way,
		     const uint8_t *message, size_t len)
{
	if (way->is_tcp)
		names_client_reply(s, way, message, len);
	else
		(void)!sendto(way->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			      &way->peer.any,
			      way->peer.any.sa_family == AF_INET ? sizeof(way->peer.in)
								 : sizeof(way->peer.in6));
}

static void reply_rcode(struct names_server *s, const struct names_way *way,
			const struct dns_question *q, enum dns_rcode rcode)
{
	uint8_t message[DNS_UDP_PLAIN];

	reply_to(s, way, message, names_answer_rcode(q, rcode, message));
}

/* Waits for another server, or for the gateway process. */
static void wait_for(struct names_server *s, const struct names_way *way,
		     const struct names_inquiry *inquiry, const uint8_t *reply)
{
	struct names_outcome *o = &s->outcome;
	struct names_pending *p =
		names_pending_add(s, way, inquiry->question, inquiry->asker);

	if (!p)
		reply_rcode(s, way, inquiry->question, DNS_SERVFAIL);
	else if (o->verdict == NAMES_FORWARD)
		names_forward_ask(s, p);
	else
		names_pending_hold(s, p,
				   &(struct names_learning){o->name, o->addresses,
							    o->n_addresses,
							    NAMES_TTL_SEC},
				   reply, o->len);
}

/* Who is no member is answered only if he lies in the subnet: nothing is sent to addresses that somebody made up, nor
 * may a neighbour of root's host use the host's servers by us. */
static int refuse_stranger(struct names_server *s, const struct names_way *way,
			   const struct dns_question *q)
{
	if (!names_view_in_subnet(way->network, &way->source))
		return -EBADMSG;
	reply_rcode(s, way, q, DNS_REFUSED);
	return 0;
}

static int handle_question(struct names_server *s, const struct names_way *way,
			   const uint8_t *message, size_t len)
{
	struct dns_question q;
	uint8_t reply[DNS_UDP_MAX];
	struct names_inquiry inquiry = {
		.view = &s->view,
		.question = &q,
		.host_address = names_forward_host_address,
	};
	int rcode = dns_question_read(message, len, &q);

	if (rcode < 0)
		return rcode;
	inquiry.asker = names_view_asker(&s->view, way->network, &way->source);
	if (!inquiry.asker)
		return refuse_stranger(s, way, &q);
	if (rcode != DNS_OK) {
		reply_rcode(s, way, &q, (enum dns_rcode)rcode);
		return 0;
	}
	names_answer(&inquiry, reply, way->is_tcp ? sizeof(reply) : q.udp_size,
		     &s->outcome);
	if (s->outcome.is_refused)
		names_control_refused(s, &(struct names_report){inquiry.asker->id,
								way->network->id,
								s->outcome.name});
	if (s->outcome.verdict == NAMES_ANSWERED)
		reply_to(s, way, reply, s->outcome.len);
	else
		wait_for(s, way, &inquiry, reply);
	return 0;
}

static void dispatch(struct names_server *s, const struct epoll_event *e)
{
	uint32_t index = (uint32_t)e->data.u64;

	switch ((enum names_event_of)(e->data.u64 >> 32)) {
	case NAMES_OF_CONTROL:
		break;
	case NAMES_OF_LISTENER:
		names_listen_event(s, index);
		break;
	case NAMES_OF_CLIENT:
		names_client_event(s, index, e->events);
		break;
	case NAMES_OF_PENDING:
		names_forward_event(s, index, e->events);
		break;
	}
}

static int expire(struct names_server *s)
{
	int64_t now = time_monotonic_usec();
	int64_t next = names_pending_expire(s, now), other = names_client_expire(s, now);

	next = other < next ? other : next;
	if (next == INT64_MAX)
		return -1;
	return next <= now ? 0 : (int)((next - now) / 1000 + 1);
}

/* What the gateway process said before a question was asked counts for it: it is heard first, each time. */
static int loop(struct names_server *s, struct error *err)
{
	for (;;) {
		struct epoll_event events[EVENTS_MAX];
		int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, expire(s));

		if (n < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "wait for questions");
		if (names_control_hear(s) < 0)
			return 0;
		for (int k = 0; k < n; k++)
			dispatch(s, &events[k]);
	}
}

static const struct names_calls calls = {
	.question = handle_question,
	.reply = reply_to,
	.answer = names_forward_inside,
	.timeout = names_forward_timeout,
	.learned = names_control_learned,
};

static void server_release(struct names_server *s)
{
	for (size_t k = 0; k < s->n_listeners; k++)
		fd_cleanup_(&s->listeners[k].fd);
	free(s->listeners);
	names_pendings_free(s->pendings);
	names_clients_free(s->clients);
	names_view_release(&s->view);
	fd_cleanup_(&s->epoll_fd);
}

int names_server_run(int control_fd, const char *resolv_conf, struct error *err)
{
	cleanup(server_release) struct names_server s = {
		.calls = &calls,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.control_fd = control_fd,
		.resolv = {.path = resolv_conf},
	};
	int r;

	if (s.epoll_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make the name server's loop");
	s.pendings = names_pendings_new();
	s.clients = names_clients_new();
	r = names_state_watch(&s, EPOLL_CTL_ADD, control_fd, EPOLLIN,
			      NAMES_EVENT(NAMES_OF_CONTROL, 0));
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the name server's loop");
	r = names_control_ready(&s, err);
	return r < 0 ? r : loop(&s, err);
}

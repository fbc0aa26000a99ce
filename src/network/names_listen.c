/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_listen.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "network/names_client.h"
#include "network/names_pending.h"
#include "util/fd.h"
#include "util/mem.h"

#define BATCH_MAX 32 /* questions of one socket, before the others have their turn */

void names_listen_add(struct names_server *s, struct view_network *network, int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);
	size_t k = 0;

	while (k < s->n_listeners && s->listeners[k].fd >= 0)
		k++;
	if (k == s->n_listeners) {
		s->listeners = xreallocarray(s->listeners, ++s->n_listeners,
					     sizeof(*s->listeners));
	}
	s->listeners[k] = (struct names_listener){.fd = fd, .network = network};
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
		s->listeners[k].is_tcp = type == SOCK_STREAM;
	/* a blocking one would stop us when somebody takes back what he sent */
	if (fd_set_nonblock(fd, true) < 0 ||
	    names_state_watch(s, EPOLL_CTL_ADD, fd, EPOLLIN,
			      NAMES_EVENT(NAMES_OF_LISTENER, k)) < 0)
		fd_cleanup_(&s->listeners[k].fd);
}

void names_listen_close(struct names_server *s, const struct view_network *network)
{
	for (size_t k = 0; k < s->n_listeners; k++)
		if (s->listeners[k].network == network)
			fd_cleanup_(&s->listeners[k].fd);
	names_pending_drop_network(s, network);
	names_client_drop(s, network);
}

static void hear_udp(struct names_server *s, const struct names_listener *l)
{
	for (int k = 0; k < BATCH_MAX; k++) {
		uint8_t message[DNS_UDP_MAX]; /* what is cut is too long anyway */
		struct names_way way = {.network = l->network, .fd = l->fd};
		socklen_t len = sizeof(way.peer);
		ssize_t n = recvfrom(l->fd, message, sizeof(message), MSG_DONTWAIT,
				     &way.peer.any, &len);

		if (n < 0)
			return;
		if (!names_address_of(&way.peer, &way.source))
			continue;
		if (dns_is_reply(message, (size_t)n))
			s->calls->answer(s, &way, message, (size_t)n);
		else
			/* what deserves no answer gets none */
			(void)!s->calls->question(s, &way, message, (size_t)n);
	}
}

void names_listen_event(struct names_server *s, uint32_t index)
{
	const struct names_listener *l = &s->listeners[index];

	if (l->fd < 0)
		return;
	if (l->is_tcp)
		names_client_accept(s, l);
	else
		hear_udp(s, l);
}

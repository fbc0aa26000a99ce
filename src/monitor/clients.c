/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/clients.h"

#include <string.h>
#include <sys/socket.h>

#include "monitor/clock.h"

void clients_init(struct clients *cs)
{
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		cs->list[i].fd = -EBADF;
}

struct client *clients_owner(struct clients *cs)
{
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		if (cs->list[i].fd >= 0 && cs->list[i].owner)
			return &cs->list[i];
	return NULL;
}

/* Return: true if the packet was taken, or never will be. */
static bool client_send(struct client *c, const void *packet, size_t len)
{
	ssize_t n;

	do
		n = send(c->fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return true;
	if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
		return false;
	c->deaf = true;
	return true;
}

static void send_hello(struct client *c, bool terminal)
{
	struct {
		unsigned char type;
		struct monitor_hello hello;
	} __attribute__((packed)) m = {
		.type = MONITOR_HELLO,
		.hello = {.protocol = MONITOR_PROTOCOL, .terminal = terminal},
	};

	/* the first packet on an empty socket: there is room */
	(void)client_send(c, &m, sizeof(m));
}

void clients_add(struct clients *cs, int fd, bool owner, bool terminal)
{
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		struct client *c = &cs->list[i];

		if (c->fd >= 0)
			continue;
		*c = (struct client){
			.fd = fd, .owner = owner, .ready = owner, .writer = owner};
		if (owner)
			send_hello(c, terminal);
		return;
	}
	close(fd);
}

int clients_accept(struct clients *cs, int listen_fd, bool terminal)
{
	/* accept(2): the peer's address need not be asked for */
	// cppcheck-suppress nullPointer
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* the caller polls again after the first of these */
	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
	clients_add(cs, fd, false, terminal);
	return 0;
}

void client_welcome(struct client *c, const struct monitor_hello *hello, bool terminal)
{
	bool known = hello->protocol == MONITOR_PROTOCOL;

	if (!c->ready)
		send_hello(c, terminal);
	c->ready = known;
	if (!known)
		client_close(c);
}

void clients_send(struct clients *cs, size_t len, int64_t now)
{
	cs->packet_len = len;
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		struct client *c = &cs->list[i];

		if (c->fd < 0 || !c->ready || c->deaf)
			continue;
		c->behind = !client_send(c, cs->packet, len);
		c->behind_usec = now;
	}
}

void client_resume(struct clients *cs, struct client *c)
{
	if (c->behind && client_send(c, cs->packet, cs->packet_len))
		c->behind = false;
}

int64_t clients_settle(struct clients *cs, int64_t now)
{
	int64_t next = CLOCK_NEVER;
	bool behind = false;

	if (cs->packet_len == 0)
		return CLOCK_NEVER;
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		struct client *c = &cs->list[i];

		if (c->fd < 0 || !c->behind)
			continue;
		if (!c->owner && now >= c->behind_usec + CLIENT_STALL_USEC) {
			/* its end comes to the loop as a hang-up, as if it had closed by
			 * itself */
			(void)!shutdown(c->fd, SHUT_RDWR);
			c->behind = false;
			c->deaf = true;
			continue;
		}
		behind = true;
		if (!c->owner && c->behind_usec + CLIENT_STALL_USEC < next)
			next = c->behind_usec + CLIENT_STALL_USEC;
	}
	if (!behind)
		cs->packet_len = 0;
	return next;
}

void client_tell_exit(struct client *c, const struct monitor_exit *status)
{
	struct {
		unsigned char type;
		struct monitor_exit status;
	} __attribute__((packed)) m = {.type = MONITOR_EXIT};

	memcpy(&m.status, status, sizeof(m.status));
	c->told = client_send(c, &m, sizeof(m));
}

void client_close(struct client *c)
{
	char byte;

	if (c->fd < 0)
		return;
	/* after the shutdown the peer can add nothing, so this ends */
	(void)!shutdown(c->fd, SHUT_RDWR);
	while (recv(c->fd, &byte, 1, MSG_DONTWAIT) > 0)
		;
	close(c->fd);
	*c = (struct client){.fd = -EBADF};
}

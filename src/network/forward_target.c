/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "network/forward.h"

int forward_target_set(struct forward *f, const char *text, bool is_ipv6,
		       struct error *err)
{
	struct address *t = &f->target[is_ipv6];
	int r = address_parse(text, t, err);

	if (r >= 0 && t->family != (is_ipv6 ? AF_INET6 : AF_INET))
		r = error_set(err, ERR_INVALID, 0, "%s: of the other IP version", text);
	return r < 0 ? error_wrap(err, "forward") : 0;
}

static bool same_subnet(const union forward_address *a, const struct address *t)
{
	struct address client = {.family = a->any.sa_family};

	if (client.family == AF_INET6)
		memcpy(client.bytes, &a->in6.sin6_addr, sizeof(a->in6.sin6_addr));
	else
		memcpy(client.bytes, &a->in.sin_addr, sizeof(a->in.sin_addr));
	return address_contains(t, &client);
}

/* Nobody answers to these from a container, or it would ask its own link for them. */
static bool is_local(const union forward_address *a, const struct address *t)
{
	const struct in6_addr *in6 = &a->in6.sin6_addr;

	if (same_subnet(a, t))
		return true;
	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(in6) || IN6_IS_ADDR_LINKLOCAL(in6) ||
		       IN6_IS_ADDR_V4MAPPED(in6) || IN6_IS_ADDR_UNSPECIFIED(in6);
	return (ntohl(a->in.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET ||
	       (ntohl(a->in.sin_addr.s_addr) >> 16) == 0xa9fe; /* 169.254/16, RFC 3927 */
}

static socklen_t length_of(const union forward_address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

/* 0, or -errno: then the gateway's address has to do. */
static int borrow_address(int fd, const union forward_address *client)
{
	static const int one = 1;
	union forward_address from = *client;
	bool is_ipv6 = client->any.sa_family == AF_INET6;
	int r;

	if (is_ipv6) {
		from.in6.sin6_scope_id = 0;
		from.in6.sin6_flowinfo = 0;
		r = setsockopt(fd, SOL_IPV6, IPV6_TRANSPARENT, &one, sizeof(one));
	} else {
		r = setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof(one));
	}
	/* one client port may have several connections, to different ports here */
	if (r < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, &from.any, length_of(&from)) < 0)
		return -errno;
	return 0;
}

static int connect_from(const struct address *t, int type,
			const union forward_address *client, uint16_t port)
{
	static const int one = 1;
	cleanup_fd int fd = -EBADF;
	union forward_address to;
	socklen_t len = address_socket(t, port, &to.storage);
	int r;

	fd = socket(t->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	r = client ? borrow_address(fd, client) : 0;
	if (r < 0)
		return r;
	if (connect(fd, &to.any, len) < 0 && errno != EINPROGRESS)
		return -errno;
	return TAKE_FD(fd);
}

int forward_connect(const struct forward *f, int type,
		    const union forward_address *client, uint16_t port, bool plain)
{
	bool is_ipv6 = client->any.sa_family == AF_INET6;
	const struct address *t = &f->target[is_ipv6];
	int fd;

	if (t->family == AF_UNSPEC) {
		t = &f->target[!is_ipv6];
		plain = true;
	}
	if (t->family == AF_UNSPEC)
		return -EADDRNOTAVAIL;
	if (f->is_transparent && !plain && !is_local(client, t)) {
		fd = connect_from(t, type, client, port);
		if (fd >= 0 || (fd != -EADDRNOTAVAIL && fd != -EADDRINUSE &&
				fd != -EPERM && fd != -EACCES))
			return fd;
	}
	return connect_from(t, type, NULL, port);
}

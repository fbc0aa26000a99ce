/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "network/forward.h"
#include "util/mem.h"
#include "util/str.h"

int forward_target_set(struct forward_target *t, const char *text, bool is_ipv6,
		       struct error *err)
{
	cleanup_free char *address = xstrndup(text, strcspn(text, "/"));
	const char *prefix = strchr(text, '/');
	unsigned int length = is_ipv6 ? 128 : 32;
	void *to = is_ipv6 ? (void *)&t->address.in6.sin6_addr
			   : (void *)&t->address.in.sin_addr;

	*t = (struct forward_target){0};
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, to) != 1 ||
	    (prefix && str_to_u32(prefix + 1, &t->prefix) < 0) || t->prefix > length)
		return error_set(err, ERR_INVALID, 0, "forward: \"%s\" is no address",
				 text);
	if (!prefix)
		t->prefix = length;
	t->address.any.sa_family = is_ipv6 ? AF_INET6 : AF_INET;
	return 0;
}

/* The bytes of an address, and how many. */
static const uint8_t *bytes_of(const union forward_address *a, size_t *ret_len)
{
	if (a->any.sa_family == AF_INET6) {
		*ret_len = sizeof(a->in6.sin6_addr);
		return a->in6.sin6_addr.s6_addr;
	}
	*ret_len = sizeof(a->in.sin_addr);
	return (const uint8_t *)&a->in.sin_addr;
}

static bool same_subnet(const union forward_address *a, const struct forward_target *t)
{
	size_t len;
	const uint8_t *left = bytes_of(a, &len);
	const uint8_t *right = bytes_of(&t->address, &len);
	unsigned int whole = t->prefix / 8, rest = t->prefix % 8;

	if (memcmp(left, right, whole) != 0)
		return false;
	return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

/* Nobody answers to these from a container, or it would ask its own link for them. */
static bool is_local(const union forward_address *a, const struct forward_target *t)
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

static int connect_from(const struct forward_target *t, int type,
			const union forward_address *client, uint16_t port)
{
	static const int one = 1;
	cleanup_fd int fd = -EBADF;
	union forward_address to = t->address;
	int r;

	fd = socket(to.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	r = client ? borrow_address(fd, client) : 0;
	if (r < 0)
		return r;
	if (to.any.sa_family == AF_INET6)
		to.in6.sin6_port = htons(port);
	else
		to.in.sin_port = htons(port);
	if (connect(fd, &to.any, length_of(&to)) < 0 && errno != EINPROGRESS)
		return -errno;
	return TAKE_FD(fd);
}

int forward_connect(const struct forward *f, int type,
		    const union forward_address *client, uint16_t port, bool plain)
{
	bool is_ipv6 = client->any.sa_family == AF_INET6;
	const struct forward_target *t = &f->target[is_ipv6];
	int fd;

	if (t->address.any.sa_family == AF_UNSPEC) {
		t = &f->target[!is_ipv6];
		plain = true;
	}
	if (t->address.any.sa_family == AF_UNSPEC)
		return -EADDRNOTAVAIL;
	if (f->is_transparent && !plain && !is_local(client, t)) {
		fd = connect_from(t, type, client, port);
		if (fd >= 0 || (fd != -EADDRNOTAVAIL && fd != -EADDRINUSE &&
				fd != -EPERM && fd != -EACCES))
			return fd;
	}
	return connect_from(t, type, NULL, port);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A flow is a remote client at a published port: a connected socket towards the container, bound to the
 * client's address. What the port's socket receives goes out of the flow's, and back the other way, from the address
 * that the client had sent to. Flows lie in a hash table by the client's address, and in a list by when they were last
 * used: the last one goes after some time, or when there are too many.
 *
 * Datagrams are moved in batches (recvmmsg(2)); the buffers are as long as the longest, but only what was ever written to
 * costs memory, and after a quiet time it is given back. What can't be sent is dropped, as the network would. That the
 * container has nobody at the port comes as an error of the flow's socket; the client can't be told.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "network/forward.h"
#include "util/fnv.h"
#include "util/mem.h"

#define BATCH         16
#define DATAGRAM_MAX  65536
#define BATCHES_MAX   8 /* of one socket in one turn */
#define FLOWS_MAX     4096
#define BUCKETS       1024
#define IDLE_MSEC     90000
#define SWEEP_MSEC    10000
#define SOCKET_BUFFER (1 << 20)

/* The address that the client sent to, as ancillary data of an answer: as long as one cmsghdr and its data, as that struct
 * can't be in the middle of another. */
union control {
	size_t alignment;
	char in[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char in6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct port {
	struct forward_watch watch;
	uint16_t port;
};

struct flow {
	struct forward_watch watch;
	struct flow *in_bucket;
	struct flow *newer, *older;
	struct port *port;
	union forward_address client;
	union control local;
	size_t local_len; /* 0: unknown */
	int64_t used_msec;
};

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	union forward_address from[BATCH];
	union control control[BATCH];
	char *bytes; /* BATCH times DATAGRAM_MAX */
	bool used;   /* since they were given back */
};

struct forward_udp {
	struct flow *buckets[BUCKETS];
	struct flow *newest, *oldest;
	struct flow *dead; /* by in_bucket */
	unsigned int n;
	int64_t sweep_msec;
	struct batch batch;
};

static unsigned int bucket_of(const union forward_address *a)
{
	/* at the same place in both */
	uint32_t hash = fnv_add(FNV_INIT, &a->in.sin_port, sizeof(a->in.sin_port));

	hash = a->any.sa_family == AF_INET
		       ? fnv_add(hash, &a->in.sin_addr, sizeof(a->in.sin_addr))
		       : fnv_add(hash, &a->in6.sin6_addr, sizeof(a->in6.sin6_addr));
	return (hash ^ hash >> 16) % BUCKETS;
}

static bool same_address(const union forward_address *a, const union forward_address *b)
{
	if (a->any.sa_family != b->any.sa_family || a->in.sin_port != b->in.sin_port)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) ==
		       0 &&
	       a->in6.sin6_scope_id == b->in6.sin6_scope_id;
}

static void unlink_used(struct forward_udp *u, struct flow *w)
{
	*(w->newer ? &w->newer->older : &u->newest) = w->older;
	*(w->older ? &w->older->newer : &u->oldest) = w->newer;
}

static void link_newest(struct forward *f, struct flow *w)
{
	struct forward_udp *u = f->udp;

	w->used_msec = f->now_msec;
	w->newer = NULL;
	w->older = u->newest;
	*(u->newest ? &u->newest->newer : &u->oldest) = w;
	u->newest = w;
}

static void touch(struct forward *f, struct flow *w)
{
	w->used_msec = f->now_msec;
	if (f->udp->newest == w)
		return;
	unlink_used(f->udp, w);
	link_newest(f, w);
}

/* Later events of this turn may still mean it: it is freed after that. */
static void end_flow(struct forward_udp *u, struct flow *w)
{
	struct flow **p = &u->buckets[bucket_of(&w->client)];

	while (*p != w)
		p = &(*p)->in_bucket;
	*p = w->in_bucket;
	unlink_used(u, w);
	u->n--;
	fd_cleanup_(&w->watch.fd);
	w->in_bucket = u->dead;
	u->dead = w;
}

static void prepare_batch(struct batch *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->vectors[i] = (struct iovec){b->bytes + i * DATAGRAM_MAX, DATAGRAM_MAX};
		b->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i],
			.msg_namelen = sizeof(b->from[i]),
			.msg_iov = &b->vectors[i],
			.msg_iovlen = 1,
			.msg_control = &b->control[i],
			.msg_controllen = sizeof(b->control[i]),
		};
		b->from[i] = (union forward_address){0};
	}
	b->used = true;
}

/* Return: how many came, 0: none now. */
static int receive(struct batch *b, int fd)
{
	int n;

	prepare_batch(b);
	n = recvmmsg(fd, b->messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		b->vectors[i].iov_len = b->messages[i].msg_len;
	return n;
}

/* What does not go is dropped, but one that is refused must not keep back the others. */
static void send_all(struct mmsghdr *messages, int n, int fd)
{
	int failures = 0;

	while (n > 0 && failures < 2) {
		int sent = sendmmsg(fd, messages, (unsigned int)n, MSG_DONTWAIT);

		if (sent < 0) {
			/* ECONNREFUSED is told once, of an earlier one */
			if (errno == ECONNREFUSED || errno == EINTR) {
				failures++;
				continue;
			}
			if (errno == EAGAIN)
				return;
			sent = 1;
		}
		messages += sent;
		n -= sent;
	}
}

/* What the client had sent to, so that it knows the answer. */
static void keep_local(struct flow *w, struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	w->local_len = 0;
	if (!c)
		return;
	if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		info.ipi_spec_dst = info.ipi_addr;
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else if (c->cmsg_level != SOL_IPV6 || c->cmsg_type != IPV6_PKTINFO) {
		return;
	} else {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
	if (c->cmsg_len > sizeof(w->local))
		return;
	w->local_len = CMSG_ALIGN(c->cmsg_len);
	memcpy(&w->local, c, c->cmsg_len);
}

static void answer_event(struct forward *f, struct forward_watch *watch,
			 _unused_ uint32_t events)
{
	struct flow *w = (struct flow *)watch; /* its first member */
	struct batch *b = &f->udp->batch;

	for (int k = 0; k < BATCHES_MAX && watch->fd >= 0; k++) {
		int n = receive(b, watch->fd);

		if (n <= 0)
			return;
		for (int i = 0; i < n; i++) {
			struct msghdr *h = &b->messages[i].msg_hdr;

			h->msg_name = &w->client;
			h->msg_namelen = w->client.any.sa_family == AF_INET6
						 ? sizeof(w->client.in6)
						 : sizeof(w->client.in);
			h->msg_control = w->local_len ? &w->local : NULL;
			h->msg_controllen = w->local_len;
			h->msg_flags = 0;
		}
		touch(f, w);
		send_all(b->messages, n, w->port->watch.fd);
		if (n < BATCH)
			return;
	}
}

/* Whether two flows of one client would be the same to the container. */
static bool is_taken(const struct forward_udp *u, const struct port *p,
		     const union forward_address *client)
{
	for (const struct flow *w = u->buckets[bucket_of(client)]; w; w = w->in_bucket)
		if (w->port->port == p->port && same_address(&w->client, client))
			return true;
	return false;
}

static struct flow *new_flow(struct forward *f, struct port *p,
			     const union forward_address *client)
{
	static const int size = SOCKET_BUFFER;
	struct forward_udp *u = f->udp;
	struct flow *w, **bucket = &u->buckets[bucket_of(client)];
	int fd;

	if (u->n >= FLOWS_MAX)
		end_flow(u, u->oldest);
	fd = forward_connect(f, SOCK_DGRAM, client, p->port, is_taken(u, p, client));
	if ((fd == -EMFILE || fd == -ENFILE) && u->oldest) {
		end_flow(u, u->oldest);
		fd = forward_connect(f, SOCK_DGRAM, client, p->port, false);
	}
	w = fd < 0 ? NULL : calloc(1, sizeof(*w));
	if (!w) {
		fd_cleanup_(&fd);
		return NULL;
	}
	(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	*w = (struct flow){
		.watch = {answer_event, fd},
		.in_bucket = *bucket,
		.port = p,
		.client = *client,
	};
	*bucket = w;
	u->n++;
	link_newest(f, w);
	if (forward_watch_add(f, &w->watch, EPOLLIN) == 0)
		return w;
	end_flow(u, w);
	return NULL;
}

static struct flow *find_flow(struct forward *f, struct port *p,
			      const union forward_address *client)
{
	for (struct flow *w = f->udp->buckets[bucket_of(client)]; w; w = w->in_bucket)
		if (w->port == p && same_address(&w->client, client))
			return w;
	return new_flow(f, p, client);
}

/* The datagrams of one client from i on. Return: how many. */
static int send_run(struct forward *f, struct port *p, int i, int n)
{
	struct batch *b = &f->udp->batch;
	struct flow *w = find_flow(f, p, &b->from[i]);
	int k = i;

	if (!w)
		return 1;
	touch(f, w);
	keep_local(w, &b->messages[i].msg_hdr);
	for (; k < n && same_address(&b->from[k], &b->from[i]); k++) {
		struct msghdr *h = &b->messages[k].msg_hdr;

		h->msg_name = NULL;
		h->msg_namelen = 0;
		h->msg_control = NULL;
		h->msg_controllen = 0;
		h->msg_flags = 0;
	}
	send_all(b->messages + i, k - i, w->watch.fd);
	return k - i;
}

static void port_event(struct forward *f, struct forward_watch *watch,
		       _unused_ uint32_t events)
{
	struct port *p = (struct port *)watch; /* its first member */

	for (int k = 0; k < BATCHES_MAX; k++) {
		int n = receive(&f->udp->batch, watch->fd);

		for (int i = 0; i < n;)
			i += send_run(f, p, i, n);
		if (n < BATCH)
			return;
	}
}

static struct forward_udp *new_udp(void)
{
	struct forward_udp *u = xcalloc(1, sizeof(*u));
	void *bytes = mmap(NULL, (size_t)BATCH * DATAGRAM_MAX, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED) {
		free(u);
		return NULL;
	}
	u->batch.bytes = bytes;
	return u;
}

int forward_udp_add(struct forward *f, const struct forward_socket *s, struct error *err)
{
	static const int one = 1, size = SOCKET_BUFFER;
	struct port *p = xcalloc(1, sizeof(*p));
	int r;

	*p = (struct port){.watch = {port_event, s->fd}, .port = s->port};
	if (!f->udp)
		f->udp = new_udp();
	if (!f->udp)
		return error_set(err, ERR_SYSTEM, errno, "forward: memory");
	(void)!setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	r = s->is_ipv6 ? setsockopt(s->fd, SOL_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one))
		       : setsockopt(s->fd, SOL_IP, IP_PKTINFO, &one, sizeof(one));
	if (r < 0 || fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
		return error_set(err, ERR_SYSTEM, errno, "forward: receive");
	r = forward_watch_add(f, &p->watch, EPOLLIN);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "forward: receive") : 0;
}

static void sweep(struct forward *f)
{
	struct forward_udp *u = f->udp;

	while (u->oldest && f->now_msec - u->oldest->used_msec >= IDLE_MSEC)
		end_flow(u, u->oldest);
	if (!u->newest || f->now_msec - u->newest->used_msec >= SWEEP_MSEC) {
		(void)!madvise(u->batch.bytes, (size_t)BATCH * DATAGRAM_MAX,
			       MADV_DONTNEED);
		u->batch.used = false;
	}
	u->sweep_msec = f->now_msec + SWEEP_MSEC;
}

int forward_udp_settle(struct forward *f)
{
	struct forward_udp *u = f->udp;

	if (!u)
		return -1;
	if (f->now_msec >= u->sweep_msec)
		sweep(f);
	while (u->dead) {
		struct flow *w = u->dead;

		u->dead = w->in_bucket;
		free(w);
	}
	if (!u->oldest && !u->batch.used)
		return -1;
	return (int)(u->sweep_msec - f->now_msec);
}

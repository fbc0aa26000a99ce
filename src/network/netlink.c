/* SPDX-License-Identifier: Apache-2.0 */
#include "network/netlink.h"
#include "network/netlink_walk.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/str.h"

#define ANSWER_MAX 32768 /* what the kernel fills at most in a dump */
#define ALIGNED(n) (((n) + 3U) & ~(size_t)3U)

void netlink_init(struct netlink_batch *b)
{
	b->len = b->current = b->n = 0;
	b->overflow = false;
}

static void *take(struct netlink_batch *b, size_t len)
{
	void *p = b->data + b->len;

	if (b->overflow || ALIGNED(len) > sizeof(b->data) - b->len) {
		b->overflow = true;
		return NULL;
	}
	memset(p, 0, ALIGNED(len));
	b->len += ALIGNED(len);
	return p;
}

/* Whatever has been added since belongs to the last request. */
static void set_length(struct netlink_batch *b)
{
	struct nlmsghdr *header = (void *)(b->data + b->current);

	if (!b->overflow)
		header->nlmsg_len = (uint32_t)(b->len - b->current);
}

void netlink_add(struct netlink_batch *b, uint16_t type, uint16_t flags,
		 const struct netlink_request *request)
{
	struct nlmsghdr *header = take(b, sizeof(*header));

	if (!header || b->n == NETLINK_BATCH_MOST) {
		b->overflow = true;
		return;
	}
	b->current = (size_t)((char *)header - b->data);
	header->nlmsg_type = type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	header->nlmsg_seq = (uint32_t)b->n + 1;
	b->requests[b->n++] = *request;
	set_length(b);
}

void netlink_body(struct netlink_batch *b, const void *body, size_t len)
{
	void *p = take(b, len);

	if (p)
		memcpy(p, body, len);
	set_length(b);
}

void netlink_attr(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	struct rtattr *a = take(b, RTA_LENGTH(len));

	if (!a)
		return;
	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	set_length(b);
}

void netlink_attr_str(struct netlink_batch *b, uint16_t type, const char *text)
{
	netlink_attr(b, type, text, strlen(text) + 1);
}

void netlink_attr_u32(struct netlink_batch *b, uint16_t type, uint32_t value)
{
	netlink_attr(b, type, &value, sizeof(value));
}

void netlink_attr_u8(struct netlink_batch *b, uint16_t type, uint8_t value)
{
	netlink_attr(b, type, &value, sizeof(value));
}

size_t netlink_nest(struct netlink_batch *b, uint16_t type)
{
	size_t at = b->len;

	netlink_attr(b, type, NULL, 0);
	return at;
}

void netlink_nest_end(struct netlink_batch *b, size_t nest)
{
	struct rtattr *a = (void *)(b->data + nest);

	if (!b->overflow)
		a->rta_len = (unsigned short)(b->len - nest);
}

static ssize_t receive(int fd, char *buffer, int flags)
{
	ssize_t n;

	do
		n = recv(fd, buffer, ANSWER_MAX, flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void judge(const struct netlink_batch *b, const struct nlmsghdr *h,
		  struct error *err)
{
	const struct nlmsgerr *answer = NLMSG_DATA(h);
	const struct netlink_request *q = &b->requests[h->nlmsg_seq - 1];

	if (!answer->error || -answer->error == q->tolerated || error_is_set(err))
		return;
	(void)error_set(err, ERR_SYSTEM, -answer->error, "%s%s%s", q->what,
			q->object ? " " : "", q->object ? q->object : "");
}

int netlink_send(int fd, struct netlink_batch *b, struct error *err)
{
	cleanup_free char *buffer = NULL;
	size_t missing = b->n;
	int r = 0;

	if (b->overflow)
		return error_set(err, ERR_SYSTEM, E2BIG, "speak to the kernel's network");
	if (!b->n)
		return 0;
	if (send(fd, b->data, b->len, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "speak to the kernel's network");
	buffer = xmalloc(ANSWER_MAX);
	while (missing > 0) {
		ssize_t len = receive(fd, buffer, 0);

		if (len < 0)
			return error_set(err, ERR_SYSTEM, (int)-len,
					 "hear the kernel's network");
		for (const struct nlmsghdr *h = (const void *)buffer;
		     NLMSG_OK(h, (size_t)len); h = netlink_next(h, &len)) {
			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq == 0 ||
			    h->nlmsg_seq > b->n)
				continue;
			judge(b, h, err);
			missing--;
		}
	}
	netlink_init(b);
	if (error_is_set(err))
		r = -err->code;
	return r;
}

int netlink_send_full(int fd, struct netlink_batch *b, struct error *err)
{
	if (b->n + NETLINK_ROOM < NETLINK_BATCH_MOST && b->len < sizeof(b->data) / 2)
		return 0;
	return netlink_send(fd, b, err);
}

int netlink_index(int fd, const char *name)
{
	struct ifreq q = {0};

	if (strlen(name) >= sizeof(q.ifr_name))
		return 0;
	memcpy(q.ifr_name, name, strlen(name));
	return ioctl(fd, SIOCGIFINDEX, &q) < 0 ? 0 : q.ifr_ifindex;
}

static const char *text_of(const struct rtattr *a)
{
	const char *text = RTA_DATA(a);
	size_t len = RTA_PAYLOAD(a);

	return len > 0 && text[len - 1] == '\0' ? text : NULL;
}

static void read_link(const struct nlmsghdr *h,
		      void (*link)(void *data, const struct netlink_link *l), void *data)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	struct netlink_link l = {.index = info->ifi_index,
				 .is_gone = h->nlmsg_type == RTM_DELLINK};
	int left = (int)IFLA_PAYLOAD(h);

	if (info->ifi_family != AF_UNSPEC) /* a port that leaves its bridge */
		return;
	const struct rtattr *first =
		(const void *)((const char *)info + NLMSG_ALIGN(sizeof(*info)));

	for (const struct rtattr *a = first; RTA_OK(a, left);
	     a = netlink_next_attribute(a, &left)) {
		if (a->rta_type == IFLA_IFNAME)
			l.name = text_of(a);
		else if (a->rta_type == IFLA_IFALIAS)
			l.alias = text_of(a);
	}
	if (l.name)
		link(data, &l);
}

/* Return: 1 at the end of a dump, 0, -errno. */
static int read_links(const char *buffer, size_t len,
		      void (*link)(void *data, const struct netlink_link *l), void *data)
{
	ssize_t left = (ssize_t)len;

	for (const struct nlmsghdr *h = (const void *)buffer; NLMSG_OK(h, (size_t)left);
	     h = netlink_next(h, &left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		if (h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK)
			read_link(h, link, data);
	}
	return 0;
}

int netlink_links(int fd, void (*link)(void *data, const struct netlink_link *l),
		  void *data, struct error *err)
{
	cleanup_free char *buffer = xmalloc(ANSWER_MAX);
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} q = {.header = {.nlmsg_len = sizeof(q),
			  .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	int r = send(fd, &q, sizeof(q), 0) < 0 ? -errno : 0;

	while (r == 0) {
		ssize_t len = receive(fd, buffer, 0);

		r = len < 0 ? (int)len : read_links(buffer, (size_t)len, link, data);
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "list interfaces") : 0;
}

int netlink_hear(int fd, void (*link)(void *data, const struct netlink_link *l),
		 void *data)
{
	cleanup_free char *buffer = xmalloc(ANSWER_MAX);
	ssize_t len;

	while ((len = receive(fd, buffer, MSG_DONTWAIT)) > 0)
		(void)read_links(buffer, (size_t)len, link, data);
	return len == -EAGAIN ? 0 : (int)len;
}

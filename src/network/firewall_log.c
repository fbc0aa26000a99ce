/* SPDX-License-Identifier: Apache-2.0 */
#include "network/firewall_log.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "network/netlink_walk.h"

#define READS_A_TIME 64

/* One request: its head, then attributes that are structs of one size. */
struct request {
	struct nlmsghdr head;
	struct nfgenmsg gen;
	char attributes[64];
};

static void add(struct request *q, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type};
	char *at = (char *)q + q->head.nlmsg_len;

	memcpy(at, &a, sizeof(a));
	memcpy(at + sizeof(a), data, len);
	q->head.nlmsg_len += (uint32_t)NLA_ALIGN(sizeof(a) + len);
}

static int ask(int fd, struct request *q)
{
	_Alignas(struct nlmsghdr) char answer[512];
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)answer;
	const struct nlmsgerr *e;
	ssize_t n;

	if (send(fd, q, q->head.nlmsg_len, 0) < 0)
		return -errno;
	do
		n = recv(fd, answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(h, (unsigned)n) || h->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	e = NLMSG_DATA(h);
	return e->error;
}

int firewall_log_open(struct error *err)
{
	const struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {
		.copy_mode = NFULNL_COPY_PACKET, .copy_range = htonl(FIREWALL_LOG_BYTES)};
	struct request q = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)),
			 .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.gen = {.res_id = htons(FIREWALL_LOG_GROUP)},
	};
	cleanup_fd int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "hear of refused packets");
	add(&q, NFULA_CFG_CMD, &bind, sizeof(bind));
	r = ask(fd, &q);
	if (r == 0) {
		q.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg));
		add(&q, NFULA_CFG_MODE, &mode, sizeof(mode));
		/* reports at once, not when a hundred are there */
		add(&q, NFULA_CFG_QTHRESH, &(uint32_t){htonl(1)}, sizeof(uint32_t));
		r = ask(fd, &q);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear of refused packets");
	return TAKE_FD(fd);
}

bool firewall_packet_parse(const uint8_t *bytes, size_t len, struct firewall_packet *ret)
{
	size_t head;
	bool has_ports = true;

	*ret = (struct firewall_packet){0};
	if (len >= 20 && bytes[0] >> 4 == 4) {
		ret->family = AF_INET;
		ret->protocol = bytes[9];
		memcpy(&ret->from, bytes + 12, 4);
		memcpy(&ret->to, bytes + 16, 4);
		head = (size_t)(bytes[0] & 15) * 4;
		has_ports = ((bytes[6] & 0x1f) | bytes[7]) == 0; /* the first fragment */
	} else if (len >= 40 && bytes[0] >> 4 == 6) {
		ret->family = AF_INET6;
		ret->protocol = bytes[6];
		memcpy(&ret->from, bytes + 8, 16);
		memcpy(&ret->to, bytes + 24, 16);
		head = 40;
	} else {
		return false;
	}
	if (has_ports && head >= 20 && len >= head + 4 &&
	    (ret->protocol == IPPROTO_TCP || ret->protocol == IPPROTO_UDP))
		ret->port = (uint16_t)(bytes[head + 2] << 8 | bytes[head + 3]);
	return true;
}

static void read_report(const struct nlmsghdr *h,
			void (*each)(void *data, const struct firewall_packet *p),
			void *data)
{
	const size_t start = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	const uint8_t *at = (const uint8_t *)h + start,
		      *end = (const uint8_t *)h + h->nlmsg_len;
	struct firewall_packet packet;

	if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
	    h->nlmsg_len < start)
		return;
	while (at + sizeof(struct nlattr) <= end) {
		struct nlattr a;

		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > (size_t)(end - at))
			return;
		if ((a.nla_type & NLA_TYPE_MASK) == NFULA_PAYLOAD) {
			if (firewall_packet_parse(at + sizeof(a), a.nla_len - sizeof(a),
						  &packet))
				each(data, &packet);
			return;
		}
		if ((size_t)NLA_ALIGN(a.nla_len) > (size_t)(end - at))
			return;
		at += NLA_ALIGN(a.nla_len);
	}
}

int firewall_log_read(int fd, void (*each)(void *data, const struct firewall_packet *p),
		      void *data)
{
	_Alignas(struct nlmsghdr) char bytes[8 << 10];

	for (int i = 0; i < READS_A_TIME; i++) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n < 0 && (errno == EINTR || errno == ENOBUFS))
			continue; /* some were lost: nothing is owed */
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		for (const struct nlmsghdr *h =
			     (const struct nlmsghdr *)(const void *)bytes;
		     NLMSG_OK(h, (unsigned)n); h = netlink_next(h, &n))
			read_report(h, each, data);
	}
	return 0;
}

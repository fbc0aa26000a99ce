/* SPDX-License-Identifier: Apache-2.0 */
#include "network/nft_set.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "network/netlink_walk.h"

#define BATCH_MAX   (256 << 10)
#define TIMEOUT_SEC 5

static void nft_data_fill(struct nft_data *d)
{
	d->len = (d->len + 3) & ~(size_t)3;
}

void nft_data_add(struct nft_data *d, const void *field, size_t len)
{
	if (d->len + len > NFT_DATA_MAX)
		return;
	memcpy(d->bytes + d->len, field, len);
	d->len += len;
	nft_data_fill(d);
}

void nft_data_add_name(struct nft_data *d, const char *interface)
{
	char name[16] = "";

	memcpy(name, interface, strnlen(interface, sizeof(name) - 1));
	nft_data_add(d, name, sizeof(name));
}

void nft_data_add_port(struct nft_data *d, uint16_t port)
{
	uint16_t n = htons(port);

	nft_data_add(d, &n, sizeof(n));
}

void nft_data_add_byte(struct nft_data *d, uint8_t byte)
{
	nft_data_add(d, &byte, 1);
}

int nft_set_open(struct error *err)
{
	const struct timeval limit = {.tv_sec = TIMEOUT_SEC};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "speak to the packet filter");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* A message's head; its length is filled in by message_end(). Return: where it starts. */
static size_t message_begin(struct nft_batch *b, uint16_t type, uint16_t flags,
			    uint8_t family, uint16_t res_id)
{
	struct nlmsghdr head = {
		.nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = b->n};
	struct nfgenmsg gen = {.nfgen_family = family, .res_id = htons(res_id)};
	size_t at = b->bytes.len;

	(void)buf_add(&b->bytes, &head, sizeof(head));
	(void)buf_add(&b->bytes, &gen, sizeof(gen));
	return at;
}

static void set_length(struct nft_batch *b, size_t at, bool is_message)
{
	size_t len = b->bytes.len - at;

	if (b->bytes.overflow)
		return;
	if (is_message)
		memcpy(b->bytes.data + at, &(uint32_t){(uint32_t)len}, sizeof(uint32_t));
	else
		memcpy(b->bytes.data + at, &(uint16_t){(uint16_t)len}, sizeof(uint16_t));
}

static size_t attribute_begin(struct nft_batch *b, uint16_t type)
{
	struct nlattr a = {.nla_type = type | NLA_F_NESTED};
	size_t at = b->bytes.len;

	(void)buf_add(&b->bytes, &a, sizeof(a));
	return at;
}

static void attribute(struct nft_batch *b, uint16_t type, const void *data, size_t len)
{
	static const char zeros[4];
	struct nlattr a = {.nla_type = type, .nla_len = (uint16_t)(sizeof(a) + len)};

	(void)buf_add(&b->bytes, &a, sizeof(a));
	(void)buf_add(&b->bytes, data, len);
	(void)buf_add(&b->bytes, zeros, (4 - len % 4) % 4);
}

static void data_attribute(struct nft_batch *b, uint16_t type, const struct nft_data *d)
{
	size_t at = attribute_begin(b, type);

	attribute(b, NFTA_DATA_VALUE, d->bytes, d->len);
	set_length(b, at, false);
}

static void element(struct nft_batch *b, const struct nft_element *e, uint16_t type,
		    uint16_t flags)
{
	size_t message, list, one;

	b->n++;
	message = message_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				(uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags), e->family,
				0);
	attribute(b, NFTA_SET_ELEM_LIST_TABLE, e->table, strlen(e->table) + 1);
	attribute(b, NFTA_SET_ELEM_LIST_SET, e->set, strlen(e->set) + 1);
	list = attribute_begin(b, NFTA_SET_ELEM_LIST_ELEMENTS);
	one = attribute_begin(b, NFTA_LIST_ELEM);
	data_attribute(b, NFTA_SET_ELEM_KEY, &e->key);
	if (e->value.len)
		data_attribute(b, NFTA_SET_ELEM_DATA, &e->value);
	if (e->timeout_msec) {
		uint64_t msec = htobe64(e->timeout_msec);

		attribute(b, NFTA_SET_ELEM_TIMEOUT, &msec, sizeof(msec));
	}
	set_length(b, one, false);
	set_length(b, list, false);
	set_length(b, message, true);
}

void nft_batch_begin(struct nft_batch *b)
{
	size_t at;

	*b = (struct nft_batch){0};
	buf_init(&b->bytes, BATCH_MAX);
	at = message_begin(b, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, AF_UNSPEC,
			   NFNL_SUBSYS_NFTABLES);
	set_length(b, at, true);
}

void nft_batch_release(struct nft_batch *b)
{
	buf_release(&b->bytes);
}

void nft_batch_add(struct nft_batch *b, const struct nft_element *e)
{
	element(b, e, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
}

void nft_batch_delete(struct nft_batch *b, const struct nft_element *e)
{
	element(b, e, NFT_MSG_DELSETELEM, 0);
}

/* The kernel's answers: one a message, or errors alone. *left counts down. Return: 0, or the first error. */
static int read_answers(const char *data, ssize_t size, uint32_t *left)
{
	int first = 0;

	for (const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)data;
	     NLMSG_OK(h, (unsigned)size); h = netlink_next(h, &size)) {
		const struct nlmsgerr *e = NLMSG_DATA(h);

		if (h->nlmsg_type != NLMSG_ERROR ||
		    h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
			continue;
		if (*left > 0)
			--*left;
		if (e->error && !first)
			first = e->error;
	}
	return first;
}

int nft_set_commit(int fd, struct nft_batch *b, struct error *err)
{
	_Alignas(struct nlmsghdr) char answer[16 << 10];
	uint32_t left = b->n;
	size_t at;
	int r = 0;

	if (b->n == 0)
		return 0;
	b->n++;
	at = message_begin(b, NFNL_MSG_BATCH_END, NLM_F_REQUEST, AF_UNSPEC,
			   NFNL_SUBSYS_NFTABLES);
	set_length(b, at, true);
	if (b->bytes.overflow)
		return error_set(err, ERR_SYSTEM, E2BIG,
				 "change a set of the packet filter");
	/* what an earlier one, that failed, has left */
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
	if (send(fd, b->bytes.data, b->bytes.len, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "change a set of the packet filter");
	while (left > 0 && r == 0) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		else
			r = read_answers(answer, n, &left);
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "change a set of the packet filter")
		     : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elements of nft's sets and maps by netlink: some tens of microseconds, where nft(8) needs milliseconds and a process.
 * Source: linux/netfilter/nf_tables.h, nfnetlink.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/* A key or value: fields one after the other, each filled up to 4 bytes, as concatenations are. */
#define NFT_DATA_MAX 64
struct nft_data {
	uint8_t bytes[NFT_DATA_MAX];
	size_t len;
};
void nft_data_add(struct nft_data *d, const void *field, size_t len);
void nft_data_add_name(struct nft_data *d, const char *interface); /* type ifname */
void nft_data_add_port(struct nft_data *d, uint16_t port);         /* type inet_service */
void nft_data_add_byte(struct nft_data *d, uint8_t byte);          /* type inet_proto */

struct nft_element {
	uint8_t family; /* NFPROTO_INET, NFPROTO_BRIDGE */
	const char *table, *set;
	struct nft_data key, value; /* value.len 0: of a set */
	uint64_t timeout_msec;      /* 0: none */
};

/* nft_set_open() - the socket, in the network namespace of the caller. */
int nft_set_open(struct error *err) _must_check_;

/* A transaction. It is sent by nft_set_commit(), which waits for the kernel's answer. */
struct nft_batch {
	struct buf bytes;
	uint32_t n;
};
void nft_batch_begin(struct nft_batch *b);
void nft_batch_release(struct nft_batch *b); /* safe on a zeroed struct */
#define cleanup_nft_batch cleanup(nft_batch_release)
void nft_batch_add(struct nft_batch *b, const struct nft_element *e);
void nft_batch_delete(struct nft_batch *b, const struct nft_element *e);

/* nft_set_commit() - 0, or the first error: -ENOENT, no such set, table or element; -ENFILE: the set is full. */
int nft_set_commit(int fd, struct nft_batch *b, struct error *err) _must_check_;

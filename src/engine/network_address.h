/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, subnets, and which one is next. Pure. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

__extension__ typedef unsigned __int128 address_number;

struct ip_address {
	bool is_v6;
	address_number number; /* in the machine's order; of IPv4 32 bits */
};
#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

struct subnet {
	struct ip_address base; /* bits after the prefix are 0 */
	unsigned int length;
};

/* First and last address that may be given, both included. */
struct address_range {
	struct ip_address first, last;
};

/* ip_address_parse() - as inet_pton(3) reads it. -EINVAL otherwise. ip_address_text() - back, in the usual form; returns buf. */
int ip_address_parse(const char *text, struct ip_address *ret) _must_check_;
char *ip_address_text(const struct ip_address *a, char buf[static ADDRESS_TEXT_MAX]);
bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);

/* subnet_parse() - "10.89.0.0/24"; bits after the prefix are dropped. -EINVAL. subnet_text() - back. Caller frees. */
int subnet_parse(const char *text, struct subnet *ret) _must_check_;
char *subnet_text(const struct subnet *s);
unsigned int subnet_bits(const struct subnet *s); /* 32 or 128 */

struct ip_address subnet_last(const struct subnet *s);
bool subnet_has(const struct subnet *s, const struct ip_address *a);
bool subnet_overlaps(const struct subnet *a, const struct subnet *b);

/* subnet_nth() - the n-th subnet of that length in s; -ERANGE: there are not so many. */
int subnet_nth(const struct subnet *s, unsigned int length, uint64_t n,
	       struct subnet *ret) _must_check_;

/* subnet_hosts() - what can be given: neither the network's address nor the broadcast one, where there are such. */
struct address_range subnet_hosts(const struct subnet *s);

/* address_range_parse() - "10.89.0.128/25" or "10.89.0.10-10.89.0.20", as far as it lies in s. -EINVAL: it is
 * neither; -ERANGE: it is not in s. */
int address_range_parse(const char *text, const struct subnet *s,
			struct address_range *ret) _must_check_;

/* What is not free. */
struct address_set {
	struct ip_address *items; /* owned; sorted by address_set_sort() */
	size_t n, room;
};
void address_set_release(struct address_set *s);
#define cleanup_address_set cleanup(address_set_release)
void address_set_add(struct address_set *s, const struct ip_address *a);
void address_set_sort(struct address_set *s);
bool address_set_has(const struct address_set *s, const struct ip_address *a);

/*
 * address_next() - the first of the range that is not taken, beginning after `last` (NULL or outside: with the
 * first) and going round. -ENOSPC: all are taken. `taken` must be sorted.
 */
int address_next(const struct address_range *range, const struct address_set *taken,
		 const struct ip_address *last, struct ip_address *ret) _must_check_;

/* address_mac() - the hardware address that goes with an IPv4 address: "02:42:0a:59:00:02"; who takes an address
 * over has the same, so no neighbour knows it wrong. Caller frees. */
char *address_mac(const struct ip_address *a);

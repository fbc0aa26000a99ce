/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the DNS: on the wire (RFC 1035, 3.1 and 4.1.4), as text, and those that stand for an address. Pure.
 *
 * A name on the wire is labels with a length before each, ended by an empty one; at most DNS_NAME_MAX bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define DNS_NAME_MAX 255
#define DNS_TEXT_MAX (4 * DNS_NAME_MAX + 1)

/* An IPv4 or IPv6 address, bytes in network order. */
struct dns_address {
	uint8_t bytes[16];
	uint8_t len; /* 4, 16; 0: none */
};
bool dns_address_equal(const struct dns_address *a, const struct dns_address *b);
/* dns_address_read() - inet_pton(3)'s text; what is from "/" or "%" on is passed over. 0 or -EINVAL. */
int dns_address_read(const char *text, struct dns_address *ret) _must_check_;

/*
 * dns_name_read() - the name at *pos of a message, without compression, into ret_wire; *pos is behind it afterwards.
 * A pointer must point before itself and before all that were followed, so no message makes it run in circles.
 * ret_wire NULL: it is only passed over. Return: its length, or -EBADMSG.
 */
int dns_name_read(const uint8_t *message, size_t len, size_t *pos,
		  uint8_t ret_wire[DNS_NAME_MAX]) _must_check_;

/* dns_name_text() - lower case, without a dot at the end ("" is the root); bytes that no host name has are "\DDD", so
 * two names have the same text only if they are the same. wire is of dns_name_read(). */
void dns_name_text(const uint8_t *wire, char ret[static DNS_TEXT_MAX]);

/* dns_name_wire() - from a text as above without escapes. Return: its length, or -EINVAL. */
int dns_name_wire(const char *text, uint8_t ret[static DNS_NAME_MAX]) _must_check_;

/* dns_name_equal() - two names on the wire, upper and lower case the same (RFC 4343). */
bool dns_name_equal(const uint8_t *a, const uint8_t *b);

/* dns_name_reverse() - "4.3.2.1.in-addr.arpa", or 32 digits and "ip6.arpa". 0, or -EINVAL: it is no such. */
int dns_name_reverse(const char *text, struct dns_address *ret) _must_check_;

/* dns_name_in() - text is domain, or ends in a dot and that. */
bool dns_name_in(const char *text, const char *domain);

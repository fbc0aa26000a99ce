/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a question: answered from the view, refused, or passed on. No sockets; the host's own address is
 * asked of the caller.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/dns_message.h"
#include "network/names_view.h"
#include "util/cleanup.h"

/* An answer of ours is out of date when a container has started anew with another address: few resolvers
 * keep it at all, and none for longer than that. */
#define NAMES_TTL_SEC         1
#define NAMES_OWN_ADDRESS_MAX 64 /* in one answer */

enum names_verdict {
	NAMES_ANSWERED, /* `len` bytes are to be sent */
	NAMES_HOLD, /* the same, when the gateway knows the addresses (limited members) */
	NAMES_FORWARD, /* to other servers */
};

struct names_inquiry {
	struct names_view *view;
	const struct view_member *asker;
	const struct dns_question *question;
	/* host_address() - by which the host goes out, of that length (4, 16). false: it has none. */
	bool (*host_address)(void *data, uint8_t len, struct dns_address *ret);
	void *data;
};

struct names_outcome {
	enum names_verdict verdict;
	size_t len;
	char name[DNS_TEXT_MAX]; /* as allow lists have it: without NAMES_DOMAIN */
	bool is_refused; /* a name that the asker may not reach; the gateway should hear of it */
	/* of HOLD */
	struct dns_address addresses[NAMES_OWN_ADDRESS_MAX];
	size_t n_addresses;
};

/* names_answer() - reply: size bytes, at least DNS_UDP_PLAIN. */
void names_answer(const struct names_inquiry *q, uint8_t *reply, size_t size,
		  struct names_outcome *ret);

/* names_answer_rcode() - an answer without records. Return: its length. */
size_t names_answer_rcode(const struct dns_question *q, enum dns_rcode rcode,
			  uint8_t reply[static DNS_UDP_PLAIN]);

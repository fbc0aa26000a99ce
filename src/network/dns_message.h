/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the DNS (RFC 1035, 4.1; EDNS: RFC 6891), as much as a server needs that answers some names itself and passes on
 * the rest: questions are read and built anew, never passed on as they came; answers are built, or looked through. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/dns_name.h"
#include "util/cleanup.h"

#define DNS_HEADER_LEN   12
#define DNS_UDP_PLAIN    512  /* what fits without EDNS */
#define DNS_UDP_MAX      1232 /* with: nothing is cut into fragments (DNS flag day 2020) */
#define DNS_MESSAGE_MAX  65535
#define DNS_QUESTION_MAX 512 /* of one that is read or built here */

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_AXFR = 252,
	DNS_TYPE_ANY = 255,
};
#define DNS_CLASS_IN 1

enum dns_rcode {
	DNS_OK = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

struct dns_question {
	uint8_t wire[DNS_NAME_MAX]; /* as it was asked, upper case and all */
	uint16_t wire_len;
	uint16_t id, type, class;
	uint16_t udp_size; /* what the asker can take */
	bool recursion_desired, checking_disabled, authentic_data;
	bool has_edns, dnssec_ok;
};

/*
 * dns_question_read() - a query with one question. Return: DNS_OK; DNS_FORMERR or DNS_NOTIMP to be answered with
 * (*ret is good for that); -EBADMSG: nothing that deserves an answer.
 */
int dns_question_read(const uint8_t *message, size_t len,
		      struct dns_question *ret) _must_check_;

/* dns_question_write() - the same to another server, with that id. Return: its length. */
size_t dns_question_write(const struct dns_question *q, uint16_t id,
			  uint8_t ret[static DNS_QUESTION_MAX]);

/* An answer in the making. Records that do not fit are left out, and it says so (TC). */
struct dns_answer {
	uint8_t *data;
	size_t size, len;
	bool has_edns, truncated;
	uint16_t n_records;
};

/* dns_answer_begin() - data: size bytes of the caller's, at least DNS_UDP_PLAIN. */
void dns_answer_begin(struct dns_answer *a, uint8_t *data, size_t size,
		      const struct dns_question *q);
/* A record for the name that was asked for. */
void dns_answer_address(struct dns_answer *a, const struct dns_address *address,
			uint32_t ttl);
void dns_answer_pointer(struct dns_answer *a, const char *name, uint32_t ttl);
/* dns_answer_end() - Return: its length. */
size_t dns_answer_end(struct dns_answer *a, enum dns_rcode rcode);

/*
 * dns_reply_check() - another server's answer to that question, which was sent with that id: it is one, to this one.
 * 0, or -EBADMSG. Nothing behind the question has been looked at then.
 */
int dns_reply_check(const uint8_t *message, size_t len, const struct dns_question *q,
		    uint16_t id) _must_check_;
enum dns_rcode dns_reply_rcode(const uint8_t *message);
bool dns_is_reply(const uint8_t *message, size_t len); /* be it right or wrong */
bool dns_reply_is_truncated(const uint8_t *message);
/* dns_reply_adapt() - one that was checked becomes the answer to the asker: its id, its way to write the name. */
void dns_reply_adapt(uint8_t *message, const struct dns_question *q);

/*
 * dns_reply_addresses() - of all A and AAAA records of the answer section, each once. *ret_ttl: the least of theirs. Return: how
 * many, or -EBADMSG; -E2BIG if there are more than max.
 */
int dns_reply_addresses(const uint8_t *message, size_t len, struct dns_address *ret,
			size_t max, uint32_t *ret_ttl) _must_check_;

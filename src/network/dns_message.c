/* SPDX-License-Identifier: Apache-2.0 */
#include "network/dns_message.h"

#include <string.h>

#define OPT_LEN    11
#define RECORD_LEN 10 /* type, class, ttl, length: behind the name */

/* The header's two bytes of flags. */
#define FLAG_QR      0x8000
#define FLAG_AA      0x0400
#define FLAG_TC      0x0200
#define FLAG_RD      0x0100
#define FLAG_RA      0x0080
#define FLAG_AD      0x0020
#define FLAG_CD      0x0010
#define OPCODE_MASK  0x7800
#define RCODE_MASK   0x000f
#define EDNS_DO      0x8000
#define OFFSET_FLAGS 2
#define OFFSET_QD    4
#define OFFSET_AN    6
#define OFFSET_NS    8
#define OFFSET_AR    10

#define SAME_NAME   0xc00c /* a pointer to the name of the question */
#define RECORDS_MAX 512    /* of a message that is looked through */

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, (uint16_t)(value >> 16));
	put16(p + 2, (uint16_t)value);
}

struct record {
	uint16_t type, class;
	uint32_t ttl;
	const uint8_t *data;
	uint16_t len;
	bool is_root; /* its name is "." */
};

static int read_record(const uint8_t *message, size_t len, size_t *pos,
		       struct record *ret)
{
	int name_len = dns_name_read(message, len, pos, NULL);

	if (name_len < 0 || len - *pos < RECORD_LEN)
		return -EBADMSG;
	const uint8_t *p = message + *pos;
	*ret = (struct record){
		.type = get16(p),
		.class = get16(p + 2),
		.ttl = get32(p + 4),
		.len = get16(p + 8),
		.data = p + RECORD_LEN,
		.is_root = name_len == 1,
	};
	*pos += RECORD_LEN;
	if (len - *pos < ret->len)
		return -EBADMSG;
	*pos += ret->len;
	return 0;
}

static void read_edns(const struct record *r, struct dns_question *q)
{
	q->has_edns = true;
	q->dnssec_ok = r->ttl & EDNS_DO;
	q->udp_size = r->class;
	if (q->udp_size < DNS_UDP_PLAIN)
		q->udp_size = DNS_UDP_PLAIN;
	if (q->udp_size > DNS_UDP_MAX)
		q->udp_size = DNS_UDP_MAX;
}

int dns_question_read(const uint8_t *message, size_t len, struct dns_question *ret)
{
	size_t pos = DNS_HEADER_LEN;
	uint16_t flags;
	int r;

	*ret = (struct dns_question){.udp_size = DNS_UDP_PLAIN};
	if (len < DNS_HEADER_LEN)
		return -EBADMSG;
	flags = get16(message + OFFSET_FLAGS);
	if (flags & FLAG_QR) /* answers are never answered */
		return -EBADMSG;
	ret->id = get16(message);
	ret->recursion_desired = flags & FLAG_RD;
	ret->checking_disabled = flags & FLAG_CD;
	ret->authentic_data = flags & FLAG_AD;
	if (flags & OPCODE_MASK)
		return DNS_NOTIMP;
	if (get16(message + OFFSET_QD) != 1 || get16(message + OFFSET_AN) != 0 ||
	    get16(message + OFFSET_NS) != 0 || len > DNS_QUESTION_MAX)
		return DNS_FORMERR;
	r = dns_name_read(message, len, &pos, ret->wire);
	if (r < 0 || len - pos < 4)
		return DNS_FORMERR;
	ret->wire_len = (uint16_t)r;
	ret->type = get16(message + pos);
	ret->class = get16(message + pos + 2);
	pos += 4;
	for (uint16_t k = get16(message + OFFSET_AR); k > 0; k--) {
		struct record record;

		if (read_record(message, len, &pos, &record) < 0)
			return DNS_FORMERR;
		if (record.type != DNS_TYPE_OPT)
			continue;
		if (ret->has_edns || !record.is_root)
			return DNS_FORMERR;
		read_edns(&record, ret);
	}
	return DNS_OK;
}

static size_t write_edns(uint8_t *p, uint16_t udp_size, bool dnssec_ok)
{
	memset(p, 0, OPT_LEN);
	put16(p + 1, DNS_TYPE_OPT);
	put16(p + 3, udp_size);
	put32(p + 5, dnssec_ok ? EDNS_DO : 0);
	return OPT_LEN;
}

static size_t write_question(const struct dns_question *q, uint8_t *p)
{
	memcpy(p, q->wire, q->wire_len);
	put16(p + q->wire_len, q->type);
	put16(p + q->wire_len + 2, q->class);
	return q->wire_len + 4U;
}

size_t dns_question_write(const struct dns_question *q, uint16_t id,
			  uint8_t ret[static DNS_QUESTION_MAX])
{
	size_t len = DNS_HEADER_LEN;

	memset(ret, 0, DNS_HEADER_LEN);
	put16(ret, id);
	put16(ret + OFFSET_FLAGS, (uint16_t)((q->recursion_desired ? FLAG_RD : 0) |
					     (q->checking_disabled ? FLAG_CD : 0) |
					     (q->authentic_data ? FLAG_AD : 0)));
	put16(ret + OFFSET_QD, 1);
	len += write_question(q, ret + len);
	if (q->has_edns) {
		put16(ret + OFFSET_AR, 1);
		len += write_edns(ret + len, q->udp_size, q->dnssec_ok);
	}
	return len;
}

void dns_answer_begin(struct dns_answer *a, uint8_t *data, size_t size,
		      const struct dns_question *q)
{
	*a = (struct dns_answer){
		.data = data,
		.size = size - (q->has_edns ? OPT_LEN : 0),
		.len = DNS_HEADER_LEN,
		.has_edns = q->has_edns,
	};
	memset(data, 0, DNS_HEADER_LEN);
	put16(data, q->id);
	put16(data + OFFSET_FLAGS,
	      (uint16_t)(FLAG_QR | FLAG_RA | (q->recursion_desired ? FLAG_RD : 0) |
			 (q->checking_disabled ? FLAG_CD : 0)));
	if (q->wire_len == 0) /* it could not be read */
		return;
	put16(data + OFFSET_QD, 1);
	a->len += write_question(q, data + a->len);
}

/* Return: where the record's data goes; NULL: it has no place. */
static uint8_t *add_record(struct dns_answer *a, uint16_t type, uint32_t ttl, size_t len)
{
	uint8_t *p = a->data + a->len;

	if (a->truncated || a->size - a->len < 2 + RECORD_LEN + len) {
		a->truncated = true;
		return NULL;
	}
	put16(p, SAME_NAME);
	put16(p + 2, type);
	put16(p + 4, DNS_CLASS_IN);
	put32(p + 6, ttl);
	put16(p + 10, (uint16_t)len);
	a->len += 2 + RECORD_LEN + len;
	a->n_records++;
	return p + 2 + RECORD_LEN;
}

void dns_answer_address(struct dns_answer *a, const struct dns_address *address,
			uint32_t ttl)
{
	uint8_t *p = add_record(a, address->len == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA, ttl,
				address->len);

	if (p)
		memcpy(p, address->bytes, address->len);
}

void dns_answer_pointer(struct dns_answer *a, const char *name, uint32_t ttl)
{
	uint8_t wire[DNS_NAME_MAX];
	int len = dns_name_wire(name, wire);
	uint8_t *p;

	if (len < 0)
		return;
	p = add_record(a, DNS_TYPE_PTR, ttl, (size_t)len);
	if (p)
		memcpy(p, wire, (size_t)len);
}

size_t dns_answer_end(struct dns_answer *a, enum dns_rcode rcode)
{
	uint16_t flags = get16(a->data + OFFSET_FLAGS) | (uint16_t)rcode;

	if (a->truncated)
		flags |= FLAG_TC;
	/* what we make up ourselves has no other authority */
	if (rcode == DNS_OK || rcode == DNS_NXDOMAIN)
		flags |= FLAG_AA;
	put16(a->data + OFFSET_FLAGS, flags);
	put16(a->data + OFFSET_AN, a->n_records);
	if (a->has_edns) {
		put16(a->data + OFFSET_AR, 1);
		a->len += write_edns(a->data + a->len, DNS_UDP_MAX, false);
	}
	return a->len;
}

int dns_reply_check(const uint8_t *message, size_t len, const struct dns_question *q,
		    uint16_t id)
{
	size_t end = DNS_HEADER_LEN + q->wire_len + 4U;

	if (len < end || get16(message) != id || get16(message + OFFSET_QD) != 1)
		return -EBADMSG;
	if ((get16(message + OFFSET_FLAGS) & (FLAG_QR | OPCODE_MASK)) != FLAG_QR)
		return -EBADMSG;
	/* no name of a question is compressed: nothing stands before it. The lengths are compared before the bytes
	 * behind them, so this stays inside. */
	if (!dns_name_equal(q->wire, message + DNS_HEADER_LEN))
		return -EBADMSG;
	if (get16(message + end - 4) != q->type || get16(message + end - 2) != q->class)
		return -EBADMSG;
	return 0;
}

enum dns_rcode dns_reply_rcode(const uint8_t *message)
{
	return (enum dns_rcode)(get16(message + OFFSET_FLAGS) & RCODE_MASK);
}

bool dns_is_reply(const uint8_t *message, size_t len)
{
	return len >= DNS_HEADER_LEN && (get16(message + OFFSET_FLAGS) & FLAG_QR);
}

bool dns_reply_is_truncated(const uint8_t *message)
{
	return get16(message + OFFSET_FLAGS) & FLAG_TC;
}

void dns_reply_adapt(uint8_t *message, const struct dns_question *q)
{
	put16(message, q->id);
	memcpy(message + DNS_HEADER_LEN, q->wire, q->wire_len);
}

static bool has_address(const struct dns_address *list, size_t n,
			const struct dns_address *a)
{
	for (size_t k = 0; k < n; k++)
		if (dns_address_equal(&list[k], a))
			return true;
	return false;
}

int dns_reply_addresses(const uint8_t *message, size_t len, struct dns_address *ret,
			size_t max, uint32_t *ret_ttl)
{
	size_t pos = DNS_HEADER_LEN, n = 0;
	uint16_t n_records;

	*ret_ttl = UINT32_MAX;
	if (len < DNS_HEADER_LEN || get16(message + OFFSET_QD) != 1)
		return -EBADMSG;
	n_records = get16(message + OFFSET_AN);
	if (dns_name_read(message, len, &pos, NULL) < 0 || len - pos < 4 ||
	    n_records > RECORDS_MAX)
		return -EBADMSG;
	pos += 4;
	for (; n_records > 0; n_records--) {
		struct record r;
		struct dns_address a = {0};

		if (read_record(message, len, &pos, &r) < 0)
			return -EBADMSG;
		if (r.class != DNS_CLASS_IN)
			continue;
		if (r.type == DNS_TYPE_A && r.len == 4)
			a.len = 4;
		else if (r.type == DNS_TYPE_AAAA && r.len == 16)
			a.len = 16;
		else
			continue;
		memcpy(a.bytes, r.data, a.len);
		if (r.ttl < *ret_ttl)
			*ret_ttl = r.ttl;
		if (has_address(ret, n, &a))
			continue;
		if (n == max)
			return -E2BIG;
		ret[n++] = a;
	}
	return (int)n;
}

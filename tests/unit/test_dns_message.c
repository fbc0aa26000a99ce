/* SPDX-License-Identifier: Apache-2.0 */
#include "network/dns_message.h"

#include <arpa/inet.h>

#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

struct bytes {
	const char *what;
	const char *data;
	size_t len;
};
#define BYTES(what, text)                    \
	{                                    \
		what, text, sizeof(text) - 1 \
	}

#define HEADER_Q "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define WEB_A  \
	"\x03" \
	"WeB\x00\x00\x01\x00\x01"

static int read_question(const struct bytes *b, struct dns_question *ret)
{
	/* of its own size, so that a sanitizer sees one byte too many */
	cleanup_free uint8_t *copy = xmalloc(b->len ? b->len : 1);

	memcpy(copy, b->data, b->len);
	return dns_question_read(copy, b->len, ret);
}

START_TEST(test_question)
{
	static const struct bytes plain = BYTES("", HEADER_Q WEB_A);
	static const struct bytes edns =
		BYTES("", "\x12\x34\x01\x30\x00\x01\x00\x00\x00\x00\x00\x01" WEB_A
			  "\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x00");
	struct dns_question q;
	char text[DNS_TEXT_MAX];

	ck_assert_int_eq(read_question(&plain, &q), DNS_OK);
	ck_assert_uint_eq(q.id, 0x1234);
	ck_assert_uint_eq(q.type, DNS_TYPE_A);
	ck_assert_uint_eq(q.udp_size, 512);
	ck_assert(q.recursion_desired && !q.has_edns);
	dns_name_text(q.wire, text);
	ck_assert_str_eq(text, "web");

	ck_assert_int_eq(read_question(&edns, &q), DNS_OK);
	ck_assert(q.has_edns && q.dnssec_ok && q.checking_disabled && q.authentic_data);
	ck_assert_uint_eq(q.udp_size, DNS_UDP_MAX);
}
END_TEST

START_TEST(test_hostile_questions)
{
	static const struct {
		struct bytes b;
		int want;
	} cases[] = {
		{BYTES("nothing", ""), -EBADMSG},
		{BYTES("half a header", "\x12\x34\x01\x00\x00\x01"), -EBADMSG},
		{BYTES("an answer",
		       "\x12\x34\x81\x00\x00\x01\x00\x00\x00\x00\x00\x00" WEB_A),
		 -EBADMSG},
		{BYTES("an update",
		       "\x12\x34\x29\x00\x00\x01\x00\x00\x00\x00\x00\x00" WEB_A),
		 DNS_NOTIMP},
		{BYTES("no question", "\x12\x34\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		 DNS_FORMERR},
		{BYTES("two questions",
		       "\x12\x34\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00" WEB_A WEB_A),
		 DNS_FORMERR},
		{BYTES("with an answer",
		       "\x12\x34\x01\x00\x00\x01\x00\x01\x00\x00\x00\x00" WEB_A),
		 DNS_FORMERR},
		{BYTES("only a header", HEADER_Q), DNS_FORMERR},
		{BYTES("a label that goes on", HEADER_Q "\x3fwww"), DNS_FORMERR},
		{BYTES("no type", HEADER_Q "\x03www\x00"), DNS_FORMERR},
		{BYTES("half a class", HEADER_Q "\x03www\x00\x00\x01\x00"), DNS_FORMERR},
		{BYTES("a name that is itself", HEADER_Q "\xc0\x0c\x00\x01\x00\x01"),
		 DNS_FORMERR},
		{BYTES("a circle", HEADER_Q "\x01"
					    "a\xc0\x0c\x00\x01\x00\x01"),
		 DNS_FORMERR},
		{BYTES("forward", HEADER_Q "\xc0\x20\x00\x01\x00\x01"), DNS_FORMERR},
		{BYTES("into the header: an id as a label",
		       HEADER_Q "\xc0\x00\x00\x01\x00\x01"),
		 DNS_FORMERR},
		{BYTES("half a pointer", HEADER_Q "\xc0"), DNS_FORMERR},
		{BYTES("bits that are reserved", HEADER_Q "\x41"
							  "a\x00\x00\x01\x00\x01"),
		 DNS_FORMERR},
		{BYTES("a record that is not there",
		       "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\xff\xff" WEB_A),
		 DNS_FORMERR},
		{BYTES("a record longer than all",
		       "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" WEB_A
		       "\x00\x00\x29\x10\x00\x00\x00\x00\x00\xff\xff"),
		 DNS_FORMERR},
		{BYTES("EDNS twice",
		       "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x02" WEB_A
		       "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"
		       "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"),
		 DNS_FORMERR},
		{BYTES("the root, which is one", HEADER_Q "\x00\x00\x02\x00\x01"),
		 DNS_OK},
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct dns_question q;
		uint8_t reply[DNS_UDP_PLAIN];
		struct dns_answer a;
		int r = read_question(&cases[k].b, &q);

		ck_assert_msg(r == cases[k].want, "%s: %d", cases[k].b.what, r);
		if (r < 0)
			continue;
		dns_answer_begin(&a, reply, sizeof(reply), &q);
		ck_assert_uint_le(dns_answer_end(&a, (enum dns_rcode)r), sizeof(reply));
	}
}
END_TEST

START_TEST(test_long_names)
{
	uint8_t wire[DNS_NAME_MAX], message[600] = {0};
	size_t pos = 0;
	char text[DNS_TEXT_MAX], dotted[300];

	/* 127 labels of one byte: the longest there is */
	for (size_t k = 0; k < 127; k++)
		memcpy(message + 2 * k, "\x01.", 2);
	ck_assert_int_eq(dns_name_read(message, sizeof(message), &pos, wire), 255);
	ck_assert_uint_eq(pos, 255);
	dns_name_text(wire, text);
	ck_assert_uint_eq(strlen(text), 127 * 4 + 126);
	ck_assert(str_starts(text, "\\046.\\046."));
	memcpy(message + 254, "\x01.", 2);
	pos = 0;
	ck_assert_int_eq(dns_name_read(message, sizeof(message), &pos, wire), -EBADMSG);

	memset(dotted, 'a', sizeof(dotted));
	dotted[63] = 0;
	ck_assert_int_eq(dns_name_wire(dotted, wire), 65);
	dotted[63] = 'a';
	dotted[64] = 0;
	ck_assert_int_eq(dns_name_wire(dotted, wire), -EINVAL);
	ck_assert_int_eq(dns_name_wire("a..b", wire), -EINVAL);
	ck_assert_int_eq(dns_name_wire("", wire), 1);
}
END_TEST

START_TEST(test_reverse)
{
	static const struct {
		const char *name, *address;
	} cases[] = {
		{"2.0.89.10.in-addr.arpa", "10.89.0.2"},
		{"255.255.255.255.in-addr.arpa", "255.255.255.255"},
		{"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.1.d.f.ip6.arpa",
		 "fd12::2"},
		{"256.0.89.10.in-addr.arpa", NULL},
		{"0.89.10.in-addr.arpa", NULL},
		{"1.2.0.89.10.in-addr.arpa", NULL},
		{"1.2.3.4444.in-addr.arpa", NULL},
		{".2.3.4.in-addr.arpa", NULL},
		{"in-addr.arpa", NULL},
		{"x.ip6.arpa", NULL},
		{"2.0.0.0.ip6.arpa", NULL},
		{"web", NULL},
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct dns_address a, want;
		int r = dns_name_reverse(cases[k].name, &a);

		if (!cases[k].address) {
			ck_assert_msg(r == -EINVAL, "%s", cases[k].name);
			continue;
		}
		ck_assert_int_eq(dns_address_read(cases[k].address, &want), 0);
		ck_assert_msg(r == 0 && dns_address_equal(&a, &want), "%s",
			      cases[k].name);
	}
}
END_TEST

static const char answer[] =
	"\xbe\xef\x81\x80\x00\x01\x00\x04\x00\x00\x00\x00" WEB_A
	"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x05\x00\x06\x03"
	"cdn\xc0\x0c"
	"\xc0\x1d\x00\x01\x00\x01\x00\x00\x01\x00\x00\x04\x0a\x01\x02\x03"
	"\xc0\x1d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x02\x04"
	"\xc0\x1d\x00\x01\x00\x01\x00\x00\x01\x00\x00\x04\x0a\x01\x02\x03";

static void asked(struct dns_question *ret)
{
	static const struct bytes b = BYTES("", HEADER_Q WEB_A);

	ck_assert_int_eq(read_question(&b, ret), DNS_OK);
}

START_TEST(test_reply)
{
	struct dns_question q, other;
	struct dns_address list[4];
	uint8_t message[sizeof(answer)];
	size_t len = sizeof(answer) - 1;
	uint32_t ttl;

	asked(&q);
	memcpy(message, answer, len);
	memcpy(message + 13, "wEb", 3);
	ck_assert_int_eq(dns_reply_check(message, len, &q, 0xbeef), 0);
	ck_assert_int_eq(dns_reply_check(message, len, &q, 0xbeee), -EBADMSG);
	for (size_t cut = 0; cut < 12 + 9; cut++)
		ck_assert_int_eq(dns_reply_check(message, cut, &q, 0xbeef), -EBADMSG);
	other = q;
	other.type = DNS_TYPE_AAAA;
	ck_assert_int_eq(dns_reply_check(message, len, &other, 0xbeef), -EBADMSG);
	other = q;
	other.wire[1] = 'x';
	ck_assert_int_eq(dns_reply_check(message, len, &other, 0xbeef), -EBADMSG);
	ck_assert_msg(dns_reply_check((const uint8_t *)HEADER_Q WEB_A, 21, &q, 0x1234) <
			      0,
		      "a question is no answer");

	ck_assert_int_eq(dns_reply_addresses(message, len, list, 4, &ttl), 2);
	ck_assert_uint_eq(ttl, 60);
	ck_assert_mem_eq(list[0].bytes, "\x0a\x01\x02\x03", 4);
	ck_assert_mem_eq(list[1].bytes, "\x0a\x01\x02\x04", 4);
	ck_assert_int_eq(dns_reply_addresses(message, len, list, 1, &ttl), -E2BIG);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(dns_reply_addresses(message, cut, list, 4, &ttl),
				 -EBADMSG);

	dns_reply_adapt(message, &q);
	ck_assert_mem_eq(message, "\x12\x34", 2);
	ck_assert_mem_eq(message + 13, "WeB", 3);
}
END_TEST

START_TEST(test_written_question)
{
	struct dns_question q, again;
	uint8_t message[DNS_QUESTION_MAX];
	size_t len;

	asked(&q);
	q.has_edns = q.dnssec_ok = true;
	q.udp_size = DNS_UDP_MAX;
	len = dns_question_write(&q, 0x4321, message);
	ck_assert_int_eq(dns_question_read(message, len, &again), DNS_OK);
	ck_assert_uint_eq(again.id, 0x4321);
	ck_assert(again.dnssec_ok && again.recursion_desired && !again.checking_disabled);
	ck_assert_uint_eq(again.udp_size, DNS_UDP_MAX);
	ck_assert(dns_name_equal(q.wire, again.wire));
}
END_TEST

START_TEST(test_full_answer)
{
	struct dns_question q;
	struct dns_answer a;
	struct dns_address address = {.bytes = {10, 0, 0, 1}, .len = 4}, list[64];
	uint8_t message[DNS_UDP_PLAIN];
	uint32_t ttl;
	size_t len;

	asked(&q);
	q.has_edns = true;
	dns_answer_begin(&a, message, sizeof(message), &q);
	for (uint8_t k = 0; k < 60; k++) {
		address.bytes[3] = k;
		dns_answer_address(&a, &address, 5);
	}
	len = dns_answer_end(&a, DNS_OK);
	ck_assert_uint_le(len, sizeof(message));
	ck_assert_msg(dns_reply_is_truncated(message), "not all had a place");
	ck_assert_int_eq(dns_reply_check(message, len, &q, q.id), 0);
	ck_assert_int_eq(dns_reply_addresses(message, len, list, 64, &ttl), 30);
	ck_assert_uint_eq(ttl, 5);
}
END_TEST

UNIT_MAIN("dns_message", test_question, test_hostile_questions, test_long_names,
	  test_reverse, test_reply, test_written_question, test_full_answer)

/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of containers, and of whoever answers in place of a name server. The first byte says which. */
#include <stdint.h>
#include <string.h>

#include "network/dns_message.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const uint8_t *message, size_t len)
{
	struct dns_question q, again;
	struct dns_answer a;
	struct dns_address address;
	uint8_t buffer[DNS_QUESTION_MAX], reply[DNS_UDP_PLAIN];
	char text[DNS_TEXT_MAX];
	int r = dns_question_read(message, len, &q);

	if (r < 0)
		return;
	dns_answer_begin(&a, reply, sizeof(reply), &q);
	if (dns_answer_end(&a, (enum dns_rcode)r) > sizeof(reply))
		__builtin_trap();
	if (r != DNS_OK)
		return;
	dns_name_text(q.wire, text);
	(void)!dns_name_reverse(text, &address);
	if (strlen(text) >= DNS_TEXT_MAX)
		__builtin_trap();
	/* what is passed on is the same question */
	len = dns_question_write(&q, q.id, buffer);
	if (len > sizeof(buffer) || dns_question_read(buffer, len, &again) != DNS_OK ||
	    !dns_name_equal(q.wire, again.wire) || q.type != again.type)
		__builtin_trap();
}

static void hear(const uint8_t *message, size_t len)
{
	struct dns_question q = {.wire = "\3www", .wire_len = 5, .type = 1, .class = 1};
	struct dns_address list[8];
	uint32_t ttl;
	cleanup_free uint8_t *copy = xmemdup(message, len);

	(void)!dns_reply_addresses(message, len, list, 8, &ttl);
	if (dns_reply_check(copy, len, &q, 0x1234) < 0)
		return;
	(void)dns_reply_is_truncated(copy);
	(void)dns_reply_rcode(copy);
	dns_reply_adapt(copy, &q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free uint8_t *message = NULL;

	if (size < 2)
		return 0;
	message = xmemdup(data + 1, size - 1);
	if (data[0] % 2)
		ask(message, size - 1);
	else
		hear(message, size - 1);
	return 0;
}

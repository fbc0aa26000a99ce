/* SPDX-License-Identifier: Apache-2.0 */
#include "network/dns_name.h"

#include <arpa/inet.h>
#include <string.h>

#include "util/str.h"

#define LABEL_MAX    63
#define POINTER_BITS 0xc0
#define ADDRESS_TEXT 64

bool dns_address_equal(const struct dns_address *a, const struct dns_address *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int dns_address_read(const char *text, struct dns_address *ret)
{
	char plain[ADDRESS_TEXT];
	size_t len = strcspn(text, "/%");

	*ret = (struct dns_address){0};
	if (len >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, len);
	plain[len] = 0;
	if (inet_pton(AF_INET, plain, ret->bytes) == 1)
		ret->len = 4;
	else if (inet_pton(AF_INET6, plain, ret->bytes) == 1)
		ret->len = 16;
	return ret->len ? 0 : -EINVAL;
}

int dns_name_read(const uint8_t *message, size_t len, size_t *pos,
		  uint8_t ret_wire[DNS_NAME_MAX])
{
	size_t at = *pos, n = 0, lowest = *pos;
	bool jumped = false;

	while (at < len) {
		uint8_t label = message[at];

		if ((label & POINTER_BITS) == POINTER_BITS) {
			if (at + 1 >= len)
				return -EBADMSG;
			size_t to =
				(size_t)(label & ~POINTER_BITS) << 8 | message[at + 1];
			if (!jumped)
				*pos = at + 2;
			jumped = true;
			if (to >= lowest)
				return -EBADMSG;
			at = lowest = to;
			continue;
		}
		if (label > LABEL_MAX || at + 1 + label > len ||
		    n + 1 + label > DNS_NAME_MAX)
			return -EBADMSG;
		if (ret_wire)
			memcpy(ret_wire + n, message + at, 1U + label);
		n += 1U + label;
		at += 1U + label;
		if (label == 0) {
			if (!jumped)
				*pos = at;
			return (int)n;
		}
	}
	return -EBADMSG;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '.' && c != '\\';
}

void dns_name_text(const uint8_t *wire, char ret[static DNS_TEXT_MAX])
{
	char *to = ret;

	while (*wire) {
		uint8_t label = *wire++;

		for (; label > 0; label--) {
			uint8_t c = lower(*wire++);

			if (is_plain(c)) {
				*to++ = (char)c;
				continue;
			}
			*to++ = '\\';
			*to++ = (char)('0' + c / 100);
			*to++ = (char)('0' + c / 10 % 10);
			*to++ = (char)('0' + c % 10);
		}
		if (*wire)
			*to++ = '.';
	}
	*to = 0;
}

int dns_name_wire(const char *text, uint8_t ret[static DNS_NAME_MAX])
{
	size_t n = 0;

	while (*text) {
		size_t label = strcspn(text, ".");

		if (label == 0 || label > LABEL_MAX || n + 1 + label + 1 > DNS_NAME_MAX)
			return -EINVAL;
		ret[n++] = (uint8_t)label;
		memcpy(ret + n, text, label);
		n += label;
		text += label;
		if (*text)
			text++;
	}
	ret[n++] = 0;
	return (int)n;
}

bool dns_name_equal(const uint8_t *a, const uint8_t *b)
{
	for (;;) {
		uint8_t label = *a;

		if (label != *b)
			return false;
		if (label == 0)
			return true;
		for (uint8_t k = 1; k <= label; k++)
			if (lower(a[k]) != lower(b[k]))
				return false;
		a += label + 1;
		b += label + 1;
	}
}

static int reverse4(const char *text, struct dns_address *ret)
{
	for (size_t k = 4; k-- > 0;) {
		unsigned int value = 0;
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > 3 || text[digits] != '.')
			return -EINVAL;
		for (size_t d = 0; d < digits; d++)
			value = value * 10 + (unsigned int)(text[d] - '0');
		if (value > 0xff)
			return -EINVAL;
		ret->bytes[k] = (uint8_t)value;
		text += digits + 1;
	}
	ret->len = 4;
	return str_eq(text, "in-addr.arpa") ? 0 : -EINVAL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -EINVAL;
}

static int reverse6(const char *text, struct dns_address *ret)
{
	for (size_t k = 32; k-- > 0; text += 2) {
		int digit = hex_digit(text[0]);

		if (digit < 0 || text[1] != '.')
			return -EINVAL;
		ret->bytes[k / 2] |= (uint8_t)(k % 2 ? digit : digit << 4);
	}
	ret->len = 16;
	return str_eq(text, "ip6.arpa") ? 0 : -EINVAL;
}

int dns_name_reverse(const char *text, struct dns_address *ret)
{
	*ret = (struct dns_address){0};
	if (str_ends(text, ".in-addr.arpa"))
		return reverse4(text, ret);
	return str_ends(text, ".ip6.arpa") ? reverse6(text, ret) : -EINVAL;
}

bool dns_name_in(const char *text, const char *domain)
{
	size_t len = strlen(text), tail = strlen(domain);

	if (len < tail || !str_eq(text + len - tail, domain))
		return false;
	return len == tail || text[len - tail - 1] == '.';
}

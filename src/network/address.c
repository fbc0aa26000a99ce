/* SPDX-License-Identifier: Apache-2.0 */
#include "network/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "util/str.h"

size_t address_len(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

int address_parse(const char *text, struct address *ret, struct error *err)
{
	char number[INET6_ADDRSTRLEN + 1];
	struct address a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	uint32_t most = 8 * (uint32_t)address_len(a.family), prefix = most;
	size_t len = strcspn(text, "/");

	if (len >= sizeof(number))
		return error_set(err, ERR_INVALID, 0, "%.64s: not an address", text);
	memcpy(number, text, len);
	number[len] = '\0';
	if (inet_pton(a.family, number, a.bytes) != 1)
		return error_set(err, ERR_INVALID, 0, "%.64s: not an address", text);
	if (text[len] && (str_to_u32(text + len + 1, &prefix) < 0 || prefix > most))
		return error_set(err, ERR_INVALID, 0, "%.64s: not a prefix length", text);
	a.prefix = (uint8_t)prefix;
	*ret = a;
	return 0;
}

bool address_contains(const struct address *subnet, const struct address *a)
{
	unsigned whole = subnet->prefix / 8, rest = subnet->prefix % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (subnet->family != a->family || memcmp(subnet->bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || ((subnet->bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

socklen_t address_socket(const struct address *a, uint16_t port,
			 struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (a->family == AF_INET6) {
		memcpy(&v6.sin6_addr, a->bytes, 16);
		memcpy(ret, &v6, sizeof(v6));
		return sizeof(v6);
	}
	memcpy(&v4.sin_addr, a->bytes, 4);
	memcpy(ret, &v4, sizeof(v4));
	return sizeof(v4);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int address_mac_parse(const char *text, uint8_t ret[static 6], struct error *err)
{
	bool ok = strlen(text) == 17;

	for (size_t k = 0; ok && k < 6; k++) {
		int high = hex_digit(text[3 * k]), low = hex_digit(text[3 * k + 1]);

		ok = high >= 0 && low >= 0 &&
		     (k == 5 || text[3 * k + 2] == ':' || text[3 * k + 2] == '-');
		ret[k] = (uint8_t)(16 * high + low);
	}
	if (!ok || (ret[0] & 1))
		return error_set(err, ERR_INVALID, 0,
				 "%.32s: not the hardware address of a single interface",
				 text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/mem.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t len)
{
	const unsigned char *from = data;
	char *text = xcalloc(len / 3 + 2, 4), *to = text;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)from[i] << 16;
		if (n > 1)
			group |= (uint32_t)from[i + 1] << 8;
		if (n > 2)
			group |= from[i + 2];
		*to++ = alphabet[group >> 18];
		*to++ = alphabet[group >> 12 & 63];
		*to++ = n > 1 ? alphabet[group >> 6 & 63] : '=';
		*to++ = n > 2 ? alphabet[group & 63] : '=';
	}
	return text;
}

int base64_decode(const char *text, char **ret, size_t *ret_len)
{
	size_t n = strspn(text, alphabet), padding = strlen(text) - n, len = 0;
	uint32_t bits = 0;
	unsigned int n_bits = 0;

	if (n % 4 == 1 || strspn(text + n, "=") != padding ||
	    (padding && (n + padding) % 4 != 0) || padding > 2)
		return -EINVAL;
	cleanup_free char *data = xmalloc(n + 1);
	for (size_t i = 0; i < n; i++) {
		bits = bits << 6 | (uint32_t)(strchr(alphabet, text[i]) - alphabet);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		data[len++] = (char)(bits >> n_bits & 0xff);
	}
	if (bits & ((1U << n_bits) - 1))
		return -EINVAL;
	data[len] = '\0';
	*ret = TAKE_PTR(data);
	*ret_len = len;
	return 0;
}

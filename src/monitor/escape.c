/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' &&
	       c != '&';
}

/* Length of the well-formed multi-byte character at in, 0 if it is none. RFC 3629,
 * section 4. */
static size_t utf8_length(const unsigned char *in, size_t len)
{
	unsigned char first = in[0];
	size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	unsigned char low = 0x80, high = 0xbf;

	if (first < 0xc2 || first > 0xf4 || len < want)
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (in[1] < low || in[1] > high)
		return 0;
	for (size_t i = 2; i < want; i++)
		if ((in[i] & 0xc0) != 0x80)
			return 0;
	return want;
}

/* One character that is not plain; `out` has ESCAPE_MAX bytes. Return: bytes taken of in.
 */
static size_t escape_one(const unsigned char *in, size_t len, char *out,
			 size_t *ret_written)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = in[0];
	size_t n;

	*ret_written = 2;
	out[0] = '\\';
	if (c == '"' || c == '\\') {
		out[1] = (char)c;
		return 1;
	}
	if (c == '\n' || c == '\r') {
		out[1] = c == '\n' ? 'n' : 'r';
		return 1;
	}
	*ret_written = 6;
	if (c < 0x80) {
		memcpy(out + 1, "u00", 3);
		out[4] = hex[c >> 4];
		out[5] = hex[c & 15];
		return 1;
	}
	n = utf8_length(in, len);
	if (n == 0) {
		memcpy(out + 1, "ufffd", 5);
		return 1;
	}
	if (n == 3 && in[0] == 0xe2 && in[1] == 0x80 && (in[2] | 1) == 0xa9) {
		memcpy(out + 1, "u202", 4);
		out[5] = in[2] == 0xa8 ? '8' : '9';
		return 3;
	}
	memcpy(out, in, n);
	*ret_written = n;
	return n;
}

size_t escape_json(const unsigned char *in, size_t len, char *out, size_t room,
		   size_t *ret_used)
{
	size_t used = 0, written = 0;

	while (used < len && written < room) {
		size_t run = 0,
		       most = len - used < room - written ? len - used : room - written;
		size_t n;

		while (run < most && is_plain(in[used + run]))
			run++;
		memcpy(out + written, in + used, run);
		used += run;
		written += run;
		if (used == len || room - written < ESCAPE_MAX)
			break;
		used += escape_one(in + used, len - used, out + written, &n);
		written += n;
	}
	*ret_used = used;
	return written;
}

size_t escape_boundary(const unsigned char *in, size_t len)
{
	/* a character has at most three bytes after its first one */
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = in[len - back];
		size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

		if ((c & 0xc0) == 0x80)
			continue;
		return c >= 0xc2 && c <= 0xf4 && want > back ? len - back : len;
	}
	return len;
}

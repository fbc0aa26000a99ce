/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container prints becomes a JSON string: whatever the bytes, a JSON reader must
 * accept it and give them back (with U+FFFD for what is no UTF-8), and it must not matter
 * in which pieces it was escaped.
 */
#include <assert.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/escape.h"

#define INPUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* In pieces of at most `room` bytes of output, with the quotes around it. */
static size_t escape_all(const uint8_t *data, size_t len, size_t room, char *out)
{
	size_t n = 0;

	out[n++] = '"';
	while (len > 0) {
		size_t used, written = escape_json(data, len, out + n, room, &used);

		assert(written <= room);
		assert(used > 0 && used <= len);
		n += written;
		data += used;
		len -= used;
	}
	out[n++] = '"';
	out[n] = '\0';
	return n;
}

static struct json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *value;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* with its NUL, or a number would not be known to have ended */
	value = json_tokener_parse_ex(tokener, text, (int)len + 1);
	assert(value && json_object_is_type(value, json_type_string));
	json_tokener_free(tokener);
	return value;
}

/* The length of a character by its number, another way than escape.c goes; 0 if there is
 * none. */
static size_t character(const uint8_t *in, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = in[0] < 0x80       ? 1
		   : in[0] >> 5 == 6  ? 2
		   : in[0] >> 4 == 14 ? 3
		   : in[0] >> 3 == 30 ? 4
				      : 0;
	uint32_t number = n == 1 ? in[0] : in[0] & (0x7fu >> n);

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (in[i] >> 6 != 2)
			return 0;
		number = number << 6 | (in[i] & 0x3f);
	}
	if (number < least[n] || number > 0x10ffff ||
	    (number >= 0xd800 && number <= 0xdfff))
		return 0;
	return n;
}

static void compare(const uint8_t *in, size_t len, const uint8_t *got, size_t got_len)
{
	size_t g = 0;

	for (size_t i = 0; i < len;) {
		size_t n = character(in + i, len - i);
		const uint8_t *want = n > 0 ? in + i : (const uint8_t *)"\xef\xbf\xbd";
		size_t want_len = n > 0 ? n : 3;

		assert(got_len - g >= want_len && memcmp(got + g, want, want_len) == 0);
		g += want_len;
		i += n > 0 ? n : 1;
	}
	assert(g == got_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char whole[ESCAPE_MAX * INPUT_MAX + 3], pieces[sizeof(whole)];
	struct json_object *value;
	size_t n, boundary;

	if (len > INPUT_MAX)
		return 0;
	n = escape_all(data, len, sizeof(whole) - 3, whole);
	assert(escape_all(data, len, ESCAPE_MAX, pieces) == n &&
	       memcmp(whole, pieces, n) == 0);
	assert(!memchr(whole, '\n', n));
	value = parse(whole, n);
	compare(data, len, (const uint8_t *)json_object_get_string(value),
		(size_t)json_object_get_string_len(value));
	json_object_put(value);

	/* cutting at the boundary cuts no character in two */
	boundary = escape_boundary(data, len);
	assert(boundary <= len && len - boundary <= 3);
	for (size_t i = 0; i < boundary;) {
		size_t c = character(data + i, len - i);

		assert(i + c <= boundary);
		i += c > 0 ? c : 1;
	}
	return 0;
}

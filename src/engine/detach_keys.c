/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/detach_keys.h"

#include <string.h>

#include "util/str.h"

/* One word to its byte, -EINVAL if it is no key. */
static int parse_key(const char *word)
{
	unsigned char c;

	if (word[0] && !word[1])
		return (unsigned char)word[0];
	if (!str_starts(word, "ctrl-") || !word[5] || word[6])
		return -EINVAL;
	c = (unsigned char)word[5];
	if (c >= 'A' && c <= 'Z')
		c = (unsigned char)(c - 'A' + 'a');
	if (!strchr("abcdefghijklmnopqrstuvwxyz@^_[\\]", c))
		return -EINVAL;
	/* ASCII: a control character is its letter without the upper bits */
	return c & 0x1f;
}

int detach_keys_parse(struct detach_keys *d, const char *text, struct error *err)
{
	cleanup_strv char **words = NULL;

	*d = (struct detach_keys){0};
	if (!text)
		text = DETACH_KEYS_DEFAULT;
	if (!*text)
		return 0;
	words = str_split(text, ',');
	strv_foreach (word, words) {
		int key = parse_key(*word);

		if (key < 0) {
			error_set(err, ERR_INVALID, 0,
				  "read detach keys \"%s\": \"%s\" is no key", text,
				  *word);
			return error_hint(
				err,
				"keys are single characters or ctrl-a .. ctrl-z, ctrl-@ "
				"ctrl-^ ctrl-_ ctrl-[ ctrl-\\ ctrl-], separated by commas");
		}
		if (d->len == DETACH_KEYS_MAX)
			return error_set(
				err, ERR_INVALID, 0,
				"read detach keys \"%s\": there are more than %d", text,
				DETACH_KEYS_MAX);
		d->keys[d->len++] = (unsigned char)key;
	}
	return 0;
}

/* The longest beginning of the sequence, shorter than `matched`, that also ends
 * keys[0..matched). */
static size_t fall_back(const struct detach_keys *d, size_t matched)
{
	for (size_t n = matched - 1; n > 0; n--)
		if (memcmp(d->keys, d->keys + matched - n, n) == 0)
			return n;
	return 0;
}

bool detach_keys_scan(struct detach_keys *d, const unsigned char *in, size_t len,
		      unsigned char *out, size_t *ret_len)
{
	size_t n = 0;

	*ret_len = 0;
	for (size_t i = 0; i < len; i++) {
		while (d->matched > 0 && in[i] != d->keys[d->matched]) {
			size_t kept = fall_back(d, d->matched);

			memcpy(out + n, d->keys, d->matched - kept);
			n += d->matched - kept;
			d->matched = kept;
		}
		if (d->len > 0 && in[i] == d->keys[d->matched])
			d->matched++;
		else
			out[n++] = in[i];
		if (d->len > 0 && d->matched == d->len) {
			d->matched = 0;
			*ret_len = n;
			return true;
		}
	}
	*ret_len = n;
	return false;
}

size_t detach_keys_flush(struct detach_keys *d, unsigned char *out)
{
	size_t n = d->matched;

	memcpy(out, d->keys, n);
	d->matched = 0;
	return n;
}

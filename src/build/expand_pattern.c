/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern is pieces with * between them. Its first piece stands where the match begins; each other one is looked for behind the one
 * before it, and where it is found first is as good as anywhere: only the last one decides over the match's length. So nothing is ever
 * tried twice. To match at the end both text and pattern are turned round.
 */
#include "build/expand_pattern.h"

#include <stdint.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define STAR     UINT32_C(0xffffffff)
#define ANY      UINT32_C(0xfffffffe)
#define RAW_BYTE UINT32_C(0x80000000) /* a byte that is no UTF-8 */

struct runes {
	uint32_t *at; /* owned */
	size_t n;
};

static void runes_release(struct runes *r)
{
	free(r->at);
}
#define cleanup_runes cleanup(runes_release)

static void runes_read(const char *s, struct runes *ret)
{
	size_t len = strlen(s);

	*ret = (struct runes){xcalloc(len + 1, sizeof(uint32_t)), 0};
	for (size_t i = 0; i < len;) {
		uint32_t *rune = &ret->at[ret->n++];
		int n = str_utf8_decode(s + i, len - i, rune);

		if (n < 0) {
			*rune = RAW_BYTE | (unsigned char)s[i];
			n = 1;
		}
		i += (size_t)n;
	}
}

static int runes_write(const uint32_t *runes, size_t n, struct buf *b)
{
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = runes[i];
		char s[4] = {(char)c};
		size_t len = 1;

		if (c >= 0x80 && !(c & RAW_BYTE)) {
			len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
			for (size_t k = len - 1; k > 0; k--, c >>= 6)
				s[k] = (char)(0x80 | (c & 0x3f));
			s[0] = (char)((0xf00 >> len & 0xff) | c);
		}
		r = buf_add(b, s, len);
	}
	return r;
}

static void runes_reverse(struct runes *r)
{
	for (size_t i = 0; i < r->n / 2; i++) {
		uint32_t other = r->at[r->n - 1 - i];

		r->at[r->n - 1 - i] = r->at[i];
		r->at[i] = other;
	}
}

/* Escapes are resolved here, so that a pattern can be turned round. */
static int pattern_read(const char *pattern, char escape, struct runes *ret,
			struct error *err)
{
	size_t n = 0;

	runes_read(pattern, ret);
	for (size_t i = 0; i < ret->n; i++) {
		uint32_t c = ret->at[i];

		if (c == (unsigned char)escape && i + 1 < ret->n)
			c = ret->at[++i];
		else if (c == '*')
			c = STAR;
		else if (c == '?')
			c = ANY;
		ret->at[n++] = c;
	}
	ret->n = n;
	if (n > EXPAND_PATTERN_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "a pattern has at most %d characters, this one %zu",
				 EXPAND_PATTERN_MAX, n);
	return 0;
}

struct piece {
	const uint32_t *at;
	size_t n;
};

static struct piece next_piece(struct piece *rest)
{
	struct piece p = *rest;

	for (p.n = 0; p.n < rest->n && rest->at[p.n] != STAR; p.n++)
		;
	rest->at += p.n;
	rest->n -= p.n;
	return p;
}

static bool piece_is(struct piece p, const struct runes *text, size_t at)
{
	if (p.n > text->n - at)
		return false;
	for (size_t i = 0; i < p.n; i++) {
		if (p.at[i] != ANY && p.at[i] != text->at[at + i])
			return false;
	}
	return true;
}

static bool find_piece(struct piece p, const struct runes *text, size_t *at, bool last)
{
	if (p.n > text->n || *at > text->n - p.n)
		return false;
	if (last) {
		for (size_t i = text->n - p.n + 1; i-- > *at;) {
			if (piece_is(p, text, i)) {
				*at = i;
				return true;
			}
		}
		return false;
	}
	for (size_t i = *at; i + p.n <= text->n; i++) {
		if (piece_is(p, text, i)) {
			*at = i;
			return true;
		}
	}
	return false;
}

enum match { MATCHES, DIFFERS, NOWHERE_BEHIND };

/* Whether the pattern is what stands at `at`, and where that ends. NOWHERE_BEHIND: nor further on, since what is missing is missing there
 * as well. */
static enum match match_at(const struct runes *pattern, const struct runes *text,
			   size_t at, bool longest, size_t *ret_end)
{
	struct piece rest = {pattern->at, pattern->n}, p = next_piece(&rest);

	if (!piece_is(p, text, at))
		return DIFFERS;
	at += p.n;
	while (rest.n > 0) {
		rest.at++;
		rest.n--;
		p = next_piece(&rest);
		if (!find_piece(p, text, &at, longest && rest.n == 0))
			return NOWHERE_BEHIND;
		at += p.n;
	}
	*ret_end = at;
	return MATCHES;
}

static int finish(struct buf *b, char **ret, struct error *err)
{
	if (b->overflow)
		return error_set(err, ERR_INVALID, 0, "the value is longer than %d bytes",
				 EXPAND_MAX);
	*ret = buf_take(b);
	return 0;
}

int expand_trim(const char *text, const char *pattern, char escape, bool at_end,
		bool longest, char **ret, struct error *err)
{
	cleanup_runes struct runes t = {0}, p = {0};
	cleanup_buf struct buf b;
	size_t end = 0;

	buf_init(&b, EXPAND_MAX);
	int r = pattern_read(pattern, escape, &p, err);

	if (r < 0)
		return r;
	runes_read(text, &t);
	if (at_end) {
		runes_reverse(&t);
		runes_reverse(&p);
	}
	match_at(&p, &t, 0, longest, &end);
	if (at_end)
		runes_reverse(&t);
	runes_write(t.at + (at_end ? 0 : end), t.n - end, &b);
	return finish(&b, ret, err);
}

int expand_replace(const char *text, const struct expand_replacement *o, char **ret,
		   struct error *err)
{
	cleanup_runes struct runes t = {0}, p = {0};
	cleanup_buf struct buf b;
	bool more = true;

	buf_init(&b, EXPAND_MAX);
	int r = pattern_read(o->pattern, o->escape, &p, err);

	if (r < 0)
		return r;
	runes_read(text, &t);
	for (size_t i = 0; i <= t.n && !b.overflow;) {
		size_t end = i;
		enum match m = more ? match_at(&p, &t, i, true, &end) : DIFFERS;

		if (m == MATCHES) {
			buf_add_str(&b, o->with);
			more = o->all;
		} else if (m == NOWHERE_BEHIND) {
			more = false;
		}
		/* Of nothing: one stands before each character. */
		if (end == i && i < t.n)
			end = i + 1, runes_write(t.at + i, 1, &b);
		else if (end == i)
			break;
		i = end;
		if (i == t.n && p.n > 0)
			break;
	}
	return finish(&b, ret, err);
}

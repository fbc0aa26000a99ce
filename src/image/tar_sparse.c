/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_sparse.h"

#include <stdbool.h>
#include <string.h>

#include "image/tar_header.h"
#include "image/tar_pax.h"
#include "util/str.h"

enum {
	NUMBER_LEN = 12,
	HEADER_MAP = 386,
	HEADER_PIECES = 4,
	HEADER_MORE = 482,
	HEADER_SIZE = 483,
	BLOCK_PIECES = 21,
	BLOCK_MORE = 504,
	DIGITS_MAX = 20,
};

static int bad_map(struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "malformed map of a sparse file");
}

/* Up to n pieces; an empty field ends the map. */
static int read_pieces(const uint8_t *at, size_t n, struct tar_map *map,
		       struct error *err)
{
	for (size_t i = 0; i < n && at[0] != '\0'; i++, at += 2 * NUMBER_LEN) {
		int64_t offset, len;

		if (tar_header_number(at, NUMBER_LEN, &offset) < 0 ||
		    tar_header_number(at + NUMBER_LEN, NUMBER_LEN, &len) < 0 ||
		    offset < 0 || len < 0)
			return bad_map(err);
		int r = tar_extent_add(
			&map->extents, &map->n,
			(struct tar_extent){(uint64_t)offset, (uint64_t)len}, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int tar_sparse_old(struct tar_stream *s, const uint8_t *header, struct tar_map *map,
		   int64_t *ret_size, struct error *err)
{
	bool more = header[HEADER_MORE] != 0;

	map->n = 0;
	if (tar_header_number(header + HEADER_SIZE, NUMBER_LEN, ret_size) < 0 ||
	    *ret_size < 0)
		return bad_map(err);
	int r = read_pieces(header + HEADER_MAP, HEADER_PIECES, map, err);
	while (r == 0 && more) {
		const uint8_t *block;

		r = tar_stream_block(s, &block, err);
		if (r == 0)
			return tar_stream_cut_off(s, err);
		if (r < 0)
			return r;
		more = block[BLOCK_MORE] != 0;
		/* a chain of empty blocks would have no end that the map's limit sees */
		if (more && block[0] == '\0')
			return bad_map(err);
		r = read_pieces(block, BLOCK_PIECES, map, err);
	}
	return r;
}

/* Numbers, a line each, in blocks that belong to them alone. */
struct numbers {
	struct tar_stream *stream;
	uint64_t *stored;
	const uint8_t *block;
	size_t at; /* in the block; TAR_BLOCK: a new one is needed */
};

static int next_number(struct numbers *n, uint64_t *ret, struct error *err)
{
	char digits[DIGITS_MAX + 1];
	size_t len = 0;

	for (;;) {
		if (n->at == TAR_BLOCK) {
			if (*n->stored < TAR_BLOCK)
				return bad_map(err);
			int r = tar_stream_block(n->stream, &n->block, err);
			if (r == 0)
				return tar_stream_cut_off(n->stream, err);
			if (r < 0)
				return r;
			*n->stored -= TAR_BLOCK;
			n->at = 0;
		}
		char c = (char)n->block[n->at++];
		if (c == '\n')
			break;
		if (len == DIGITS_MAX || c < '0' || c > '9')
			return bad_map(err);
		digits[len++] = c;
	}
	digits[len] = '\0';
	return str_to_u64(digits, ret) < 0 ? bad_map(err) : 0;
}

int tar_sparse_text(struct tar_stream *s, uint64_t *stored, struct tar_map *map,
		    struct error *err)
{
	struct numbers numbers = {.stream = s, .stored = stored, .at = TAR_BLOCK};
	struct tar_extent e = {0};
	uint64_t n = 0;

	map->n = 0;
	int r = next_number(&numbers, &n, err);
	if (r == 0 && n > TAR_HOLES_MAX)
		return bad_map(err);
	for (uint64_t i = 0; r == 0 && i < n; i++) {
		r = next_number(&numbers, &e.offset, err);
		if (r == 0)
			r = next_number(&numbers, &e.len, err);
		if (r == 0)
			r = tar_extent_add(&map->extents, &map->n, e, err);
	}
	return r;
}

int tar_sparse_check(const struct tar_extent *extents, size_t n, uint64_t size,
		     uint64_t stored, struct error *err)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (extents[i].offset < end || extents[i].offset > size ||
		    extents[i].len > size - extents[i].offset)
			return bad_map(err);
		end = extents[i].offset + extents[i].len;
		sum += extents[i].len; /* <= size, since they do not overlap */
	}
	return sum != stored ? bad_map(err) : 0;
}

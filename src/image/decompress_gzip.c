/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by ISA-L, which is two to three times as fast as zlib. */
#include <isa-l/igzip_lib.h>

#include "image/decompress_kinds.h"
#include "util/mem.h"

struct gzip {
	struct inflate_state inflate;
	bool between; /* a member has ended, none has begun */
	bool padding; /* zeros follow the last member */
};

static void *gzip_open(struct error *err)
{
	struct gzip *g = xcalloc(1, sizeof(*g));

	isal_inflate_init(&g->inflate);
	g->inflate.crc_flag = ISAL_GZIP;
	return g;
}

static int gzip_error(int code, struct error *err)
{
	const char *why = code == ISAL_INCORRECT_CHECKSUM ? "the checksum does not match"
			  : code == ISAL_INVALID_WRAPPER  ? "no gzip header"
			  : code == ISAL_UNSUPPORTED_METHOD
				  ? "an unknown compression method"
				  : "not valid deflate code";

	return error_set(err, ERR_INVALID, 0, "gzip data are damaged: %s", why);
}

static int inflate_piece(struct gzip *g, struct decompress_io *io, struct error *err)
{
	struct inflate_state *s = &g->inflate;
	uint32_t in = decompress_piece(io->in_len), out = decompress_piece(io->out_len);

	s->next_in = (uint8_t *)io->in; /* not written to */
	s->avail_in = in;
	s->next_out = io->out;
	s->avail_out = out;
	int r = isal_inflate(s);
	io->in += in - s->avail_in;
	io->in_len -= in - s->avail_in;
	io->out += out - s->avail_out;
	io->out_len -= out - s->avail_out;
	return r == ISAL_DECOMP_OK ? 0 : gzip_error(r, err);
}

/* Return: whether another member may begin with the next byte. */
static bool skip_padding(struct gzip *g, struct decompress_io *io, struct error *err)
{
	if (io->in_len > 0 && *io->in == 0)
		g->padding = true;
	if (g->padding)
		decompress_skip_zeros(io);
	if (g->padding && io->in_len > 0)
		error_set(err, ERR_INVALID, 0,
			  "gzip data are damaged: something follows their end");
	return !g->padding && io->in_len > 0;
}

static int gzip_step(void *state, struct decompress_io *io, struct error *err)
{
	struct gzip *g = state;

	while (io->out_len > 0) {
		size_t in_before = io->in_len, out_before = io->out_len;

		if (g->between) {
			if (!skip_padding(g, io, err))
				return error_is_set(err) ? -EINVAL : 0;
			isal_inflate_reset(&g->inflate);
			g->inflate.crc_flag = ISAL_GZIP;
			g->between = false;
		}
		int r = inflate_piece(g, io, err);
		if (r < 0)
			return r;
		if (g->inflate.block_state == ISAL_BLOCK_FINISH)
			g->between = true;
		else if (io->in_len == in_before && io->out_len == out_before)
			return 0;
	}
	return 0;
}

static bool gzip_complete(const void *state)
{
	const struct gzip *g = state;

	return g->between;
}

const struct decompress_ops decompress_gzip_ops = {gzip_open, gzip_step, gzip_complete,
						   free};

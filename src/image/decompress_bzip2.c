/* SPDX-License-Identifier: Apache-2.0 */
#include <bzlib.h>
#include <string.h>

#include "image/decompress_kinds.h"
#include "util/mem.h"

struct bzip2 {
	bz_stream stream;
	bool between; /* streams */
};

static int bzip2_begin(struct bzip2 *b, struct error *err)
{
	BZ2_bzDecompressEnd(&b->stream); /* no matter if there was none */
	memset(&b->stream, 0, sizeof(b->stream));
	if (BZ2_bzDecompressInit(&b->stream, 0, 0) != BZ_OK)
		return error_set(err, ERR_SYSTEM, ENOMEM, "prepare bzip2");
	return 0;
}

static void bzip2_close(void *state)
{
	struct bzip2 *b = state;

	BZ2_bzDecompressEnd(&b->stream);
	free(b);
}

static void *bzip2_open(struct error *err)
{
	struct bzip2 *b = xcalloc(1, sizeof(*b));

	if (bzip2_begin(b, err) == 0)
		return b;
	bzip2_close(b);
	return NULL;
}

static int bzip2_piece(struct bzip2 *b, struct decompress_io *io)
{
	uint32_t in = decompress_piece(io->in_len), out = decompress_piece(io->out_len);

	b->stream.next_in = (char *)io->in; /* not written to */
	b->stream.avail_in = in;
	b->stream.next_out = (char *)io->out;
	b->stream.avail_out = out;
	int code = BZ2_bzDecompress(&b->stream);
	io->in += in - b->stream.avail_in;
	io->in_len -= in - b->stream.avail_in;
	io->out += out - b->stream.avail_out;
	io->out_len -= out - b->stream.avail_out;
	return code;
}

static int bzip2_step(void *state, struct decompress_io *io, struct error *err)
{
	struct bzip2 *b = state;

	while (io->out_len > 0) {
		size_t in_before = io->in_len, out_before = io->out_len;

		if (b->between) {
			decompress_skip_zeros(io);
			if (io->in_len == 0)
				return 0;
			int r = bzip2_begin(b, err);
			if (r < 0)
				return r;
			b->between = false;
		}
		int code = bzip2_piece(b, io);
		if (code != BZ_OK && code != BZ_STREAM_END)
			return error_set(
				err, ERR_INVALID, 0,
				code == BZ_MEM_ERROR
					? "bzip2 data need more memory than there is"
					: "bzip2 data are damaged");
		b->between = code == BZ_STREAM_END;
		if (!b->between && io->in_len == in_before && io->out_len == out_before)
			return 0;
	}
	return 0;
}

static bool bzip2_complete(const void *state)
{
	const struct bzip2 *b = state;

	return b->between;
}

const struct decompress_ops decompress_bzip2_ops = {bzip2_open, bzip2_step,
						    bzip2_complete, bzip2_close};

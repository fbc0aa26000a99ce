/* SPDX-License-Identifier: Apache-2.0 */
#include <lzma.h>

#include "image/decompress_kinds.h"
#include "util/mem.h"

#define MEMORY_MAX (UINT64_C(256) << 20)

struct xz {
	lzma_stream stream;
	bool between; /* streams */
};

static int xz_begin(struct xz *x, struct error *err)
{
	if (lzma_stream_decoder(&x->stream, MEMORY_MAX, LZMA_TELL_UNSUPPORTED_CHECK) !=
	    LZMA_OK)
		return error_set(err, ERR_SYSTEM, ENOMEM, "prepare xz");
	return 0;
}

static void xz_close(void *state)
{
	struct xz *x = state;

	lzma_end(&x->stream);
	free(x);
}

static void *xz_open(struct error *err)
{
	struct xz *x = xcalloc(1, sizeof(*x));

	if (xz_begin(x, err) == 0)
		return x;
	xz_close(x);
	return NULL;
}

static int xz_error(lzma_ret code, struct error *err)
{
	if (code == LZMA_MEMLIMIT_ERROR)
		return error_set(err, ERR_INVALID, 0,
				 "xz data want more than %llu MiB of memory",
				 (unsigned long long)(MEMORY_MAX >> 20));
	if (code == LZMA_UNSUPPORTED_CHECK || code == LZMA_OPTIONS_ERROR)
		return error_set(err, ERR_INVALID, 0,
				 "xz data use what this liblzma does not know");
	if (code == LZMA_MEM_ERROR)
		return error_set(err, ERR_SYSTEM, ENOMEM, "decompress xz data");
	return error_set(err, ERR_INVALID, 0, "xz data are damaged");
}

static int xz_step(void *state, struct decompress_io *io, struct error *err)
{
	struct xz *x = state;

	while (io->out_len > 0) {
		if (x->between) {
			decompress_skip_zeros(io); /* padding, by the format */
			if (io->in_len == 0)
				return 0;
			int r = xz_begin(x, err);
			if (r < 0)
				return r;
			x->between = false;
		}
		x->stream.next_in = io->in;
		x->stream.avail_in = io->in_len;
		x->stream.next_out = io->out;
		x->stream.avail_out = io->out_len;
		lzma_ret code = lzma_code(&x->stream, LZMA_RUN);
		io->in = x->stream.next_in;
		io->in_len = x->stream.avail_in;
		io->out = x->stream.next_out;
		io->out_len = x->stream.avail_out;
		if (code == LZMA_BUF_ERROR) /* it can't go on: wants input */
			return 0;
		if (code != LZMA_OK && code != LZMA_STREAM_END)
			return xz_error(code, err);
		x->between = code == LZMA_STREAM_END;
	}
	return 0;
}

static bool xz_complete(const void *state)
{
	const struct xz *x = state;

	return x->between;
}

const struct decompress_ops decompress_xz_ops = {xz_open, xz_step, xz_complete, xz_close};

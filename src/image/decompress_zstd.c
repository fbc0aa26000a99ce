/* SPDX-License-Identifier: Apache-2.0 */
#include <zstd.h>

#include "image/decompress_kinds.h"
#include "util/mem.h"

#define WINDOW_LOG_MAX 27 /* 128 MiB: what zstd itself takes without being asked */

struct zstd {
	ZSTD_DCtx *context;
	bool between; /* frames */
};

static void zstd_close(void *state)
{
	struct zstd *z = state;

	ZSTD_freeDCtx(z->context);
	free(z);
}

static void *zstd_open(struct error *err)
{
	struct zstd *z = xcalloc(1, sizeof(*z));

	z->context = ZSTD_createDCtx();
	if (!z->context || ZSTD_isError(ZSTD_DCtx_setParameter(
				   z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		zstd_close(z);
		error_set(err, ERR_SYSTEM, ENOMEM, "prepare zstd");
		return NULL;
	}
	return z;
}

static int zstd_step(void *state, struct decompress_io *io, struct error *err)
{
	struct zstd *z = state;

	while (io->out_len > 0) {
		ZSTD_inBuffer in = {io->in, io->in_len, 0};
		ZSTD_outBuffer out = {io->out, io->out_len, 0};

		/* without input it would begin to wait for the next frame */
		if (z->between && io->in_len == 0)
			return 0;
		size_t r = ZSTD_decompressStream(z->context, &out, &in);
		if (ZSTD_isError(r))
			return error_set(err, ERR_INVALID, 0, "zstd data are damaged: %s",
					 ZSTD_getErrorName(r));
		io->in += in.pos;
		io->in_len -= in.pos;
		io->out += out.pos;
		io->out_len -= out.pos;
		z->between = r == 0;
		if (in.pos == 0 && out.pos == 0)
			return 0;
	}
	return 0;
}

static bool zstd_complete(const void *state)
{
	const struct zstd *z = state;

	return z->between;
}

const struct decompress_ops decompress_zstd_ops = {zstd_open, zstd_step, zstd_complete,
						   zstd_close};

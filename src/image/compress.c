/* SPDX-License-Identifier: Apache-2.0 */
#include "image/compress.h"

#include <isa-l/igzip_lib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "util/mem.h"

#define ROOM         (256 * 1024)
#define PIECE_MAX    (UINT32_C(1) << 30) /* zlib and ISA-L count in 32 bits */
#define ISAL_LEVEL   3
#define ZSTD_LEVEL   3
#define GZIP_MAX     9
#define ZSTD_MAX     19 /* beyond that readers need more memory than they may want to give */
#define WINDOW_GZIP  (15 + 16) /* deflateInit2(): largest window, gzip header */
#define MEMORY_LEVEL 8
#define OS_UNKNOWN   255 /* RFC 1952 */

struct compressor {
	int (*run)(struct compressor *c, const uint8_t *in, size_t len, bool end,
		   struct error *err);
	compress_sink *sink;
	void *sink_data;
	uint8_t *out; /* ROOM bytes */
	z_stream zlib;
	bool zlib_begun;
	struct isal_zstream *isal;
	uint8_t *isal_buffer;
	ZSTD_CCtx *zstd;
};

static int give(struct compressor *c, size_t len, struct error *err)
{
	return len > 0 ? c->sink(c->sink_data, c->out, len, err) : 0;
}

static int run_none(struct compressor *c, const uint8_t *in, size_t len, bool end,
		    struct error *err)
{
	return len > 0 ? c->sink(c->sink_data, in, len, err) : 0;
}

static int run_zlib(struct compressor *c, const uint8_t *in, size_t len, bool end,
		    struct error *err)
{
	int code;

	c->zlib.next_in = (uint8_t *)in; /* not written to */
	c->zlib.avail_in = (uint32_t)len;
	do {
		c->zlib.next_out = c->out;
		c->zlib.avail_out = ROOM;
		code = deflate(&c->zlib, end ? Z_FINISH : Z_NO_FLUSH);
		if (code == Z_STREAM_ERROR)
			return error_set(err, ERR_SYSTEM, EIO, "zlib fails");
		int r = give(c, ROOM - c->zlib.avail_out, err);
		if (r < 0)
			return r;
	} while (c->zlib.avail_out == 0 || (end && code != Z_STREAM_END));
	return 0;
}

static int run_isal(struct compressor *c, const uint8_t *in, size_t len, bool end,
		    struct error *err)
{
	struct isal_zstream *s = c->isal;

	s->next_in = (uint8_t *)in; /* not written to */
	s->avail_in = (uint32_t)len;
	s->end_of_stream = end;
	do {
		s->next_out = c->out;
		s->avail_out = ROOM;
		int code = isal_deflate(s);
		if (code != COMP_OK)
			return error_set(err, ERR_SYSTEM, EIO, "ISA-L fails (%d)", code);
		int r = give(c, ROOM - s->avail_out, err);
		if (r < 0)
			return r;
	} while (s->avail_out == 0 || s->avail_in > 0 ||
		 (end && s->internal_state.state != ZSTATE_END));
	return 0;
}

static int run_zstd(struct compressor *c, const uint8_t *in, size_t len, bool end,
		    struct error *err)
{
	ZSTD_inBuffer input = {in, len, 0};
	size_t left;

	do {
		ZSTD_outBuffer output = {c->out, ROOM, 0};

		left = ZSTD_compressStream2(c->zstd, &output, &input,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return error_set(err, ERR_SYSTEM, EIO, "zstd fails: %s",
					 ZSTD_getErrorName(left));
		int r = give(c, output.pos, err);
		if (r < 0)
			return r;
	} while (input.pos < input.size || (end && left > 0));
	return 0;
}

static int open_zlib(struct compressor *c, int level, struct error *err)
{
	if (deflateInit2(&c->zlib, level, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return error_set(err, ERR_SYSTEM, ENOMEM, "prepare zlib");
	c->zlib_begun = true;
	c->run = run_zlib;
	return 0;
}

static int open_isal(struct compressor *c, struct error *err)
{
	struct isal_gzip_header header;

	c->isal = xcalloc(1, sizeof(*c->isal));
	c->isal_buffer = xcalloc(1, ISAL_DEF_LVL3_DEFAULT);
	isal_deflate_init(c->isal);
	c->isal->gzip_flag = IGZIP_GZIP_NO_HDR;
	c->isal->level = ISAL_LEVEL;
	c->isal->level_buf = c->isal_buffer;
	c->isal->level_buf_size = ISAL_DEF_LVL3_DEFAULT;
	c->run = run_isal;

	isal_gzip_header_init(&header);
	header.os = OS_UNKNOWN;
	c->isal->next_out = c->out;
	c->isal->avail_out = ROOM;
	if (isal_write_gzip_header(c->isal, &header) != 0)
		return error_set(err, ERR_SYSTEM, EIO, "ISA-L writes no header");
	return give(c, ROOM - c->isal->avail_out, err);
}

static int open_zstd(struct compressor *c, int level, struct error *err)
{
	c->zstd = ZSTD_createCCtx();
	if (!c->zstd ||
	    ZSTD_isError(
		    ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_checksumFlag, 1)))
		return error_set(err, ERR_SYSTEM, ENOMEM, "prepare zstd");
	c->run = run_zstd;
	return 0;
}

static int check_level(enum compression kind, int64_t level, struct error *err)
{
	int max = kind == COMPRESSION_ZSTD ? ZSTD_MAX : GZIP_MAX;

	if (kind == COMPRESSION_NONE || level == -1 || (level >= 1 && level <= max))
		return 0;
	return error_set(err, ERR_INVALID, 0, "compression level %lld: %s has 1 to %d",
			 (long long)level, compression_name(kind), max);
}

static int open_kind(struct compressor *c, enum compression kind, int64_t level,
		     struct error *err)
{
	int r = check_level(kind, level, err);

	if (r < 0)
		return r;
	switch (kind) {
	case COMPRESSION_NONE:
		c->run = run_none;
		return 0;
	case COMPRESSION_GZIP:
		return level == -1 ? open_isal(c, err) : open_zlib(c, (int)level, err);
	case COMPRESSION_ZSTD:
		return open_zstd(c, level == -1 ? ZSTD_LEVEL : (int)level, err);
	case COMPRESSION_XZ:
	case COMPRESSION_BZIP2:
		break;
	}
	return error_set(err, ERR_UNSUPPORTED, 0, "compress with %s: only gzip and zstd",
			 compression_name(kind));
}

int compressor_new(enum compression kind, int64_t level, compress_sink *sink,
		   void *sink_data, struct compressor **ret, struct error *err)
{
	cleanup_compressor struct compressor *c = xcalloc(1, sizeof(*c));

	c->sink = sink;
	c->sink_data = sink_data;
	c->out = xmalloc(ROOM);
	int r = open_kind(c, kind, level, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

int compressor_add(struct compressor *c, const void *bytes, size_t len, struct error *err)
{
	const uint8_t *in = bytes;

	while (len > 0) {
		size_t n = len < PIECE_MAX ? len : PIECE_MAX;
		int r = c->run(c, in, n, false, err);

		if (r < 0)
			return r;
		in += n;
		len -= n;
	}
	return 0;
}

int compressor_end(struct compressor *c, struct error *err)
{
	return c->run(c, NULL, 0, true, err);
}

void compressor_free(struct compressor *c)
{
	if (!c)
		return;
	if (c->zlib_begun)
		deflateEnd(&c->zlib);
	ZSTD_freeCCtx(c->zstd);
	free(c->isal);
	free(c->isal_buffer);
	free(c->out);
	free(c);
}

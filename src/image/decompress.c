/* SPDX-License-Identifier: Apache-2.0 */
#include "image/decompress.h"

#include <string.h>

#include "util/mem.h"

struct decompressor {
	enum compression kind;
	const struct decompress_ops *ops; /* NULL: none */
	void *state;
};

static const struct {
	const char *name;
	const struct decompress_ops *ops;
} kinds[] = {
	[COMPRESSION_NONE] = {"none", NULL},
	[COMPRESSION_GZIP] = {"gzip", &decompress_gzip_ops},
	[COMPRESSION_ZSTD] = {"zstd", &decompress_zstd_ops},
	[COMPRESSION_XZ] = {"xz", &decompress_xz_ops},
	[COMPRESSION_BZIP2] = {"bzip2", &decompress_bzip2_ops},
};

const char *compression_name(enum compression kind)
{
	return kinds[kind].name;
}

/* "BZh", a level, and the number that starts a block or the end: a tar may well begin with a file
 * named BZh. */
static bool is_bzip2(const uint8_t *s, size_t len)
{
	static const uint8_t block[] = {0x31, 0x41, 0x59, 0x26, 0x53, 0x59},
			     end[] = {0x17, 0x72, 0x45, 0x38, 0x50, 0x90};
	size_t rest = len > 4 ? len - 4 : 0;

	if (len < 4 || memcmp(s, "BZh", 3) != 0 || s[3] < '1' || s[3] > '9')
		return false;
	if (rest > sizeof(block))
		rest = sizeof(block);
	return memcmp(s + 4, block, rest) == 0 || memcmp(s + 4, end, rest) == 0;
}

static bool is_zstd(const uint8_t *s, size_t len)
{
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd},
			     skippable[] = {0x2a, 0x4d, 0x18};

	return len >= 4 && (memcmp(s, frame, sizeof(frame)) == 0 ||
			    ((s[0] & 0xf0) == 0x50 &&
			     memcmp(s + 1, skippable, sizeof(skippable)) == 0));
}

enum compression compression_detect(const void *start, size_t len)
{
	static const uint8_t xz[] = {0xfd, '7', 'z', 'X', 'Z', 0},
			     gzip[] = {0x1f, 0x8b, 8};

	if (len >= sizeof(gzip) && memcmp(start, gzip, sizeof(gzip)) == 0)
		return COMPRESSION_GZIP;
	if (is_zstd(start, len))
		return COMPRESSION_ZSTD;
	if (len >= sizeof(xz) && memcmp(start, xz, sizeof(xz)) == 0)
		return COMPRESSION_XZ;
	return is_bzip2(start, len) ? COMPRESSION_BZIP2 : COMPRESSION_NONE;
}

int decompressor_new(enum compression kind, struct decompressor **ret, struct error *err)
{
	cleanup_decompressor struct decompressor *d = xcalloc(1, sizeof(*d));

	d->kind = kind;
	d->ops = kinds[kind].ops;
	if (d->ops) {
		d->state = d->ops->open(err);
		if (!d->state)
			return -err->code;
	}
	*ret = TAKE_PTR(d);
	return 0;
}

int decompressor_step(struct decompressor *d, struct decompress_io *io, struct error *err)
{
	size_t n = io->in_len < io->out_len ? io->in_len : io->out_len;

	if (d->ops)
		return d->ops->step(d->state, io, err);
	memcpy(io->out, io->in, n);
	io->in += n;
	io->in_len -= n;
	io->out += n;
	io->out_len -= n;
	return 0;
}

int decompressor_end(const struct decompressor *d, struct error *err)
{
	if (!d->ops || d->ops->complete(d->state))
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "%s data are cut off: they end in the middle",
			 compression_name(d->kind));
}

void decompressor_free(struct decompressor *d)
{
	if (!d)
		return;
	if (d->ops && d->state)
		d->ops->close(d->state);
	free(d);
}

void decompress_skip_zeros(struct decompress_io *io)
{
	while (io->in_len > 0 && *io->in == 0) {
		io->in++;
		io->in_len--;
	}
}

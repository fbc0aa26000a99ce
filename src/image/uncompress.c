/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uncompress.h"

#include <unistd.h>

#include "image/decompress.h"
#include "util/fd.h"
#include "util/mem.h"

#define CHUNK ((size_t)256 * 1024)

struct uncompression {
	int in_fd, out_fd;
	struct decompressor *decompressor;
	uint8_t *in, *out;
};

/* As much as fits, less only at the end. Return: bytes or -errno. */
static ssize_t fill(const struct uncompression *u, size_t want, struct error *err)
{
	size_t have = 0;

	while (have < want) {
		ssize_t n = read(u->in_fd, u->in + have, want - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read the archive");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int write_out(const struct uncompression *u, size_t len, struct error *err)
{
	int r = fd_write_all(u->out_fd, u->out, len);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hand on the archive") : 0;
}

static int pass(const struct uncompression *u, size_t len, struct error *err)
{
	struct decompress_io io = {.in = u->in, .in_len = len};

	do {
		int r;

		io.out = u->out;
		io.out_len = CHUNK;
		r = decompressor_step(u->decompressor, &io, err);
		if (r == 0)
			r = write_out(u, CHUNK - io.out_len, err);
		if (r < 0)
			return r;
	} while (io.in_len > 0 || io.out_len == 0);
	return 0;
}

static int run(struct uncompression *u, struct error *err)
{
	ssize_t n = fill(u, COMPRESSION_MAGIC_MAX, err);
	int r = n < 0 ? (int)n
		      : decompressor_new(compression_detect(u->in, (size_t)n),
					 &u->decompressor, err);

	while (r == 0 && n > 0) {
		r = pass(u, (size_t)n, err);
		if (r == 0)
			n = fill(u, CHUNK, err);
	}
	if (r < 0 || n < 0)
		return r < 0 ? r : (int)n;
	return decompressor_end(u->decompressor, err);
}

int uncompress(int in_fd, int out_fd, int (*confine)(struct error *err),
	       struct error *err)
{
	cleanup_free uint8_t *in = xmalloc(CHUNK), *out = xmalloc(CHUNK);
	struct uncompression u = {.in_fd = in_fd, .out_fd = out_fd, .in = in, .out = out};
	int r = confine ? confine(err) : 0;

	if (r == 0)
		r = run(&u, err);
	decompressor_free(u.decompressor);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_spool.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/decompress.h"
#include "image/layer.h"
#include "util/fd.h"
#include "util/mem.h"

#define CHUNK    (256 * 1024)
#define MAX_SIZE LAYER_MAX_BYTES

struct spool {
	const char *name;
	int in_fd, out_fd;
	uint8_t *in, *out; /* CHUNK bytes each */
	uint64_t written;
};

static void spool_release(struct spool *s)
{
	free(s->in);
	free(s->out);
	if (s->out_fd >= 0)
		close(s->out_fd);
}
#define cleanup_spool cleanup(spool_release)

/* As many bytes as there are, up to `len`. */
static int read_full(const struct spool *s, uint8_t *data, size_t len, size_t *ret_n,
		     struct error *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(s->in_fd, data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read %s", s->name);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_n = done;
	return 0;
}

static int write_out(struct spool *s, const uint8_t *data, size_t len, struct error *err)
{
	s->written += len;
	if (s->written > MAX_SIZE)
		return error_set(err, ERR_INVALID, EFBIG, "read %s", s->name);
	int r = fd_write_all(s->out_fd, data, len);
	if (r == 0)
		return 0;
	error_set(err, ERR_SYSTEM, -r, "copy %s into the data directory", s->name);
	if (r == -ENOSPC || r == -EDQUOT)
		error_hint(err, "make room there, or decompress it and give its name: "
				"a plain file is read where it lies");
	return r;
}

static int decompress(struct spool *s, struct decompressor *d, size_t n,
		      struct error *err)
{
	struct decompress_io io = {.in = s->in, .in_len = n};

	do {
		io.out = s->out;
		io.out_len = CHUNK;
		int r = decompressor_step(d, &io, err);
		if (r < 0)
			return error_wrap(err, "read %s", s->name);
		r = write_out(s, s->out, CHUNK - io.out_len, err);
		if (r < 0)
			return r;
	} while (io.in_len > 0 || io.out_len == 0);
	return 0;
}

static int copy_all(struct spool *s, struct error *err)
{
	cleanup_decompressor struct decompressor *d = NULL;
	size_t n = 0;

	int r = read_full(s, s->in, CHUNK, &n, err);
	if (r == 0)
		r = decompressor_new(compression_detect(s->in, n), &d, err);
	while (r == 0 && n > 0) {
		r = decompress(s, d, n, err);
		if (r == 0)
			r = read_full(s, s->in, CHUNK, &n, err);
	}
	if (r == 0 && (r = decompressor_end(d, err)) < 0)
		return error_wrap(err, "read %s", s->name);
	return r;
}

/* A regular file that starts where it is read, and is not compressed. */
static bool is_plain(int fd)
{
	char start[COMPRESSION_MAGIC_MAX];
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) != 0)
		return false;
	ssize_t n = pread(fd, start, sizeof(start), 0);
	return n >= 0 && compression_detect(start, (size_t)n) == COMPRESSION_NONE;
}

int archive_spool(int *fd, int blobs_fd, const char *name, struct error *err)
{
	if (is_plain(*fd))
		return 0;
	cleanup_spool struct spool s = {
		.name = name,
		.in_fd = *fd,
		.out_fd =
			openat(blobs_fd, "partial", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600),
		.in = xmalloc(CHUNK),
		.out = xmalloc(CHUNK),
	};
	if (s.out_fd < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "make a temporary file in the data directory");
	int r = copy_all(&s, err);
	if (r < 0)
		return r;
	close(*fd);
	*fd = TAKE_FD(s.out_fd);
	return 0;
}

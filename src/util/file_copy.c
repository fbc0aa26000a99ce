/* SPDX-License-Identifier: Apache-2.0 */
#include "util/file_copy.h"

#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"

#define STEP  ((size_t)64 << 20) /* bytes that one call moves */
#define CHUNK 65536

/* Some file systems say so only when they are asked: then the next way is tried. */
static bool cannot(int code)
{
	return code == EXDEV || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP ||
	       code == EBADF || code == EPERM || code == ETXTBSY;
}

static ssize_t copy_chunk(int from_fd, int to_fd, off_t at, size_t len)
{
	char chunk[CHUNK];
	ssize_t n = pread(from_fd, chunk, len < CHUNK ? len : CHUNK, at), done = 0;

	while (n > 0 && done < n) {
		ssize_t k = pwrite(to_fd, chunk + done, (size_t)(n - done), at + done);

		if (k < 0 && errno != EINTR)
			return -1;
		done += k > 0 ? k : 0;
	}
	return n;
}

/* From the same offset to the same offset. Return: as read(2). */
static ssize_t copy_some(int from_fd, int to_fd, off_t at, size_t len, int *way)
{
	ssize_t n = -1;

	len = len < STEP ? len : STEP;
	if (*way == 0) {
		off_t in = at, out = at;

		n = copy_file_range(from_fd, &in, to_fd, &out, len, 0);
		/* 0 where data should be: some kernels' answer for file systems that can't */
		if (n > 0 || (n < 0 && !cannot(errno)))
			return n;
		*way = 1;
	}
	if (*way == 1) {
		off_t in = at;

		if (lseek(to_fd, at, SEEK_SET) >= 0)
			n = sendfile(to_fd, from_fd, &in, len);
		if (n > 0 || (n < 0 && !cannot(errno)))
			return n;
		*way = 2;
	}
	return copy_chunk(from_fd, to_fd, at, len);
}

static int copy_range(int from_fd, int to_fd, off_t at, off_t end, int *way)
{
	while (at < end) {
		ssize_t n = copy_some(from_fd, to_fd, at, (size_t)(end - at), way);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		at += n;
	}
	return 0;
}

/* The next piece of data at or behind *at; without the kernel's help all is data. */
static bool find_data(int fd, off_t size, off_t *at, off_t *ret_end)
{
	off_t data = lseek(fd, *at, SEEK_DATA), hole;

	if (data < 0 && errno == ENXIO)
		return false;
	if (data < 0)
		data = *at;
	if (data >= size)
		return false;
	hole = lseek(fd, data, SEEK_HOLE);
	*at = data;
	*ret_end = hole < 0 || hole > size ? size : hole;
	return true;
}

int file_copy(int from_fd, int to_fd, uint64_t size)
{
	off_t at = 0, end = (off_t)size;
	struct stat st;
	int way = 0;

	if (end <= 0)
		return 0;
	if (fstat(from_fd, &st) == 0 && (uint64_t)st.st_size == size &&
	    ioctl(to_fd, FICLONE, from_fd) == 0)
		return 0;
	while (at < end && find_data(from_fd, end, &at, &end)) {
		int r = copy_range(from_fd, to_fd, at, end, &way);

		if (r < 0)
			return r;
		at = end;
		end = (off_t)size;
	}
	if (fstat(from_fd, &st) == 0 && st.st_size < (off_t)size)
		size = (uint64_t)st.st_size;
	return ftruncate(to_fd, (off_t)size) < 0 ? -errno : 0;
}

int file_copy_stream(int from_fd, int to_fd, uint64_t max)
{
	char chunk[CHUNK];
	uint64_t done = 0;

	for (;;) {
		ssize_t n = read(from_fd, chunk, sizeof(chunk));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		done += (uint64_t)n;
		if (done > max)
			return -EFBIG;
		r = fd_write_all(to_fd, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
}

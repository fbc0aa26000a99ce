/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_archive.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/copy_uncompress.h"
#include "engine/unpack.h"
#include "engine/user_ids.h"
#include "image/tar_header.h"
#include "util/fd.h"
#include "util/str.h"

static bool is_compressed(const uint8_t *start, size_t n)
{
	static const struct {
		const char *bytes;
		size_t n;
	} magics[] = {
		{"\x1f\x8b", 2},
		{"BZh", 3},
		{"\xfd"
		 "7zXZ\0",
		 6},
		{"\x28\xb5\x2f\xfd", 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (n >= magics[i].n && memcmp(start, magics[i].bytes, magics[i].n) == 0)
			return true;
	return false;
}

static size_t read_block(int fd, uint8_t block[static TAR_BLOCK])
{
	size_t done = 0;

	while (done < TAR_BLOCK) {
		ssize_t n = read(fd, block + done, TAR_BLOCK - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static bool is_tar(const uint8_t *block, size_t n)
{
	cleanup_error struct error err = ERROR_INIT;
	struct tar_header header;

	return n == TAR_BLOCK && tar_header_parse(block, &header, &err) == 1;
}

/* What is damaged is no archive, but a file that is copied as it is. */
static int look_inside(int fd, bool *ret, struct error *err)
{
	cleanup(copy_uncompress_release) struct copy_uncompress u = COPY_UNCOMPRESS_INIT;
	cleanup_fd int plain_fd = -EBADF;
	uint8_t block[TAR_BLOCK];
	int r = copy_uncompress_start(fd, &u, &plain_fd, err);

	if (r < 0)
		return r;
	*ret = is_tar(block, read_block(plain_fd, block));
	return 0;
}

int copy_archive_is(int fd, bool *ret, struct error *err)
{
	uint8_t block[TAR_BLOCK];
	size_t n = read_block(fd, block);
	int r = 0;

	*ret = is_tar(block, n);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look into an archive");
	if (!*ret && is_compressed(block, n))
		r = look_inside(fd, ret, err);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look into an archive");
	return r;
}

int copy_archive_unpack(int fd, int dir_fd, bool single_id, struct error *err)
{
	cleanup_layer_result struct layer_result result = {0};
	const struct user_ids root = {0}; /* this process is that already */
	struct unpack_request request = {
		.ids = &root,
		.tree_fd = dir_fd,
		.blob_fd = fd,
		.growth_fd = -EBADF,
		.flags = LAYER_PLAIN | (single_id ? LAYER_SINGLE_ID : 0),
	};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at an archive");
	request.size = (uint64_t)st.st_size;
	return unpack_run(&request, &result, err);
}

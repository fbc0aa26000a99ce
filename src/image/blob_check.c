/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blob_check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "image/blobs.h"
#include "image/hash.h"
#include "image/unsynced.h"
#include "util/mem.h"
#include "util/str.h"

#define CHUNK (256 * 1024)

int blob_hash(int fd, const char *digest, char ret[static DIGEST_TEXT_MAX],
	      struct error *err)
{
	cleanup_hash struct hash *hash = NULL;
	cleanup_free char *data = xmalloc(CHUNK);
	ssize_t n;
	int r = hash_new(digest, &hash, err);

	if (r < 0)
		return r;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = read(fd, data, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read it");
		hash_add(hash, data, (size_t)n);
	}
	return hash_end(hash, ret, err);
}

int blob_settle(int blobs_fd, const char *digest, struct error *err)
{
	char is[DIGEST_TEXT_MAX];
	cleanup_fd int fd = -EBADF;
	int r;

	if (blob_size(blobs_fd, digest) < 0)
		return 0;
	fd = blob_open(blobs_fd, digest, err);
	if (fd < 0)
		return fd;
	if (!unsynced_is_doubtful(blobs_fd, fd))
		return 0;
	r = blob_hash(fd, digest, is, err);
	if (r < 0)
		return error_wrap(err, "check the blob %s", digest);
	if (!str_eq(is, digest))
		return blob_remove(blobs_fd, digest, err);
	unsynced_clear(fd);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/digest.h"
#include "util/fs.h"

#define DIR_MODE 0700

int blobs_open(int data_dirfd, struct error *err)
{
	static const char *const subdirs[] = {"sha256", "sha512", "partial"};
	cleanup_fd int fd = fs_open_dir(data_dirfd, "blobs", true, DIR_MODE, err);

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < ARRAY_SIZE(subdirs); i++)
		if (mkdirat(fd, subdirs[i], DIR_MODE) < 0 && errno != EEXIST)
			return error_set(err, ERR_SYSTEM, errno, "make blobs/%s",
					 subdirs[i]);
	return TAKE_FD(fd);
}

int blob_open(int blobs_fd, const char *digest, struct error *err)
{
	cleanup_free char *path = digest_path(digest);
	int fd = openat(blobs_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open the blob %s",
				 digest);
	return fd;
}

int64_t blob_size(int blobs_fd, const char *digest)
{
	cleanup_free char *path = digest_path(digest);
	struct stat st;

	if (fstatat(blobs_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	return st.st_size;
}

int blob_read(int blobs_fd, const char *digest, size_t max, char **ret, size_t *ret_len,
	      struct error *err)
{
	cleanup_free char *path = digest_path(digest);
	int r = fs_read(blobs_fd, path, max, ret, ret_len, err);

	return r < 0 ? error_wrap(err, "blob") : 0;
}

int blob_remove(int blobs_fd, const char *digest, struct error *err)
{
	cleanup_free char *path = digest_path(digest);

	if (unlinkat(blobs_fd, path, 0) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove the blob %s", digest);
	return 0;
}

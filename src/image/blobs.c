/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/unsynced.h"
#include "util/digest.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define DIR_MODE 0700
#define BLOCK    512 /* what st_blocks counts; inode(7) */

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
	unsynced_note_boot(fd);
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

/* Written under a name that nobody takes for complete, and locked, so that it is not swept. */
static int write_partial(int blobs_fd, const char *path, const void *data, size_t len,
			 struct error *err)
{
	cleanup_fd int fd =
		openat(blobs_fd, path,
		       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a blob");
	r = fd_write_all(fd, data, len);
	if (r == 0 && unsynced_mark(blobs_fd, fd) < 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write a blob") : 0;
}

int blob_put(int blobs_fd, const char *digest, const void *data, size_t len,
	     struct error *err)
{
	cleanup_free char *path = digest_path(digest);
	cleanup_free char *partial =
		xasprintf("partial/%d-%.20s", (int)getpid(), digest_hex(digest));
	int r;

	if (blob_size(blobs_fd, digest) == (int64_t)len)
		return 0;
	(void)unlinkat(blobs_fd, partial, 0); /* of another process with this number */
	r = write_partial(blobs_fd, partial, data, len, err);
	if (r == 0 && renameat(blobs_fd, partial, blobs_fd, path) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "put the blob %s in place", digest);
	if (r < 0)
		(void)unlinkat(blobs_fd, partial, 0);
	return r;
}

int blob_remove(int blobs_fd, const char *digest, struct error *err)
{
	cleanup_free char *path = digest_path(digest);

	if (unlinkat(blobs_fd, path, 0) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove the blob %s", digest);
	return 0;
}

bool blob_in_use(int blobs_fd, const char *digest)
{
	cleanup_free char *path = digest_path(digest);
	cleanup_fd int fd = openat(blobs_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static DIR *open_list(int blobs_fd, const char *name)
{
	int fd = openat(blobs_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

int blobs_list(int blobs_fd, char ***ret, struct error *err)
{
	static const char *const algorithms[] = {"sha256", "sha512"};

	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		cleanup_dir DIR *dir = open_list(blobs_fd, algorithms[i]);
		struct dirent *entry;

		if (!dir)
			return error_set(err, ERR_SYSTEM, errno, "list blobs/%s",
					 algorithms[i]);
		while ((entry = readdir(dir))) {
			cleanup_free char *digest =
				xasprintf("%s:%s", algorithms[i], entry->d_name);

			if (digest_valid(digest))
				strv_add_take(ret, TAKE_PTR(digest));
		}
	}
	return 0;
}

/* Its lock, if nobody has it and the name still means that file (as in blob_writer.c); or -EBADF. */
static int lock_partial(int dirfd, const char *name, struct stat *ret)
{
	cleanup_fd int fd =
		openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat by_name;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, ret) < 0 ||
	    fstatat(dirfd, name, &by_name, AT_SYMLINK_NOFOLLOW) < 0 ||
	    by_name.st_ino != ret->st_ino || by_name.st_dev != ret->st_dev)
		return -EBADF;
	return TAKE_FD(fd);
}

int blobs_partial(int blobs_fd, bool remove, size_t *ret_n, int64_t *ret_bytes,
		  struct error *err)
{
	cleanup_dir DIR *dir = open_list(blobs_fd, "partial");
	struct dirent *entry;

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list blobs/partial");
	while ((entry = readdir(dir))) {
		struct stat st;
		cleanup_fd int fd =
			entry->d_type == DT_DIR
				? -EBADF
				: lock_partial(dirfd(dir), entry->d_name, &st);

		if (fd < 0)
			continue;
		if (remove && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "remove blobs/partial/%s", entry->d_name);
		++*ret_n;
		*ret_bytes += (int64_t)st.st_blocks * BLOCK;
	}
	return 0;
}

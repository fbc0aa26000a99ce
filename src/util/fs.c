/* SPDX-License-Identifier: Apache-2.0 */
#include "util/fs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>

#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define TEMPORARY_TRIES 64

int fs_read(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_len,
	    struct error *err)
{
	cleanup_buf struct buf text;

	buf_init(&text, max);
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", path);
	int r = fd_read_all(fd, &text);
	if (r == -E2BIG) {
		error_set(err, ERR_INVALID, EFBIG, "read %s: more than %zu bytes", path,
			  max);
		return -EFBIG;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", path);
	if (ret_len)
		*ret_len = text.len;
	*ret_text = buf_take(&text);
	return 0;
}

/* The directory that path's last component is in, and that component (within path). */
static int open_parent(int dirfd, const char *path, int flags, const char **ret_base,
		       struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir =
		slash ? xstrndup(path, (size_t)(slash - path) + 1) : NULL;

	*ret_base = slash ? slash + 1 : path;
	if (**ret_base == '\0')
		return error_set(err, ERR_INVALID, EISDIR, "write %s", path);
	int fd = openat(dirfd, dir ? dir : ".", flags | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "open the directory of %s", path);
	return fd;
}

/* A new file ".base.XXXXXXXX" in the directory; its name in `name`. */
static int open_temporary(int parent_fd, const char *base, char name[static NAME_MAX + 1])
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		uint32_t random = 0;
		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = (uint32_t)getpid() * TEMPORARY_TRIES + (uint32_t)i;
		snprintf(name, NAME_MAX + 1, ".%.200s.%08x", base, random);
		int fd = openat(parent_fd, name,
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int fill(int fd, const void *data, size_t len, mode_t mode, bool sync)
{
	int r = fd_write_all(fd, data, len);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return -errno;
	if (sync && (sys_fault("fsync") || fsync(fd) < 0))
		return -errno;
	return 0;
}

static int put_in_place(int parent_fd, const char *name, const char *base, bool exclusive)
{
	if (sys_fault("rename"))
		return -errno;
	if (!exclusive)
		return renameat(parent_fd, name, parent_fd, base) < 0 ? -errno : 0;
	if (renameat2(parent_fd, name, parent_fd, base, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* Some file systems know no RENAME_NOREPLACE; link(2) never replaces either. */
	if (linkat(parent_fd, name, parent_fd, base, 0) < 0)
		return -errno;
	return unlinkat(parent_fd, name, 0) < 0 ? -errno : 0;
}

int fs_write_atomic(int dirfd, const char *path, const void *data, size_t len,
		    mode_t mode, enum fs_write_flags flags, struct error *err)
{
	bool sync = flags & FS_WRITE_SYNC;
	char name[NAME_MAX + 1];
	const char *base;

	/* fsync(2) of the directory needs more than O_PATH. */
	cleanup_fd int parent_fd =
		open_parent(dirfd, path, sync ? O_RDONLY : O_PATH, &base, err);
	if (parent_fd < 0)
		return parent_fd;
	cleanup_fd int fd = open_temporary(parent_fd, base, name);
	if (fd < 0)
		return error_set(err, error_kind_of(-fd), -fd,
				 "make a temporary file for %s", path);
	int r = fill(fd, data, len, mode, sync);
	if (r == 0)
		r = put_in_place(parent_fd, name, base, flags & FS_WRITE_EXCLUSIVE);
	if (r < 0) {
		unlinkat(parent_fd, name, 0);
		return error_set(err, error_kind_of(-r), -r, "write %s", path);
	}
	if (sync && fsync(parent_fd) < 0)
		return error_set(err, ERR_SYSTEM, errno, "sync the directory of %s",
				 path);
	return 0;
}

/* mkdir with exactly this mode, whatever the umask; an existing directory stays as it is.
 */
static int make_one_dir(int dirfd, const char *name, mode_t mode)
{
	char link[FD_PROC_PATH_MAX];
	struct stat st;

	if (mkdirat(dirfd, name, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	cleanup_fd int fd =
		openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	/* A setgid bit that the parent handed down is kept. */
	if ((st.st_mode & 0777) != (mode & 0777) &&
	    chmod(fd_proc_path(fd, link), (st.st_mode & S_ISGID) | mode) < 0)
		return -errno;
	return 0;
}

/* mkdir -p and open. */
static int make_dirs(int dirfd, const char *path, mode_t mode, struct error *err)
{
	cleanup_free char *copy = xstrdup(path);
	cleanup_fd int at_fd = -EBADF;
	char *rest = copy;

	at_fd = openat(dirfd, *path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "make directory %s",
				 path);
	for (char *name; (name = strsep(&rest, "/"));) {
		if (*name == '\0')
			continue;
		int next_fd = openat(at_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next_fd < 0 && errno == ENOENT) {
			int r = make_one_dir(at_fd, name, mode);
			if (r < 0)
				return error_set(err, error_kind_of(-r), -r,
						 "make directory %s", path);
			next_fd = openat(at_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		}
		if (next_fd < 0)
			return error_set(err, error_kind_of(errno), errno,
					 "make directory %s", path);
		close(at_fd);
		at_fd = next_fd;
	}
	return TAKE_FD(at_fd);
}

int fs_open_dir(int dirfd, const char *path, bool create, mode_t mode, struct error *err)
{
	int fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT && create)
		return make_dirs(dirfd, path, mode, err);
	return error_set(err, error_kind_of(errno), errno, "open directory %s", path);
}

int fs_mkdirs(int dirfd, const char *path, mode_t mode, struct error *err)
{
	int fd = fs_open_dir(dirfd, path, true, mode, err);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/*
 * A link is followed only if it is ours or root's: in /tmp anybody can make one under the
 * name that we are going to use, to a directory of ours, and turn it elsewhere later.
 */
static int open_trusted_dir(const char *path, struct error *err)
{
	struct stat st;

	cleanup_fd int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, error_kind_of(errno), errno, "open directory %s",
				 path);
	if (S_ISDIR(st.st_mode))
		return TAKE_FD(fd);
	if (!S_ISLNK(st.st_mode) || st.st_uid == geteuid() || st.st_uid == 0)
		return fs_open_dir(AT_FDCWD, path, false, 0, err);
	error_set(err, ERR_DENIED, 0,
		  "use directory %s: it is a symbolic link that belongs to uid %u", path,
		  st.st_uid);
	return error_hint(err, "as root: rm %s", path);
}

int fs_open_own_dir(const char *path, mode_t mode, struct error *err)
{
	struct stat st;

	cleanup_fd int fd = open_trusted_dir(path, err);
	if (fd == -ENOENT) {
		error_release(err);
		int r = fs_mkdirs(AT_FDCWD, path, mode, err);
		if (r < 0)
			return r;
		fd = open_trusted_dir(path, err);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at directory %s", path);
	if (st.st_uid != geteuid()) {
		error_set(err, ERR_DENIED, 0,
			  "use directory %s: it belongs to uid %u, not to uid %u", path,
			  st.st_uid, geteuid());
		return error_hint(err, "run this as uid %u, or move %s away", st.st_uid,
				  path);
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		error_set(err, ERR_DENIED, 0, "use directory %s: others can write to it",
			  path);
		return error_hint(err, "chmod go-w %s", path);
	}
	return TAKE_FD(fd);
}

static int lock_once(int dirfd, const char *path, int operation)
{
	struct stat held, named;

	cleanup_fd int fd =
		openat(dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	int r;
	do
		r = flock(fd, operation);
	while (r < 0 && errno == EINTR);
	if (r < 0 || fstat(fd, &held) < 0)
		return -errno;
	/* A lock on a file that was removed meanwhile excludes nobody. */
	if (fstatat(dirfd, path, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    held.st_ino != named.st_ino || held.st_dev != named.st_dev)
		return -ESTALE;
	return TAKE_FD(fd);
}

int fs_lock(int dirfd, const char *path, bool exclusive, bool wait, struct error *err)
{
	int operation = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);
	int fd;

	do
		fd = lock_once(dirfd, path, operation);
	while (fd == -ESTALE);
	if (fd == -EWOULDBLOCK)
		return error_set(err, ERR_UNAVAILABLE, EWOULDBLOCK,
				 "lock %s: another process holds it", path);
	if (fd < 0)
		return error_set(err, error_kind_of(-fd), -fd, "lock %s", path);
	return fd;
}

bool fs_exists(int dirfd, const char *path)
{
	int saved_errno = errno;
	bool exists = faccessat(dirfd, path, F_OK, 0) == 0;
	errno = saved_errno;
	return exists;
}

char *fs_join(const char *a, const char *b)
{
	size_t len = strlen(a);
	while (len > 0 && a[len - 1] == '/')
		len--;
	while (*b == '/')
		b++;
	return xasprintf("%.*s/%s", (int)len, a, b);
}

char *fs_absolute(const char *path)
{
	cleanup_free char *cwd = NULL;
	cleanup_buf struct buf clean;

	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		/* "(unreachable)/..." is what the kernel says of a directory outside the
		 * root. */
		if (cwd && *cwd != '/')
			errno = ENOENT;
		if (!cwd || *cwd != '/')
			return NULL;
	}
	cleanup_free char *whole = cwd ? fs_join(cwd, path) : xstrdup(path);
	char *rest = whole;
	buf_init(&clean, SIZE_MAX / 2);
	for (char *name; (name = strsep(&rest, "/"));) {
		if (*name != '\0' && !str_eq(name, "."))
			buf_printf(&clean, "/%s", name);
	}
	if (clean.len == 0)
		buf_add_str(&clean, "/");
	return buf_take(&clean);
}

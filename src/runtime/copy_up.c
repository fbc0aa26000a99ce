/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/copy_up.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

#define DEPTH_MAX       128 /* two fds a level, within the usual limit of 1024 */
#define XATTR_NAMES_MAX 4096
#define XATTR_VALUE_MAX 65536

/* One name being copied. */
struct item {
	int from_dirfd, to_dirfd;
	const char *name;
	const struct stat *st;
	int depth;
};

static int copy_directory(int from_fd, int to_fd, int depth, struct error *err);

static void copy_xattrs(int from_fd, int to_fd, const char *name)
{
	char names[XATTR_NAMES_MAX];
	static const size_t max = XATTR_VALUE_MAX;
	cleanup_free char *value = NULL;
	ssize_t n = flistxattr(from_fd, names, sizeof(names));

	for (char *key = names; n > 0 && key < names + n; key += strlen(key) + 1) {
		if (!value)
			value = malloc(max);
		ssize_t len = value ? fgetxattr(from_fd, key, value, max) : -1;
		if (len < 0 || fsetxattr(to_fd, key, value, (size_t)len, 0) < 0)
			log_debug("tmpcopyup %s: %s left out: %s", name, key,
				  error_errno_text(errno));
	}
}

/* Owner before mode: chown(2) takes setuid bits off. */
static int copy_metadata(const struct item *i, int to_fd, struct error *err)
{
	const struct stat *st = i->st;
	struct timespec times[2] = {st->st_atim, st->st_mtim};

	if ((st->st_uid || st->st_gid) && fchown(to_fd, st->st_uid, st->st_gid) < 0)
		log_debug("tmpcopyup %s: owner left out: %s", i->name,
			  error_errno_text(errno));
	if (fchmod(to_fd, st->st_mode & 07777) < 0)
		return error_set(err, ERR_SYSTEM, errno, "copy mode of %s", i->name);
	if (futimens(to_fd, times) < 0)
		return error_set(err, ERR_SYSTEM, errno, "copy times of %s", i->name);
	return 0;
}

static int copy_content(int from_fd, int to_fd, const char *name, struct error *err)
{
	char buf[16384];

	for (;;) {
		ssize_t n = read(from_fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read %s", name);
		if (n == 0)
			return 0;
		int r = fd_write_all(to_fd, buf, (size_t)n);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "write %s", name);
	}
}

static int copy_file(const struct item *i, struct error *err)
{
	cleanup_fd int from_fd =
		openat(i->from_dirfd, i->name,
		       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", i->name);
	cleanup_fd int to_fd =
		openat(i->to_dirfd, i->name,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", i->name);
	int r = copy_content(from_fd, to_fd, i->name, err);
	if (r < 0)
		return r;
	copy_xattrs(from_fd, to_fd, i->name);
	return copy_metadata(i, to_fd, err);
}

static int copy_subdirectory(const struct item *i, struct error *err)
{
	if (i->depth >= DEPTH_MAX)
		return error_set(err, ERR_INVALID, ELOOP, "copy %s: nested too deeply",
				 i->name);
	if (mkdirat(i->to_dirfd, i->name, 0700) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", i->name);
	cleanup_fd int from_fd = openat(i->from_dirfd, i->name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int to_fd = openat(i->to_dirfd, i->name,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from_fd < 0 || to_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", i->name);
	int r = copy_directory(from_fd, to_fd, i->depth + 1, err);
	if (r < 0)
		return error_wrap(err, "%s", i->name);
	copy_xattrs(from_fd, to_fd, i->name);
	return copy_metadata(i, to_fd, err);
}

static int copy_link(const struct item *i, struct error *err)
{
	char target[4096];
	struct timespec times[2] = {i->st->st_atim, i->st->st_mtim};
	ssize_t n = readlinkat(i->from_dirfd, i->name, target, sizeof(target) - 1);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read link %s", i->name);
	target[n] = '\0';
	if (symlinkat(target, i->to_dirfd, i->name) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make link %s", i->name);
	if (fchownat(i->to_dirfd, i->name, i->st->st_uid, i->st->st_gid,
		     AT_SYMLINK_NOFOLLOW) < 0)
		log_debug("tmpcopyup %s: owner left out: %s", i->name,
			  error_errno_text(errno));
	(void)utimensat(i->to_dirfd, i->name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_node(const struct item *i, struct error *err)
{
	const struct stat *st = i->st;

	if (mknodat(i->to_dirfd, i->name, st->st_mode, st->st_rdev) < 0) {
		bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
		if (!device || errno != EPERM)
			return error_set(err, ERR_SYSTEM, errno, "make %s", i->name);
		log_debug("tmpcopyup %s: a device, left out", i->name);
		return 0;
	}
	if (fchownat(i->to_dirfd, i->name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) <
	    0)
		log_debug("tmpcopyup %s: owner left out: %s", i->name,
			  error_errno_text(errno));
	if (fchmodat(i->to_dirfd, i->name, st->st_mode & 07777, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "copy mode of %s", i->name);
	return 0;
}

static int copy_item(int from_fd, int to_fd, const char *name, int depth,
		     struct error *err)
{
	struct stat st;
	struct item i = {from_fd, to_fd, name, &st, depth};

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", name);
	if (S_ISDIR(st.st_mode))
		return copy_subdirectory(&i, err);
	if (S_ISREG(st.st_mode))
		return copy_file(&i, err);
	if (S_ISLNK(st.st_mode))
		return copy_link(&i, err);
	return copy_node(&i, err);
}

static int copy_directory(int from_fd, int to_fd, int depth, struct error *err)
{
	int list_fd = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = list_fd >= 0 ? fdopendir(list_fd) : NULL;
	struct dirent *entry;

	if (!dir) {
		fd_cleanup_(&list_fd);
		return error_set(err, ERR_SYSTEM, errno, "list the directory");
	}
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		int r = copy_item(from_fd, to_fd, entry->d_name, depth, err);
		if (r < 0)
			return r;
	}
	return errno ? error_set(err, ERR_SYSTEM, errno, "list the directory") : 0;
}

int copy_up(int from_fd, int to_fd, struct error *err)
{
	int r = copy_directory(from_fd, to_fd, 0, err);

	return r < 0 ? error_wrap(err, "tmpcopyup") : 0;
}

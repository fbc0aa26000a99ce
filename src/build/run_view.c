/* SPDX-License-Identifier: Apache-2.0 */
#include "build/run_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define DEPTH_MAX 200

struct masking {
	const struct ignore *ignore;
	const char *top;  /* for messages */
	const char *part; /* relative, without slashes at its ends; NULL: all */
	bool needed;
};

static char *below(const char *path, const char *name)
{
	return path[0] ? xasprintf("%s/%s", path, name) : xstrdup(name);
}

/* On the way to the part, or in it. */
static bool is_shown(const struct masking *m, const char *path)
{
	size_t n = strlen(path), len = m->part ? strlen(m->part) : 0;

	if (!m->part)
		return true;
	return n <= len
		       ? strncmp(m->part, path, n) == 0 && (m->part[n] == '/' || n == len)
		       : strncmp(m->part, path, len) == 0 && path[len] == '/';
}

static int failed(const struct masking *m, const char *path, struct error *err)
{
	return error_set(err, ERR_SYSTEM, errno, "hide what is ignored in %s/%s", m->top,
			 path);
}

static int mask_dir(struct masking *m, const char *path, int from_fd, int to_fd,
		    unsigned int depth, struct error *err);

/* A directory of the mask takes the place of the one that it covers, so it looks like it. */
static int enter(struct masking *m, const char *path, const char *name,
		 const int fds[static 2], unsigned int depth, struct error *err)
{
	cleanup_fd int from_fd =
		openat(fds[0], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int to_fd = -EBADF;
	struct stat st;
	bool before = m->needed;
	int r;

	if (from_fd < 0 && errno == EACCES)
		return 0; /* nobody sees into it */
	if (from_fd < 0 || fstat(from_fd, &st) < 0 || mkdirat(fds[1], name, 0700) < 0)
		return failed(m, path, err);
	to_fd = openat(fds[1], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to_fd < 0)
		return failed(m, path, err);
	m->needed = false;
	r = mask_dir(m, path, from_fd, to_fd, depth + 1, err);
	if (r >= 0 && fchmod(to_fd, st.st_mode & 07777) < 0)
		r = failed(m, path, err);
	if (r >= 0 && !m->needed && unlinkat(fds[1], name, AT_REMOVEDIR) < 0)
		r = failed(m, path, err);
	m->needed = m->needed || before;
	return r;
}

static int mask_one(struct masking *m, const char *path, const struct dirent *entry,
		    const int fds[static 2], unsigned int depth, struct error *err)
{
	bool is_dir = entry->d_type == DT_DIR;
	bool is_left_out = ignore_matches(m->ignore, path);
	struct stat st;

	if (entry->d_type == DT_UNKNOWN)
		is_dir = fstatat(fds[0], entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			 S_ISDIR(st.st_mode);
	if (!is_left_out || (is_dir && ignore_may_hold(m->ignore, path)))
		return is_dir ? enter(m, path, entry->d_name, fds, depth, err) : 0;
	m->needed = true;
	return mknodat(fds[1], entry->d_name, S_IFCHR, makedev(0, 0)) < 0
		       ? failed(m, path, err)
		       : 0;
}

static int mask_dir(struct masking *m, const char *path, int from_fd, int to_fd,
		    unsigned int depth, struct error *err)
{
	const int fds[2] = {from_fd, to_fd};
	cleanup_dir DIR *dir = fdopendir(fcntl(from_fd, F_DUPFD_CLOEXEC, 3));
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return failed(m, path, err);
	if (depth > DEPTH_MAX)
		return error_set(err, ERR_INVALID, 0, "%s/%s: directories too deep",
				 m->top, path);
	while (r >= 0 && (entry = readdir(dir))) {
		cleanup_free char *name = NULL;

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		name = below(path, entry->d_name);
		if (is_shown(m, name))
			r = mask_one(m, name, entry, fds, depth, err);
	}
	return r;
}

/* A part that a link leads to may be anywhere. */
static bool is_plain(int fd, const char *part)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	cleanup_fd int part_fd = sys_openat2(fd, part, &how);

	return part_fd >= 0;
}

int run_view_mask(const char *path, const char *part, const struct ignore *ignore,
		  const char *to, bool *ret_needed, struct error *err)
{
	cleanup_fd int from_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct masking m = {.ignore = ignore, .top = path};
	struct stat st;
	int r;

	*ret_needed = false;
	if (!ignore)
		return 0;
	if (from_fd < 0 || to_fd < 0 || fstat(from_fd, &st) < 0)
		return failed(&m, "", err);
	if (part[0] && is_plain(from_fd, part))
		m.part = part;
	r = mask_dir(&m, "", from_fd, to_fd, 0, err);
	if (r >= 0 && fchmod(to_fd, st.st_mode & 07777) < 0)
		r = failed(&m, "", err);
	*ret_needed = m.needed;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking something up is one openat2(2) with RESOLVE_IN_ROOT: the kernel keeps links and
 * ".." inside, and says EAGAIN when a rename elsewhere might have fooled it.
 *
 * Making something cannot be one call, because no system call makes a path and stays in a
 * root. So the path is walked here, one component at a time, and the fds of all
 * directories on the way are kept: ".." drops the last one and cannot go above the root;
 * a link's text is put before what is left of the path, an absolute one drops every fd
 * but the root's. No system call here ever gets more than one component, and none follows
 * a link, so whatever a process in the root renames meanwhile, the walk remains below the
 * root's fd. A component that was made is opened again, without following links, like any
 * other: what stands there by then is what counts.
 */
#include "util/path.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define AGAIN_TRIES    256 /* a race lost that often is an attack or a broken disk */
#define LINKS_MAX      40  /* path_resolution(7) */
#define WALK_DEPTH_MAX 256 /* fds held; no honest tree is that deep */

static int open_in(int dirfd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0; i < AGAIN_TRIES; i++) {
		int fd = sys_openat2(dirfd, path, &how);
		if (fd >= 0)
			return fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

static int failed(int r, const char *verb, const char *path, struct error *err)
{
	if (r == -ENOSYS) {
		error_set(err, ERR_UNSUPPORTED, ENOSYS, "%s %s: openat2", verb, path);
		return error_hint(
			err, "Linux 6.1 or newer is needed, and a system call filter "
			     "around this process must let openat2 through");
	}
	return error_set(err, error_kind_of(-r), -r, "%s %s", verb, path);
}

int path_open(int root_fd, const char *path, int flags, struct error *err)
{
	int fd = open_in(root_fd, *path ? path : ".", flags, RESOLVE_IN_ROOT);
	return fd < 0 ? failed(fd, "open", path, err) : fd;
}

int path_open_nolink(int root_fd, const char *path, int flags, bool same_mount,
		     struct error *err)
{
	uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS;

	if (same_mount)
		resolve |= RESOLVE_NO_XDEV;
	/* With O_NOFOLLOW and O_PATH the last component could be a link all the same. */
	int fd = open_in(root_fd, *path ? path : ".", flags & ~O_NOFOLLOW, resolve);
	return fd < 0 ? failed(fd, "open", path, err) : fd;
}

int path_open_file(int root_fd, const char *path, struct error *err)
{
	char again[FD_PROC_PATH_MAX];
	struct stat st;

	cleanup_fd int place_fd = path_open(root_fd, path, O_PATH, err);
	if (place_fd < 0)
		return place_fd;
	if (fstat(place_fd, &st) < 0)
		return failed(-errno, "open", path, err);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_INVALID, 0, "open %s: it is not a regular file",
				 path);
	int fd = open(fd_proc_path(place_fd, again), O_RDONLY | O_CLOEXEC);
	return fd < 0 ? failed(-errno, "open", path, err) : fd;
}

struct walk {
	int fds[WALK_DEPTH_MAX]; /* fds[0] is the root's, and not owned */
	size_t depth;            /* of the innermost directory */
	char *rest;              /* what is left of the path; owned */
	size_t at;               /* offset of that in rest */
	unsigned int links;
	mode_t mode; /* of new directories */
};

static void walk_leave(struct walk *w, size_t depth)
{
	while (w->depth > depth)
		close(w->fds[w->depth--]);
}

static void walk_release(struct walk *w)
{
	int saved_errno = errno;
	walk_leave(w, 0);
	free(w->rest);
	errno = saved_errno;
}

static int walk_enter(struct walk *w, int dir_fd)
{
	if (w->depth + 1 == WALK_DEPTH_MAX) {
		close(dir_fd);
		return -ENAMETOOLONG;
	}
	w->fds[++w->depth] = dir_fd;
	return 0;
}

/* The next component, copied to name. Return: false at the end. */
static bool walk_next(struct walk *w, char name[static NAME_MAX + 2])
{
	const char *p = w->rest + w->at;

	while (*p == '/')
		p++;
	size_t len = strcspn(p, "/");
	w->at = (size_t)(p - w->rest) + len;
	/* One that is too long is cut one byte past the limit: the kernel refuses it. */
	snprintf(name, NAME_MAX + 2, "%.*s", (int)(len > NAME_MAX ? NAME_MAX + 1 : len),
		 p);
	return len > 0;
}

/* True if no component is left (a trailing slash is none). */
static bool walk_at_end(const struct walk *w)
{
	const char *p = w->rest + w->at;
	return p[strspn(p, "/")] == '\0';
}

static int walk_link(struct walk *w, int link_fd)
{
	char target[PATH_MAX];

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	ssize_t n = readlinkat(link_fd, "", target, sizeof(target));
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	if (target[0] == '/')
		walk_leave(w, 0);
	char *rest = xasprintf("%.*s%s", (int)n, target, w->rest + w->at);
	free(w->rest);
	w->rest = rest;
	w->at = 0;
	return strlen(rest) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* This mode whatever the umask: a later chmod could hit something else. */
static int make_dir_at(int dirfd, const char *name, mode_t mode)
{
	mode_t mask = umask(0);
	int r = mkdirat(dirfd, name, mode) < 0 ? -errno : 0;
	umask(mask);
	return r;
}

static int make_file_at(int dirfd, const char *name, mode_t mode)
{
	mode_t mask = umask(0);
	int fd = openat(dirfd, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
			mode);
	int r = fd < 0 ? -errno : 0;
	umask(mask);
	if (fd >= 0)
		close(fd);
	return r;
}

static int open_component(int dirfd, const char *name)
{
	return open_in(dirfd, name, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH);
}

/* What is called name here, made if missing: an O_PATH fd, of the link if it is one. */
static int walk_open(struct walk *w, const char *name, bool as_file, mode_t mode)
{
	int dirfd = w->fds[w->depth];

	for (int i = 0; i < AGAIN_TRIES; i++) {
		int fd = open_component(dirfd, name);
		if (fd != -ENOENT)
			return fd;
		int r = as_file ? make_file_at(dirfd, name, mode)
				: make_dir_at(dirfd, name, mode);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return -EAGAIN;
}

/* One component. Return: 0 to go on, 1 if *ret_fd is the end's fd (only if file_mode),
 * -errno. */
static int walk_step(struct walk *w, const char *name, const mode_t *file_mode,
		     int *ret_fd)
{
	struct stat st;

	if (str_eq(name, "."))
		return 0;
	if (str_eq(name, "..")) {
		if (w->depth > 0)
			walk_leave(w, w->depth - 1);
		return 0;
	}
	bool as_file = file_mode && walk_at_end(w);
	cleanup_fd int fd = walk_open(w, name, as_file, as_file ? *file_mode : w->mode);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return walk_link(w, fd);
	if (S_ISDIR(st.st_mode))
		return walk_enter(w, TAKE_FD(fd));
	if (!as_file)
		return -ENOTDIR;
	*ret_fd = TAKE_FD(fd);
	return 1;
}

/*
 * Make the path: a directory, or a file if file_mode is given. Return: O_PATH fd, or
 * -errno
 * (-EISDIR if the file is a directory).
 */
static int walk_path(int root_fd, const char *path, mode_t dir_mode,
		     const mode_t *file_mode)
{
	cleanup(walk_release) struct walk w = {.mode = dir_mode};
	char name[NAME_MAX + 2];
	int fd = -EBADF, r = 0;

	w.fds[0] = root_fd;
	w.rest = xstrdup(path);
	while (r == 0 && walk_next(&w, name))
		r = walk_step(&w, name, file_mode, &fd);
	if (r < 0)
		return r;
	if (r == 1)
		return fd;
	if (file_mode)
		return -EISDIR;
	/* A fresh fd, as the root's own is the caller's. */
	return open_in(w.fds[w.depth], ".", O_PATH | O_DIRECTORY, 0);
}

int path_make_dir(int root_fd, const char *path, mode_t mode, struct error *err)
{
	/* Most are there already. */
	int fd = open_in(root_fd, *path ? path : ".", O_PATH | O_DIRECTORY,
			 RESOLVE_IN_ROOT);
	if (fd == -ENOENT)
		fd = walk_path(root_fd, path, mode, NULL);
	return fd < 0 ? failed(fd, "make directory", path, err) : fd;
}

int path_make_file(int root_fd, const char *path, mode_t mode, struct error *err)
{
	size_t len = strlen(path);
	struct stat st;

	if (len == 0 || path[len - 1] == '/')
		return failed(-EISDIR, "make file", path, err);
	cleanup_fd int fd = open_in(root_fd, path, O_PATH, RESOLVE_IN_ROOT);
	if (fd == -ENOENT)
		fd = walk_path(root_fd, path, 0755, &mode);
	if (fd < 0)
		return failed(fd, "make file", path, err);
	if (fstat(fd, &st) < 0)
		return failed(-errno, "make file", path, err);
	if (S_ISDIR(st.st_mode))
		return failed(-EISDIR, "make file", path, err);
	return TAKE_FD(fd);
}

int path_open_parent(int root_fd, const char *path, bool create, int *ret_fd,
		     char **ret_name, struct error *err)
{
	size_t end = strlen(path);

	while (end > 0 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	cleanup_free char *name = xstrndup(path + start, end - start);
	cleanup_free char *parent = xstrndup(path, start);
	if (str_empty(name) || str_eq(name, ".") || str_eq(name, ".."))
		return error_set(
			err, ERR_INVALID, EINVAL,
			"open the directory of \"%s\": it has no name of its own", path);

	int fd = create ? path_make_dir(root_fd, parent, 0755, err)
			: path_open(root_fd, parent, O_PATH | O_DIRECTORY, err);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	*ret_name = TAKE_PTR(name);
	return 0;
}

bool path_is_absolute(const char *path)
{
	return *path == '/';
}

char *path_clean(const char *path)
{
	size_t top = path_is_absolute(path) ? 1 : 0; /* what ".." cannot take away */
	char *clean = xmalloc(strlen(path) + 2);
	size_t len = top;

	clean[0] = '/';
	while (*path) {
		size_t n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (len > top && clean[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			if (len > top)
				clean[len++] = '/';
			memcpy(clean + len, path, n);
			len += n;
		}
		path += n;
		path += strspn(path, "/");
	}
	if (len == 0)
		clean[len++] = '.';
	clean[len] = '\0';
	return clean;
}

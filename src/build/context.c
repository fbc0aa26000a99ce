/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key is of many small files more often than not: so a directory is read at once, each file costs one fstatat(2), and what is added of it
 * to the key is put together in one piece.
 */
#include "build/context.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "build/dir_list.h"
#include "build/file_hash.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/time.h"

#define PATH_TOP ((size_t)1 << 20)

void context_release(struct context *c)
{
	fd_cleanup_(&c->fd);
	free(c->path);
	*c = CONTEXT_INIT;
}

int context_open(const char *path, const struct ignore *ignore, struct context *ret,
		 struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "open the build context %s", path);
	*ret = (struct context){.fd = fd, .path = xstrdup(path), .ignore = ignore};
	return 0;
}

/* --- one path --- */

/* What /proc says of two fds: for the ignore file, which is no boundary, only. Caller frees. */
static char *real_path(const struct context *c, int fd)
{
	cleanup_free char *top = fd_path(c->fd), *path = fd_path(fd);
	size_t len = top ? strlen(top) : 0;

	if (!top || !path || !str_starts(path, top))
		return NULL;
	if (path[len] == '/')
		len++;
	return xstrdup(path + len);
}

int context_find(const struct context *c, const char *path, struct stat *ret_st,
		 char **ret_real, struct error *err)
{
	cleanup_error struct error link = ERROR_INIT;
	cleanup_fd int fd = path_open_nolink(c->fd, path, O_PATH, false, &link);
	bool is_plain = fd >= 0;

	if (!is_plain)
		fd = path_open(c->fd, path, O_PATH, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, ret_st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", path);
	if (!ret_real)
		return TAKE_FD(fd);
	*ret_real = is_plain ? xstrdup(str_eq(path, ".") ? "" : path) : real_path(c, fd);
	if (!*ret_real)
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "open %s: it was moved away meanwhile", path);
	return TAKE_FD(fd);
}

bool context_hides(const struct context *c, const char *real, bool is_dir)
{
	return c->ignore && *real && ignore_matches(c->ignore, real) &&
	       !(is_dir && ignore_may_hold(c->ignore, real));
}

bool context_excludes(const struct ignore *exclude, const char *path, size_t top_len)
{
	const char *slash = strrchr(path, '/');
	const char *own = slash ? slash + 1 : path; /* the tree is this one file */

	if (!exclude)
		return false;
	if (strlen(path) > top_len)
		own = path + top_len;
	return ignore_matches(exclude, path) || ignore_matches(exclude, own);
}

/* --- a tree --- */

struct walk {
	const struct context *context;
	const struct ignore *exclude;
	struct file_hash *hash;
	struct key *key;
	struct buf path; /* from the context's top */
	size_t top_len;  /* of the tree's own, with its slash */
	unsigned int depth;
};

static void walk_release(struct walk *w)
{
	buf_release(&w->path);
}

static void cut(struct walk *w, size_t len)
{
	w->path.len = len;
	w->path.data[len] = '\0';
}

static int extend(struct walk *w, const char *name, struct error *err)
{
	if ((w->path.len && buf_add(&w->path, "/", 1) < 0) ||
	    buf_add_str(&w->path, name) < 0)
		return error_set(err, ERR_INVALID, ENAMETOOLONG, "%.60s...",
				 w->path.data);
	return 0;
}

/* The path below the tree; "" the tree itself. */
static const char *below(const struct walk *w)
{
	return w->path.len > w->top_len ? w->path.data + w->top_len : "";
}

static void add_record(struct walk *w, char kind, mode_t mode, const void *more, size_t n)
{
	const char *path = below(w);
	size_t len = strlen(path);
	char head[16] = {kind};
	uint16_t bits = mode & 07777;
	uint32_t lengths[2] = {(uint32_t)len, (uint32_t)n};

	memcpy(head + 2, &bits, sizeof(bits));
	memcpy(head + 4, lengths, sizeof(lengths));
	key_add_raw(w->key, head, sizeof(head));
	key_add_raw(w->key, path, len);
	key_add_raw(w->key, more, n);
}

/* Whoever may not read it hardly wants it in an image. */
static int hint_leave_out(const struct walk *w, struct error *err)
{
	const char *name = w->context->ignore_name;

	if (err->code != EACCES && err->code != EPERM)
		return -(err->code ? err->code : EINVAL);
	return error_hint(err, "Leave it out: a line %s in %s", w->path.data,
			  name ? name : ".dockerignore");
}

/* It is being written to: what it contains is nothing that any other key has. */
static void add_unsteady(struct walk *w, const struct stat *st)
{
	const int64_t once[2] = {time_monotonic_usec(), getpid()};

	add_record(w, 'u', st->st_mode, once, sizeof(once));
}

static int add_file(struct walk *w, int dir_fd, const char *name, const struct stat *st,
		    struct error *err)
{
	unsigned char digest[FILE_HASH_SIZE];
	int r = file_hash_get(w->hash, dir_fd, name, st, digest, err);

	if (r < 0 && err->kind == ERR_UNAVAILABLE) {
		error_drop(err, "then the step is not cached");
		add_unsteady(w, st);
		return 0;
	}
	if (r < 0) {
		error_wrap(err, "read %s/%s", w->context->path, w->path.data);
		return hint_leave_out(w, err);
	}
	add_record(w, 'f', st->st_mode, digest, sizeof(digest));
	return 0;
}

static int add_link(struct walk *w, int dir_fd, const char *name, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));

	if (n < 0)
		return error_set(err, error_kind_of(errno), errno, "read the link %s/%s",
				 w->context->path, w->path.data);
	add_record(w, 'l', 0, target, (size_t)n);
	return 0;
}

static int add_dir(struct walk *w, int fd, struct error *err);

static int enter(struct walk *w, int dir_fd, const char *name, struct error *err)
{
	cleanup_fd int fd =
		openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0) {
		error_set(err, error_kind_of(errno), errno, "open %s/%s",
			  w->context->path, w->path.data);
		return hint_leave_out(w, err);
	}
	if (++w->depth > CONTEXT_DEPTH_MAX)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s: directories lie in one another more than %d deep",
				 w->context->path, CONTEXT_DEPTH_MAX);
	r = add_dir(w, fd, err);
	w->depth--;
	return r;
}

static int add_other(struct walk *w, const struct stat *st)
{
	uint64_t device = st->st_rdev;

	if (!S_ISSOCK(st->st_mode))
		add_record(w,
			   S_ISFIFO(st->st_mode)  ? 'p'
			   : S_ISCHR(st->st_mode) ? 'c'
						  : 'b',
			   st->st_mode, &device, sizeof(device));
	return 0;
}

/* One that was looked at; its path is w->path. */
static int add_entry(struct walk *w, int dir_fd, const char *name, const struct stat *st,
		     struct error *err)
{
	const struct ignore *ignore = w->context->ignore;
	bool hidden = ignore && w->path.len && ignore_matches(ignore, w->path.data);

	if ((!S_ISDIR(st->st_mode) || w->path.len > w->top_len) &&
	    context_excludes(w->exclude, w->path.data, w->top_len))
		return 0;
	if (hidden && !(S_ISDIR(st->st_mode) && ignore_may_hold(ignore, w->path.data)))
		return 0;
	if (S_ISDIR(st->st_mode)) {
		add_record(w, hidden ? 'h' : 'd', st->st_mode, "", 0);
		return enter(w, dir_fd, name, err);
	}
	if (S_ISREG(st->st_mode))
		return add_file(w, dir_fd, name, st, err);
	if (S_ISLNK(st->st_mode))
		return add_link(w, dir_fd, name, err);
	return add_other(w, st);
}

static int add_dir(struct walk *w, int fd, struct error *err)
{
	cleanup_dir_list struct dir_list list = {0};
	size_t len = w->path.len;
	int r = dir_list_read(fd, &list);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "list %s/%s", w->context->path,
				 w->path.data);
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		struct stat st;

		if (fstatat(fd, list.names[i], &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return error_set(err, error_kind_of(errno), errno,
					 "look at %s/%s", w->context->path,
					 list.names[i]);
		}
		r = extend(w, list.names[i], err);
		if (r >= 0)
			r = add_entry(w, fd, list.names[i], &st, err);
		cut(w, len);
	}
	return r;
}

/* The tree's top is no link any more: `real` has none. */
static int add_top(struct walk *w, const char *real, const struct stat *st,
		   struct error *err)
{
	const char *slash = strrchr(real, '/');
	cleanup_free char *parent =
		slash ? xstrndup(real, (size_t)(slash - real)) : xstrdup("");
	cleanup_fd int parent_fd = -EBADF;

	if (!*real)
		return add_dir(w, w->context->fd, err);
	parent_fd = path_open_nolink(w->context->fd, parent, O_RDONLY | O_DIRECTORY,
				     false, err);
	return parent_fd < 0 ? parent_fd
			     : add_entry(w, parent_fd, slash ? slash + 1 : real, st, err);
}

int context_add(const struct context *c, struct file_hash *h, const char *path,
		const struct ignore *exclude, struct key *k, struct error *err)
{
	cleanup(walk_release) struct walk w = {
		.context = c, .exclude = exclude, .hash = h, .key = k};
	cleanup_free char *real = NULL;
	cleanup_fd int fd = -EBADF;
	struct stat st;

	fd = context_find(c, path, &st, &real, err);
	if (fd < 0)
		return fd;
	/* the offset of the context's own fd is shared with whoever reads it next */
	if (!*real && lseek(c->fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "list %s", c->path);
	buf_init(&w.path, PATH_TOP);
	buf_add_str(&w.path, real);
	w.top_len = *real ? strlen(real) + 1 : 0;
	return add_top(&w, real, &st, err);
}

int context_key(const struct context *c, const struct engine *e, const char *path,
		struct key *k, struct error *err)
{
	cleanup_file_hash struct file_hash *h = file_hash_open(e, c->fd);

	return context_add(c, h, path, NULL, k, err);
}

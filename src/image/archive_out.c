/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_out.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/tar_writer.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define COPY_SIZE (256 * 1024)
#define DIR_MODE  0755
#define FILE_MODE 0644
#define TAR_MODE  0444 /* of members */
#define PROGRESS  (USEC_PER_SEC / 10)

struct archive_out {
	char *name;      /* for messages */
	int dir_fd;      /* where `base` and `temporary` lie; or the directory itself */
	char *base;      /* NULL: written to directly */
	char *temporary; /* NULL: none now */
	int fd;          /* the tar's; -EBADF: a directory */
	struct tar_writer *tar;
	char **written; /* strv: members */
};

void archive_out_free(struct archive_out *o)
{
	if (!o)
		return;
	if (o->temporary)
		unlinkat(o->dir_fd, o->temporary, 0);
	if (o->fd >= 0)
		close(o->fd);
	if (o->dir_fd >= 0)
		close(o->dir_fd);
	tar_writer_free(o->tar);
	strv_free(o->written);
	free(o->name);
	free(o->base);
	free(o->temporary);
	free(o);
}

int archive_out_dirfd(const struct archive_out *o)
{
	return o->dir_fd;
}

static int write_failed(const struct archive_out *o, int code, struct error *err)
{
	error_set(err, ERR_SYSTEM, code, "write %s", o->name);
	if (code == ENOSPC || code == EDQUOT)
		error_hint(err, "make room there, or choose another place");
	return -code;
}

static int tar_write(void *data, const void *bytes, size_t len, struct error *err)
{
	struct archive_out *o = data;
	int r = fd_write_all(o->fd, bytes, len);

	return r < 0 ? write_failed(o, -r, err) : 0;
}

/* A new name beside `base`. */
static char *new_name(const char *base)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)time_monotonic_usec();
	return xasprintf(".%.200s.%016llx", base, (unsigned long long)random);
}

static int open_temporary(struct archive_out *o, struct error *err)
{
	o->temporary = new_name(o->base);
	o->fd = openat(o->dir_fd, o->temporary,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (o->fd >= 0)
		return 0;
	int code = errno;
	free(TAKE_PTR(o->temporary));
	return error_set(err, error_kind_of(code), code, "make %s", o->name);
}

static int open_file(struct archive_out *o, const char *path, bool keep,
		     struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir =
		slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	struct stat st;

	bool there = stat(path, &st) == 0;
	if (there && !S_ISREG(st.st_mode)) {
		o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return o->fd < 0 ? error_set(err, error_kind_of(errno), errno, "open %s",
					     path)
				 : 0;
	}
	if (there && keep && st.st_size > 0) {
		error_set(err, ERR_CONFLICT, EEXIST, "write %s", path);
		return error_hint(err, "choose another name, or remove it: rm '%s'",
				  path);
	}
	o->base = xstrdup(slash ? slash + 1 : path);
	if (*o->base == '\0')
		return error_set(err, ERR_INVALID, EISDIR, "write %s", path);
	o->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (o->dir_fd < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "open the directory of %s", path);
	return open_temporary(o, err);
}

static struct archive_out *out_new(const char *name)
{
	struct archive_out *o = xcalloc(1, sizeof(*o));

	o->name = xstrdup(name);
	o->fd = o->dir_fd = -EBADF;
	return o;
}

int archive_out_tar(const char *path, bool is_stdout, bool keep, struct archive_out **ret,
		    struct error *err)
{
	cleanup_archive_out struct archive_out *o =
		out_new(is_stdout ? "standard output" : path);
	int r = 0;

	if (!is_stdout)
		r = open_file(o, path, keep, err);
	else if ((o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "write to standard output");
	if (r < 0)
		return r;
	if (isatty(o->fd)) {
		error_set(err, ERR_INVALID, 0, "write an archive to a terminal");
		return error_hint(err,
				  "name a file with --output, or redirect it: > FILE");
	}
	o->tar = tar_writer_new(&(struct tar_sink){.write = tar_write, .data = o});
	*ret = TAKE_PTR(o);
	return 0;
}

int archive_out_dir(const char *path, struct archive_out **ret, struct error *err)
{
	cleanup_archive_out struct archive_out *o = out_new(path);

	o->dir_fd = fs_open_dir(AT_FDCWD, path, true, DIR_MODE, err);
	if (o->dir_fd < 0)
		return o->dir_fd;
	*ret = TAKE_PTR(o);
	return 0;
}

int archive_out_read(const struct archive_out *o, const char *path, size_t max,
		     char **ret, size_t *ret_len, struct error *err)
{
	*ret = NULL;
	*ret_len = 0;
	if (o->tar || !fs_exists(o->dir_fd, path))
		return 0;
	int r = fs_read(o->dir_fd, path, max, ret, ret_len, err);
	return r < 0 ? error_wrap(err, "%s", o->name) : 0;
}

bool archive_out_is_empty(const struct archive_out *o)
{
	int fd = openat(o->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;

	while (dir && n <= 2 && readdir(dir)) /* "." and ".." */
		n++;
	return dir && n <= 2;
}

bool archive_out_has(const struct archive_out *o, const char *path, uint64_t size)
{
	struct stat st;

	if (strv_has(o->written, path))
		return true;
	return !o->tar && fstatat(o->dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

/*
 * An ordinary user's skopeo unpacks an archive with the owners that it has, and gives directories that
 * have no entry to root, which fails: so all is the user's own.
 */
static struct tar_entry own_entry(const char *path)
{
	return (struct tar_entry){
		.path = path, .link = "", .uid = geteuid(), .gid = getegid()};
}

static int add_parents(struct archive_out *o, const char *path, struct error *err)
{
	int r = 0;

	for (const char *slash = strchr(path, '/'); slash && r == 0;
	     slash = strchr(slash + 1, '/')) {
		cleanup_free char *dir = xstrndup(path, (size_t)(slash - path) + 1);
		struct tar_entry entry = own_entry(dir);

		entry.type = TAR_DIR;
		entry.mode = DIR_MODE;
		if (strv_has(o->written, dir))
			continue;
		r = tar_writer_entry(o->tar, &entry, err);
		strv_add(&o->written, dir);
	}
	return r;
}

static int begin_member(struct archive_out *o, const char *path, uint64_t size,
			struct error *err)
{
	struct tar_entry entry = own_entry(path);
	int r = add_parents(o, path, err);

	if (r < 0)
		return r;
	entry.type = TAR_FILE;
	entry.mode = TAR_MODE;
	entry.size = size;
	return tar_writer_entry(o->tar, &entry, err);
}

/* Where the bytes of one copy go. */
struct copy {
	struct archive_out *o;
	int file_fd; /* in a directory */
};

static int copy_out(struct copy *c, const void *data, size_t len, struct error *err)
{
	if (c->o->tar)
		return tar_writer_data(c->o->tar, data, len, err);
	int r = fd_write_all(c->file_fd, data, len);
	return r < 0 ? write_failed(c->o, -r, err) : 0;
}

static int copy_bytes(struct copy *c, int fd, uint64_t size,
		      const struct archive_progress *progress, struct error *err)
{
	cleanup_free char *data = xmalloc(COPY_SIZE);
	int64_t told = time_monotonic_usec();

	for (uint64_t done = 0; done < size;) {
		uint64_t rest = size - done;
		ssize_t n = read(fd, data, rest < COPY_SIZE ? (size_t)rest : COPY_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read a blob");
		if (n == 0)
			return error_set(err, ERR_INVALID, ENODATA,
					 "read a blob: it ends after %llu of %llu bytes",
					 (unsigned long long)done,
					 (unsigned long long)size);
		int r = copy_out(c, data, (size_t)n, err);
		if (r < 0)
			return r;
		done += (uint64_t)n;
		if (progress && progress->fn &&
		    time_monotonic_usec() - told >= PROGRESS) {
			told = time_monotonic_usec();
			progress->fn(progress->data, done);
		}
	}
	return 0;
}

static int make_parent(struct archive_out *o, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;

	return dir ? fs_mkdirs(o->dir_fd, dir, DIR_MODE, err) : 0;
}

static int copy_to_file(struct archive_out *o, const char *path, int fd, uint64_t size,
			const struct archive_progress *progress, struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *base = new_name(slash ? slash + 1 : path);
	cleanup_free char *temporary =
		slash ? xasprintf("%.*s/%s", (int)(slash - path), path, base)
		      : xstrdup(base);
	struct copy c = {.o = o};

	int r = make_parent(o, path, err);
	if (r < 0)
		return r;
	cleanup_fd int file_fd =
		openat(o->dir_fd, temporary,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (file_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "%s: make %s", o->name,
				 path);
	c.file_fd = file_fd;
	r = copy_bytes(&c, fd, size, progress, err);
	if (r == 0 && renameat(o->dir_fd, temporary, o->dir_fd, path) < 0)
		r = write_failed(o, errno, err);
	if (r < 0)
		unlinkat(o->dir_fd, temporary, 0);
	return r;
}

int archive_out_copy(struct archive_out *o, const char *path, int fd, uint64_t size,
		     const struct archive_progress *progress, struct error *err)
{
	struct copy c = {.o = o, .file_fd = -EBADF};
	int r;

	if (o->tar) {
		r = begin_member(o, path, size, err);
		if (r == 0)
			r = copy_bytes(&c, fd, size, progress, err);
	} else {
		r = copy_to_file(o, path, fd, size, progress, err);
	}
	if (r == 0)
		strv_add(&o->written, path);
	return r;
}

int archive_out_add(struct archive_out *o, const char *path, const void *data, size_t len,
		    struct error *err)
{
	int r;

	if (o->tar) {
		r = begin_member(o, path, len, err);
		if (r == 0)
			r = tar_writer_data(o->tar, data, len, err);
	} else {
		r = make_parent(o, path, err);
		if (r == 0)
			r = fs_write_atomic(o->dir_fd, path, data, len, FILE_MODE, 0,
					    err);
	}
	if (r == 0)
		strv_add(&o->written, path);
	return r;
}

int archive_out_finish(struct archive_out *o, struct error *err)
{
	if (!o->tar)
		return 0;
	int r = tar_writer_end(o->tar, err);
	if (r < 0 || !o->temporary)
		return r;
	/* as fs_write_atomic(): no name may lead to an empty file after a loss of power */
	if (fsync(o->fd) < 0 || renameat(o->dir_fd, o->temporary, o->dir_fd, o->base) < 0)
		return write_failed(o, errno, err);
	free(TAKE_PTR(o->temporary));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The monitor appends to "log" and renames: log -> log.1 -> log.2. A
 * reader holds the file it reads by fd. At its end it looks where that file (by inode)
 * stands in the row now: if it is no longer "log", it is complete once it has been read
 * to its end again, and the next newer one follows. So no record is lost or seen twice,
 * unless a file is rotated away before it was opened. While the row is moved up a name is
 * missing, and the next moment means another file: what was found by name is looked at again
 * once it is open.
 *
 * Following waits by inotify on the directory; who follows reads once more after the
 * monitor has ended. Who does not follow is shown what was there when he began to read, and no more:
 * a container may write faster than he reads.
 */
#include "engine/log_source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

#define FILES_MAX  1000
#define LINE_LIMIT (1 << 20) /* a longer line is not ours */
#define CHUNK      65536
#define GAP_MAX    3
#define NAME_LEN   256
#define TRIES      20 /* of a log that is rotated faster than it is read */

struct log_files {
	struct log_source source; /* first */
	enum log_driver driver;
	int64_t tail;
	char *name;     /* owned; of the current file */
	int dirfd;      /* owned; -EBADF: the directory is gone, or not there yet */
	int notify_fd;  /* owned; -EBADF: not followed */
	int fd;         /* owned; of the file being read, -EBADF: none yet */
	struct stat st; /* its identity */
	bool complete;  /* it is no longer the current one: at its end comes the next */
	bool cut;       /* a new file was begun: what is left of a line before is void */
	bool over;      /* all up to `end` has been read */
	size_t end_index; /* 1 where "log" itself was missing */
	/* of "log" when reading began; who doesn't follow reads so far */
	struct stat end;
};

static struct log_files *files_of(const struct log_source *s)
{
	return (struct log_files *)s;
}

static void files_free(struct log_source *s)
{
	struct log_files *f = files_of(s);

	fd_cleanup_(&f->dirfd);
	fd_cleanup_(&f->notify_fd);
	fd_cleanup_(&f->fd);
	free(f->name);
	free(f);
}

static char *file_name(const struct log_files *f, size_t index, char buf[static NAME_LEN])
{
	if (index == 0)
		snprintf(buf, NAME_LEN, "%s", f->name);
	else
		snprintf(buf, NAME_LEN, "%s.%zu", f->name, index);
	return buf;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* One that is being moved is missing for a moment, and the next one may be when that is looked at. */
static bool is_end_of_row(size_t n_missing)
{
	return n_missing > GAP_MAX;
}

/* How many files there are: log, log.1 .. log.N-1. */
static size_t count_files(const struct log_files *f)
{
	char name[NAME_LEN];
	size_t n = 0, n_missing = 0;

	for (size_t i = 0; i < FILES_MAX && !is_end_of_row(n_missing); i++) {
		n_missing++;
		if (faccessat(f->dirfd, file_name(f, i, name), F_OK, 0) < 0)
			continue;
		n = i + 1;
		n_missing = 0;
	}
	return n;
}

/* 1, 0 if it is not there, or -errno. */
static int open_named(const struct log_files *f, size_t index, int *ret_fd,
		      struct stat *ret_st, struct error *err)
{
	char name[NAME_LEN];
	cleanup_fd int fd = openat(f->dirfd, file_name(f, index, name),
				   O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the container's %s", name);
	if (!S_ISREG(ret_st->st_mode))
		return error_set(err, ERR_SYSTEM, 0, "the container's %s is no file",
				 name);
	*ret_fd = TAKE_FD(fd);
	return 1;
}

static void take_file(struct log_files *f, int fd, const struct stat *st)
{
	fd_cleanup_(&f->fd);
	f->fd = fd;
	f->st = *st;
	f->cut = true;
	f->complete = false;
}

static int open_file(struct log_files *f, size_t index, struct error *err)
{
	struct stat st;
	int fd, r = open_named(f, index, &fd, &st, err);

	if (r > 0)
		take_file(f, fd, &st);
	return r;
}

/* A log of one file only begins anew in place when it has reached its size. */
static bool was_emptied(struct log_files *f)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 || st.st_size >= lseek(f->fd, 0, SEEK_CUR))
		return false;
	f->over = f->notify_fd < 0;
	if (f->over)
		return false;
	f->cut = true;
	return lseek(f->fd, 0, SEEK_SET) == 0;
}

/* Where a file stands in the row now, FILES_MAX if it is gone. */
static size_t find_index(const struct log_files *f, const struct stat *file)
{
	char name[NAME_LEN];
	size_t n_missing = 0;

	for (size_t i = 0; i < FILES_MAX && !is_end_of_row(n_missing); i++) {
		struct stat st;

		n_missing++;
		if (fstatat(f->dirfd, file_name(f, i, name), &st, 0) < 0)
			continue;
		if (same_file(&st, file))
			return i;
		n_missing = 0;
	}
	return FILES_MAX;
}

static int64_t count_lines(enum log_driver driver, const char *text, size_t len)
{
	const char *end = text + len, *newline;
	int64_t n = 0;

	for (; (newline = memchr(text, '\n', (size_t)(end - text))); text = newline + 1)
		n += log_line_ends(driver, text, (size_t)(newline - text));
	return n;
}

/* Of a file of the row, how many bytes are looked at. While "log" is given its next name, both are the same. */
static int64_t bytes_to_count(const struct log_files *f, size_t index,
			      const struct stat *st)
{
	if (!same_file(st, &f->end))
		return st->st_size;
	if (index > f->end_index)
		return 0;
	return f->end.st_size < st->st_size ? f->end.st_size : st->st_size;
}

static int count_file_lines(const struct log_files *f, size_t index, int64_t *ret,
			    struct error *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = -EBADF;
	struct stat st;
	int64_t left;
	char *chunk;
	ssize_t n = 0;
	int k = open_named(f, index, &fd, &st, err);

	*ret = 0;
	if (k <= 0)
		return k;
	left = bytes_to_count(f, index, &st);
	chunk = xmalloc(CHUNK);
	buf_init(&text, LINE_LIMIT + CHUNK);
	for (; left > 0; left -= n) {
		n = read(fd, chunk, left < CHUNK ? (size_t)left : CHUNK);
		if (n <= 0)
			break;

		const char *last = memrchr(chunk, '\n', (size_t)n);
		size_t head = last ? (size_t)(last - chunk) + 1 : 0;
		int r = buf_add(&text, chunk, last ? head : (size_t)n);

		if (r < 0) {
			buf_release(&text);
			buf_init(&text, LINE_LIMIT + CHUNK);
			continue;
		}
		if (!last)
			continue;
		*ret += count_lines(f->driver, text.data, text.len);
		buf_release(&text);
		buf_init(&text, LINE_LIMIT + CHUNK);
		(void)!buf_add(&text, chunk + head, (size_t)n - head);
	}
	free(chunk);
	return n < 0 ? error_set(err, ERR_SYSTEM, errno, "read the container's log") : 0;
}

/* The oldest file that is needed for the last `tail` lines, and how many of its lines are
 * not. */
static int find_start(struct log_files *f, size_t n_files, size_t *ret_index,
		      struct error *err)
{
	int64_t wanted = f->tail, found = 0;

	*ret_index = n_files - 1;
	if (wanted < 0)
		return 0;
	for (size_t i = 0; i < n_files; i++) {
		int64_t lines;
		int k = count_file_lines(f, i, &lines, err);

		if (k < 0)
			return k;
		found += lines;
		*ret_index = i;
		if (found >= wanted)
			break;
	}
	f->source.skip = found > wanted ? found - wanted : 0;
	return 0;
}

/* 1, 0 if there is none for now, or -errno. */
static int open_newest(const struct log_files *f, size_t *ret_index, int *ret_fd,
		       struct stat *ret_st, struct error *err)
{
	int r = open_named(f, 0, ret_fd, ret_st, err);

	*ret_index = r == 0;
	return r == 0 ? open_named(f, 1, ret_fd, ret_st, err) : r;
}

/* The end of "log" as it is now; of a line that is just being written, that line's. */
static int note_end(struct log_files *f, struct error *err)
{
	cleanup_fd int fd = -EBADF;
	const char *newline;
	char data[4096];
	ssize_t n;
	int r = open_newest(f, &f->end_index, &fd, &f->end, err);

	if (r <= 0 || f->end.st_size == 0)
		return r;
	n = pread(fd, data, sizeof(data), f->end.st_size - 1);
	newline = n > 0 ? memchr(data, '\n', (size_t)n) : NULL;
	if (newline)
		f->end.st_size += newline - data;
	return 1;
}

/* 1 or 0; the lines were counted in files that may be others now. */
static int was_rotated(const struct log_files *f, struct error *err)
{
	cleanup_fd int fd = -EBADF;
	struct stat st;
	size_t index;
	int r = open_newest(f, &index, &fd, &st, err);

	return r < 0 ? r
		     : r == 0 || !same_file(&st, &f->end) || st.st_size < f->end.st_size;
}

/* It was opened by its place in the row, which another one may have had by then. */
static bool is_oldest(const struct log_files *f)
{
	size_t index = find_index(f, &f->st);

	return index + 1 >= count_files(f);
}

/* 1, 0 if all has moved meanwhile, or -errno. */
static int try_start(struct log_files *f, size_t n_files, struct error *err)
{
	size_t index;
	int r = note_end(f, err);

	if (r <= 0)
		return r;
	f->source.skip = 0;
	r = find_start(f, n_files, &index, err);
	if (r == 0)
		r = open_file(f, index, err);
	if (r <= 0)
		return r;
	if (f->tail < 0)
		return is_oldest(f);
	r = was_rotated(f, err);
	return r < 0 ? r : !r;
}

static int open_start(struct log_files *f, struct error *err)
{
	size_t n;

	for (int i = 0; i < TRIES && (n = count_files(f)) > 0; i++) {
		int r = try_start(f, n, err);

		if (r != 0)
			return r;
	}
	return f->fd >= 0;
}

/* Bytes of the present file; 0 at its end, for now. */
static ssize_t read_file(struct log_files *f, char *data, size_t room, struct error *err)
{
	ssize_t n;

	do
		n = read(f->fd, data, room);
	while (n < 0 && errno == EINTR);
	if (n == 0 && was_emptied(f))
		n = read(f->fd, data, room);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the container's log");
	return n;
}

/* How many of n bytes just read are wanted: up to the end of the line that ends there or goes on there. */
static ssize_t cut_at_end(struct log_files *f, const char *data, ssize_t n)
{
	off_t begin = lseek(f->fd, 0, SEEK_CUR) - n;
	const char *newline;
	size_t from;

	if (f->notify_fd >= 0 || !same_file(&f->st, &f->end) ||
	    begin + n < f->end.st_size)
		return n;
	from = begin < f->end.st_size ? (size_t)(f->end.st_size - begin) : 0;
	from -= from > 0;
	newline = memchr(data + from, '\n', (size_t)n - from);
	f->over = newline != NULL;
	return newline ? newline + 1 - data : n;
}

/* What comes after the file that stands at `index`: 1 if that is open now, 0 if it was moved meanwhile. */
static int open_next(struct log_files *f, size_t index, struct error *err)
{
	cleanup_fd int fd = -EBADF;
	size_t n = count_files(f);
	struct stat st;
	int r;

	if (index == FILES_MAX)
		return n == 0 ? 0 : open_file(f, n - 1, err);
	r = open_named(f, index - 1, &fd, &st, err);
	if (r <= 0)
		return r;
	if (find_index(f, &f->st) != index)
		return 0;
	take_file(f, TAKE_FD(fd), &st);
	return 1;
}

/* Nothing of what is still to come was there at the beginning. */
static bool is_past_the_end(const struct log_files *f)
{
	return f->notify_fd < 0 &&
	       (same_file(&f->st, &f->end) || find_index(f, &f->end) == FILES_MAX);
}

/* The end of the present file: 1 if there may be more, of it or of a newer one. */
static int go_on(struct log_files *f, struct error *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < TRIES; i++) {
		size_t index = find_index(f, &f->st);

		if (index == 0 || f->over)
			return 0;
		/* it was complete when it was renamed; what came before that is still to be read */
		if (!f->complete) {
			f->complete = true;
			return 1;
		}
		if (is_past_the_end(f))
			return 0;
		r = open_next(f, index, err);
	}
	return r;
}

static ssize_t files_read(struct log_source *s, char *data, size_t room,
			  bool *ret_restart, struct error *err)
{
	struct log_files *f = files_of(s);
	int r = 1;

	if (f->dirfd < 0 || f->over)
		return 0;
	if (f->fd < 0)
		r = open_start(f, err);
	while (r > 0) {
		ssize_t n = read_file(f, data, room, err);

		if (n > 0)
			n = cut_at_end(f, data, n);
		if (n != 0) {
			*ret_restart = f->cut;
			f->cut = false;
			return n;
		}
		r = go_on(f, err);
	}
	return r;
}

static int files_fd(const struct log_source *s)
{
	return files_of(s)->notify_fd;
}

static void files_woken(struct log_source *s)
{
	char events[4096];

	while (read(files_of(s)->notify_fd, events, sizeof(events)) > 0)
		;
}

static const struct log_source_class class = {
	.read = files_read,
	.fd = files_fd,
	.woken = files_woken,
	.free = files_free,
};

static int follow(struct log_files *f, struct error *err)
{
	char path[FD_PROC_PATH_MAX];

	f->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->notify_fd < 0 ||
	    inotify_add_watch(f->notify_fd, fd_proc_path(f->dirfd, path),
			      IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return error_set(err, ERR_SYSTEM, errno, "follow the container's log");
	return 0;
}

static void files_freep(struct log_files **f)
{
	if (*f)
		files_free(&(*f)->source);
}

int log_files_open(const char *path, enum log_driver driver,
		   const struct log_range *range, struct log_source **ret,
		   struct error *err)
{
	cleanup(files_freep) struct log_files *f = xcalloc(1, sizeof(*f));
	cleanup_free char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	int r = 0;

	*f = (struct log_files){
		.source.class = &class,
		.driver = driver,
		.tail = range->tail,
		.name = xstrdup(slash + 1),
		.notify_fd = -EBADF,
		.fd = -EBADF,
	};
	slash[slash == dir ? 1 : 0] = '\0';
	f->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dirfd < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "open %s", dir);
	if (range->follow && f->dirfd >= 0)
		r = follow(f, err);
	if (r < 0)
		return r;
	*ret = &TAKE_PTR(f)->source;
	return 0;
}

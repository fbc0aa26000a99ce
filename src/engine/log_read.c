/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The monitor appends to "log" and renames: log -> log.1 -> log.2. A
 * reader holds the file it reads by fd. At its end it looks where that file (by inode)
 * stands in the row now: if it is no longer "log", it is complete once it has been read
 * to its end again, and the next newer one follows. So no record is lost or seen twice,
 * unless a file is rotated away before it was opened.
 *
 * Following waits by inotify on the directory, and on the monitor's pidfd: whatever was
 * written before the monitor ended is read after that is seen.
 */
#include "engine/log_read.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define FILES_MAX   1000
#define RECORD_MAX  (1 << 20) /* a longer line is not ours */
#define CHUNK       65536
#define END_OF_LINE "\\n\",\"stream\"" /* inside a string the quotes would be escaped */

struct reader {
	const struct log_request *request;
	int dirfd;      /* of the log */
	int fd;         /* of the file being read, -EBADF: none yet */
	struct stat st; /* its identity */
	char *buf;      /* the beginning of a line */
	size_t len;
	int64_t skip; /* lines to pass over, for tail */
};

static void reader_release(struct reader *r)
{
	fd_cleanup_(&r->dirfd);
	fd_cleanup_(&r->fd);
	free(r->buf);
}

static char *file_name(size_t index, char buf[static 32])
{
	if (index == 0)
		snprintf(buf, 32, LOG_FILE);
	else
		snprintf(buf, 32, LOG_FILE ".%zu", index);
	return buf;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* How many files there are: log, log.1 .. log.N-1. */
static size_t count_files(int dirfd)
{
	char name[32];
	size_t n = 0;

	while (n < FILES_MAX && faccessat(dirfd, file_name(n, name), F_OK, 0) == 0)
		n++;
	return n;
}

static int open_file(struct reader *r, size_t index, struct error *err)
{
	char name[32];

	fd_cleanup_(&r->fd);
	r->len = 0;
	r->fd = openat(r->dirfd, file_name(index, name), O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 && errno == ENOENT)
		return 0;
	if (r->fd < 0 || fstat(r->fd, &r->st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the container's %s", name);
	return 1;
}

static bool is_whole_line(const char *line, size_t len)
{
	return memmem(line, len, END_OF_LINE, strlen(END_OF_LINE)) != NULL;
}

static bool in_range(const struct log_request *request, const char *time)
{
	int64_t usec;

	if (!request->since_usec && !request->until_usec)
		return true;
	if (time_parse(time, &usec) < 0)
		return true;
	return (!request->since_usec || usec >= request->since_usec) &&
	       (!request->until_usec || usec <= request->until_usec);
}

/* The strings of *ret belong to o. */
static int parse_record(struct json_object *o, struct log_record *ret, struct error *err)
{
	int r = json_to_bytes(json_get(o, "log"), "log", &ret->text, &ret->len, err);

	if (r == 0)
		r = json_to_str(json_get(o, "time"), "time", &ret->time, err);
	if (r == 0)
		r = json_to_str(json_get(o, "stream"), "stream", &ret->stream, err);
	return r;
}

/* A line that is no record (cut short by a power failure) is passed over. */
static int take_line(struct reader *r, const char *line, size_t len, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_error struct error ignored = ERROR_INIT;
	struct log_record record;

	if (r->skip > 0) {
		r->skip -= is_whole_line(line, len);
		return 0;
	}
	if (json_parse_own(line, len, "log", &o, &ignored) < 0 ||
	    parse_record(o, &record, &ignored) < 0) {
		error_drop(&ignored, "not a record of the log");
		return 0;
	}
	if (!in_range(r->request, record.time))
		return 0;
	return r->request->record(r->request->data, &record, err);
}

/* Every whole line of the buffer; what is left moves to its front. */
static int take_lines(struct reader *r, struct error *err)
{
	char *start = r->buf, *end = r->buf + r->len, *newline;
	int k = 0;

	while (k >= 0 && (newline = memchr(start, '\n', (size_t)(end - start)))) {
		k = take_line(r, start, (size_t)(newline - start), err);
		start = newline + 1;
	}
	r->len = (size_t)(end - start);
	memmove(r->buf, start, r->len);
	if (r->len >= RECORD_MAX)
		r->len = 0;
	return k;
}

/* A log of one file only begins anew in place when it has reached its size. */
static bool was_emptied(struct reader *r)
{
	struct stat st;

	if (fstat(r->fd, &st) < 0 || st.st_size >= lseek(r->fd, 0, SEEK_CUR))
		return false;
	r->len = 0;
	return lseek(r->fd, 0, SEEK_SET) == 0;
}

/* To the present end of the file. */
static int drain(struct reader *r, struct error *err)
{
	for (;;) {
		ssize_t n = read(r->fd, r->buf + r->len, CHUNK);
		int k;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "read the container's log");
		if (n == 0 && !was_emptied(r))
			return 0;
		r->len += (size_t)n;
		k = take_lines(r, err);
		if (k < 0)
			return k;
	}
}

/* Where the file stands in the row now, FILES_MAX if it is gone. */
static size_t find_index(const struct reader *r)
{
	char name[32];
	struct stat st;

	for (size_t i = 0; i < FILES_MAX; i++) {
		if (fstatat(r->dirfd, file_name(i, name), &st, 0) < 0)
			return FILES_MAX;
		if (same_file(&st, &r->st))
			return i;
	}
	return FILES_MAX;
}

/* The present file to its end and all newer ones. */
static int read_to_end(struct reader *r, struct error *err)
{
	int k;

	for (;;) {
		size_t index, n;

		k = drain(r, err);
		if (k < 0)
			return k;
		index = find_index(r);
		if (index == 0)
			return 0;
		/* it was complete when it was renamed; what came before that is still to
		 * be read */
		k = drain(r, err);
		if (k < 0)
			return k;
		n = count_files(r->dirfd);
		if (n == 0)
			return 0;
		k = open_file(r, index == FILES_MAX ? n - 1 : index - 1, err);
		if (k <= 0)
			return k;
	}
}

static int64_t count_lines(const char *text, size_t len)
{
	const char *end = text + len, *newline;
	int64_t n = 0;

	for (; (newline = memchr(text, '\n', (size_t)(end - text))); text = newline + 1)
		n += is_whole_line(text, (size_t)(newline - text));
	return n;
}

static int count_file_lines(int dirfd, size_t index, int64_t *ret, struct error *err)
{
	cleanup_buf struct buf text = {0};
	char name[32];
	cleanup_fd int fd = openat(dirfd, file_name(index, name), O_RDONLY | O_CLOEXEC);
	char *chunk;
	ssize_t n;

	*ret = 0;
	if (fd < 0)
		return 0;
	chunk = xmalloc(CHUNK);
	buf_init(&text, RECORD_MAX + CHUNK);
	while ((n = read(fd, chunk, CHUNK)) > 0) {
		const char *last = memrchr(chunk, '\n', (size_t)n);
		size_t head = last ? (size_t)(last - chunk) + 1 : 0;
		int r = buf_add(&text, chunk, last ? head : (size_t)n);

		if (r < 0) {
			buf_release(&text);
			buf_init(&text, RECORD_MAX + CHUNK);
			continue;
		}
		if (!last)
			continue;
		*ret += count_lines(text.data, text.len);
		buf_release(&text);
		buf_init(&text, RECORD_MAX + CHUNK);
		(void)!buf_add(&text, chunk + head, (size_t)n - head);
	}
	free(chunk);
	return n < 0 ? error_set(err, ERR_SYSTEM, errno, "read the container's log") : 0;
}

/* The oldest file that is needed for the last `tail` lines, and how many of its lines are
 * not. */
static int find_start(struct reader *r, size_t n_files, size_t *ret_index,
		      struct error *err)
{
	int64_t wanted = r->request->tail, found = 0;

	*ret_index = n_files - 1;
	if (wanted < 0)
		return 0;
	for (size_t i = 0; i < n_files; i++) {
		int64_t lines;
		int k = count_file_lines(r->dirfd, i, &lines, err);

		if (k < 0)
			return k;
		found += lines;
		*ret_index = i;
		if (found >= wanted)
			break;
	}
	r->skip = found > wanted ? found - wanted : 0;
	return 0;
}

static int open_start(struct reader *r, struct error *err)
{
	size_t n = count_files(r->dirfd), index;
	int k;

	if (n == 0)
		return 0;
	k = find_start(r, n, &index, err);
	return k < 0 ? k : open_file(r, index, err);
}

static void drop_events(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static int follow(struct reader *r, const struct container *c, struct error *err)
{
	cleanup_fd int notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	cleanup_fd int monitor_fd = proc_id_open(&c->monitor);
	cleanup_free char *dir = xasprintf("/proc/self/fd/%d", r->dirfd);
	struct pollfd waiting[] = {
		{.fd = notify_fd, .events = POLLIN},
		{.fd = monitor_fd, .events = POLLIN},
	};
	bool ended = monitor_fd < 0;
	int k;

	if (notify_fd < 0 ||
	    inotify_add_watch(notify_fd, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return error_set(err, ERR_SYSTEM, errno, "follow the container's log");
	for (;;) {
		k = r->fd < 0 ? open_start(r, err) : 1;
		if (k > 0)
			k = read_to_end(r, err);
		if (k < 0 || ended)
			return k;
		if (r->request->idle)
			r->request->idle(r->request->data);
		if (poll(waiting, ARRAY_SIZE(waiting), -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno,
					 "follow the container's log");
		drop_events(notify_fd);
		ended = waiting[1].revents != 0;
	}
}

int log_read(const struct engine *e, const struct container *c,
	     const struct log_request *request, struct error *err)
{
	cleanup(reader_release) struct reader r = {
		.request = request, .dirfd = -EBADF, .fd = -EBADF};
	cleanup_free char *path = container_data_path(e, c->record.id, NULL);
	int k;

	if (str_eq(c->config.log_driver, "none"))
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"container %s keeps no log: it was made with --log-driver none",
			c->record.name);
	r.dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dirfd < 0 && errno == ENOENT)
		return 0;
	if (r.dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", path);
	r.buf = xmalloc(RECORD_MAX + CHUNK);
	if (request->follow && status_is_up(c->status))
		return follow(&r, c, err);
	k = open_start(&r, err);
	return k > 0 ? read_to_end(&r, err) : k;
}

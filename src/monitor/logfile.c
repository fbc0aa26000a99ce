/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Records are built in a buffer and written when it is full or when
 * logfile_flush() is called, so a burst of short lines costs one write(2). A record
 * longer than what is left of the buffer goes out in pieces. `size` is the end of the
 * last whole record in the file; when a write fails or is cut short (ENOSPC, EDQUOT,
 * EFBIG, EIO), the file is truncated to it and everything buffered is counted as lost.
 * The first record after that is preceded by one that tells of the gap; if that cannot be
 * written either, the count goes on.
 *
 * Rotation keeps the name "log" present at every moment: log is hard-linked to log.1,
 * then a new file is renamed over it. Nothing is rotated if the new file cannot be made
 * (no inodes): growing past the limit loses less than stopping.
 */
#include "monitor/logfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "monitor/clock.h"
#include "monitor/escape.h"
#include "monitor/text.h"
#include "util/error.h"

#define RECORD_HEAD      "{\"log\":\""
#define LOGFILE_NEW      ".new"
#define LOGFILE_NAME_MAX (LOGFILE_NAME_LEN + 1 + TEXT_I64_MAX + 1)

static int write_all(int fd, const char *data, size_t len, size_t *ret_done)
{
	*ret_done = 0;
	while (*ret_done < len) {
		ssize_t n = write(fd, data + *ret_done, len - *ret_done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*ret_done += (size_t)n;
	}
	return 0;
}

/* Back to whole records. Only ever shorter: someone else may have truncated the file
 * meanwhile. */
static void logfile_cut(struct logfile *l)
{
	struct stat st;

	if (fstat(l->fd, &st) == 0) {
		/* if the cut fails too, the reader skips what is no JSON */
		if (st.st_size < l->size || ftruncate(l->fd, l->size) < 0)
			l->size = st.st_size;
	}
	l->written = l->size;
}

void logfile_flush(struct logfile *l)
{
	size_t done;
	int r;

	if (l->len == 0)
		return;
	r = write_all(l->fd, l->buf, l->len, &done);
	if (r < 0) {
		l->lost += l->raw;
		l->lost_errno = -r;
		l->broken = l->len > l->whole;
		l->written += (int64_t)done;
		logfile_cut(l);
	} else {
		if (l->whole > 0)
			l->size = l->written + (int64_t)l->whole;
		l->written += (int64_t)l->len;
		l->lost -= l->noted;
	}
	l->noted = 0;
	l->raw = l->len = l->whole = 0;
}

static void add_bytes(struct logfile *l, const char *data, size_t len)
{
	if (l->broken)
		return;
	if (LOGFILE_BUFFER - l->len < len)
		logfile_flush(l);
	if (l->broken)
		return;
	memcpy(l->buf + l->len, data, len);
	l->len += len;
}

static void add_escaped(struct logfile *l, const unsigned char *data, size_t len)
{
	while (len > 0 && !l->broken) {
		size_t used;

		l->len += escape_json(data, len, l->buf + l->len, LOGFILE_BUFFER - l->len,
				      &used);
		data += used;
		len -= used;
		if (len > 0)
			logfile_flush(l);
	}
}

void logfile_begin(struct logfile *l, const char *stream)
{
	struct timespec now;
	char *p = l->tail;

	if (l->dir_fd < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (l->format == LOGFILE_CRI) {
		p = clock_stamp(p, &now);
		*p++ = ' ';
		p = text_put(p, stream);
		*p++ = ' ';
	} else {
		p = text_put(p, "\",\"stream\":\"");
		p = text_put(p, stream);
		p = text_put(p, "\",\"time\":\"");
		p = clock_stamp(p, &now);
		p = text_put(p, "\"}\n");
	}
	l->tail_len = (size_t)(p - l->tail);
}

static void add_json(struct logfile *l, const unsigned char *data, size_t len)
{
	add_bytes(l, RECORD_HEAD, sizeof(RECORD_HEAD) - 1);
	add_escaped(l, data, len);
	add_bytes(l, l->tail, l->tail_len);
}

/* The text as it is: of a line there is no more than its end that could be misread. */
static void add_cri(struct logfile *l, const unsigned char *data, size_t len)
{
	bool whole = len > 0 && data[len - 1] == '\n';

	add_bytes(l, l->tail, l->tail_len);
	add_bytes(l, whole ? "F " : "P ", 2);
	add_bytes(l, (const char *)data, whole ? len - 1 : len);
	add_bytes(l, "\n", 1);
}

static void add_record(struct logfile *l, const unsigned char *data, size_t len)
{
	if (l->format == LOGFILE_CRI)
		add_cri(l, data, len);
	else
		add_json(l, data, len);
	if (!l->broken)
		l->whole = l->len;
}

/* The record that stands where output is missing. */
static void add_gap(struct logfile *l)
{
	char text[160], tail[LOGFILE_TAIL_MAX], *p = text;
	size_t tail_len = l->tail_len;

	p = text_put(p, "[cubby: ");
	p = text_put_i64(p, (int64_t)l->lost);
	p = text_put(p, " bytes of output were not logged: ");
	p = text_put(p, error_errno_text(l->lost_errno));
	p = text_put(p, "]\n");
	l->noted = l->lost;
	memcpy(tail, l->tail, tail_len);
	logfile_begin(l, "stderr");
	add_record(l, (unsigned char *)text, (size_t)(p - text));
	memcpy(l->tail, tail, tail_len);
	l->tail_len = tail_len;
}

/* "log.N", or "log" for 0. */
static const char *rotated_name(const struct logfile *l,
				char buf[static LOGFILE_NAME_MAX], int64_t n)
{
	char *p = text_put(buf, l->name);

	if (n > 0) {
		*p++ = '.';
		p = text_put_i64(p, n);
	}
	*p = '\0';
	return buf;
}

/* Renames log.1 .. to make log.1 free; a missing one is no matter, nor one that cannot be
 * moved. */
static void shift_rotated(const struct logfile *l)
{
	char from[LOGFILE_NAME_MAX], to[LOGFILE_NAME_MAX];

	for (int64_t n = l->max_files - 2; n >= 1; n--)
		(void)!renameat(l->dir_fd, rotated_name(l, from, n), l->dir_fd,
				rotated_name(l, to, n + 1));
	(void)!unlinkat(l->dir_fd, rotated_name(l, to, 1), 0);
}

static void logfile_rotate(struct logfile *l)
{
	char first[LOGFILE_NAME_MAX], fresh[LOGFILE_NAME_MAX];
	cleanup_fd int fd = -EBADF;

	if (l->max_files <= 1) {
		if (ftruncate(l->fd, 0) == 0)
			l->size = l->written = 0;
		return;
	}
	*text_put(text_put(fresh, l->name), LOGFILE_NEW) = '\0';
	fd = openat(l->dir_fd, fresh,
		    O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return;
	shift_rotated(l);
	rotated_name(l, first, 1);
	/* a file system without hard links has no "log" for a moment */
	if (linkat(l->dir_fd, l->name, l->dir_fd, first, 0) < 0)
		(void)!renameat(l->dir_fd, l->name, l->dir_fd, first);
	if (renameat(l->dir_fd, fresh, l->dir_fd, l->name) < 0)
		return;
	close(l->fd);
	l->fd = TAKE_FD(fd);
	l->size = l->written = 0;
}

void logfile_add(struct logfile *l, const unsigned char *data, size_t len)
{
	int64_t size = l->written + (int64_t)l->len;

	if (l->dir_fd < 0)
		return;
	l->broken = false;
	if (l->max_size > 0 && size > 0 && size >= l->max_size) {
		logfile_flush(l);
		logfile_rotate(l);
	}
	if (l->lost > 0 && l->noted == 0)
		add_gap(l);
	/* the gap itself may have failed; then this record tries for itself */
	l->broken = false;
	add_record(l, data, len);
	if (l->broken)
		l->lost += len;
	else
		l->raw += len;
}

void logfile_finish(struct logfile *l)
{
	if (l->dir_fd < 0)
		return;
	logfile_flush(l);
	if (l->lost == 0)
		return;
	l->broken = false;
	add_gap(l);
	logfile_flush(l);
}

int logfile_open(struct logfile *l, const struct logfile_options *o)
{
	struct stat st;
	char last;

	l->dir_fd = o->dir_fd;
	l->fd = -EBADF;
	l->format = o->format;
	l->name = o->name ? o->name : LOGFILE_NAME;
	l->max_size = o->max_size;
	l->max_files = o->max_files;
	if (l->dir_fd < 0)
		return 0;
	l->fd = openat(l->dir_fd, l->name,
		       O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		       0600);
	if (l->fd < 0)
		return -errno;
	if (fstat(l->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	l->size = l->written = st.st_size;
	/* A killed monitor may have left half a record: it gets a line of its own. */
	if (st.st_size > 0 && pread(l->fd, &last, 1, st.st_size - 1) == 1 &&
	    last != '\n' && write(l->fd, "\n", 1) == 1)
		l->size = ++l->written;
	return 0;
}

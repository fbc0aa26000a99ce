/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/stream.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "monitor/clock.h"
#include "monitor/escape.h"

/* More than the kernel buffers for a pseudo-terminal (TTYB_DEFAULT_MEM_LIMIT, 640 KiB).
 */
#define TERMINAL_LEFT_MAX   (1 << 20)
/* How often to look whether somebody has opened a terminal again whose last user closed
 * it. */
#define TERMINAL_RETRY_USEC 250000

static void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)!fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}

void stream_init(struct stream *s, int fd, enum monitor_message type)
{
	s->fd = fd >= 0 ? fd : -EBADF;
	s->type = type;
	s->name = type == MONITOR_STDERR ? "stderr" : "stdout";
	s->left = STREAM_UNLIMITED;
	if (s->fd >= 0)
		set_nonblock(s->fd);
}

size_t stream_read(struct stream *s, void *data, size_t len)
{
	ssize_t n;

	if ((int64_t)len > s->left)
		len = (size_t)s->left;
	do
		n = len > 0 ? read(s->fd, data, len) : 0;
	while (n < 0 && errno == EINTR);

	if (n > 0) {
		if (s->left != STREAM_UNLIMITED)
			s->left -= n;
		return (size_t)n;
	}
	if (s->left == STREAM_UNLIMITED) {
		if (n < 0 && errno == EAGAIN)
			return 0;
		/* tty_read(): a master reads EIO while no slave is open; one may be
		 * opened again */
		if (n < 0 && errno == EIO) {
			s->retry_usec = clock_monotonic() + TERMINAL_RETRY_USEC;
			return 0;
		}
	}
	fd_close(&s->fd);
	return 0;
}

void stream_limit(struct stream *s)
{
	int available = 0;

	if (s->fd < 0)
		return;
	s->retry_usec = 0;
	s->left = TERMINAL_LEFT_MAX;
	/* a terminal may have more than it says: input that has not passed its line
	 * discipline yet */
	if (!isatty(s->fd) && ioctl(s->fd, FIONREAD, &available) == 0)
		s->left = available;
}

static void add_line(struct stream *s, struct log *l)
{
	if (s->line_len > 0)
		log_add(l, s->line, s->line_len);
	s->line_len = 0;
}

void stream_log(struct stream *s, struct log *l, const unsigned char *data, size_t len)
{
	log_begin(l, s->name);
	while (len > 0) {
		const unsigned char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) + 1 : len;
		size_t room = LOGFILE_LINE_MAX - s->line_len;

		/* the usual case needs no copy */
		if (end && s->line_len == 0 && n <= LOGFILE_LINE_MAX) {
			log_add(l, data, n);
			data += n;
			len -= n;
			continue;
		}
		if (n > room)
			n = room;
		memcpy(s->line + s->line_len, data, n);
		s->line_len += n;
		data += n;
		len -= n;
		if (s->line[s->line_len - 1] == '\n') {
			add_line(s, l);
		} else if (s->line_len == LOGFILE_LINE_MAX) {
			size_t whole = escape_boundary(s->line, s->line_len);

			log_add(l, s->line, whole);
			s->line_len -= whole;
			memmove(s->line, s->line + whole, s->line_len);
		}
	}
}

void stream_log_rest(struct stream *s, struct log *l)
{
	log_begin(l, s->name);
	add_line(s, l);
}

void input_init(struct input *in, int fd, bool terminal)
{
	in->fd = fd >= 0 ? fd : -EBADF;
	in->terminal = terminal;
	in->last = '\n';
	if (in->fd >= 0)
		set_nonblock(in->fd);
}

bool input_is_busy(const struct input *in)
{
	return in->len > 0;
}

void input_close(struct input *in)
{
	fd_close(&in->fd);
	in->pos = in->len = 0;
	in->eof_wanted = false;
}

/*
 * Types the terminal's end-of-file character. termios(3), VEOF: it ends a line without
 * adding to it, so in the middle of one a second is needed to make an empty read. In raw
 * mode it is the program that decides what it means.
 */
static void type_eof(struct input *in)
{
	struct termios t;

	if (tcgetattr(in->fd, &t) < 0)
		return;
	in->data[0] = in->data[1] = t.c_cc[VEOF];
	in->pos = 0;
	in->len = (t.c_lflag & ICANON) && in->last != '\n' ? 2 : 1;
}

/* Writes what is held. Return: true when all of it has gone. */
static bool write_held(struct input *in)
{
	while (in->len > 0) {
		ssize_t n = write(in->fd, in->data + in->pos, in->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return false;
		if (n < 0) {
			/* a terminal can be opened again; a pipe without a reader is dead
			 */
			in->len = 0;
			if (!in->terminal)
				input_close(in);
			return false;
		}
		in->last = in->data[in->pos + (size_t)n - 1];
		in->pos += (size_t)n;
		in->len -= (size_t)n;
	}
	return true;
}

void input_write(struct input *in)
{
	if (in->fd < 0 || !write_held(in) || !in->eof_wanted)
		return;
	in->eof_wanted = false;
	if (in->terminal) {
		type_eof(in);
		(void)write_held(in);
	} else {
		input_close(in);
	}
}

void input_put(struct input *in, size_t offset, size_t len)
{
	/* a terminal's end of file is a character like others: more may follow */
	if (in->fd < 0 || (in->eof_wanted && !in->terminal))
		return;
	in->pos = offset;
	in->len = len;
	input_write(in);
}

void input_eof(struct input *in)
{
	if (in->fd < 0)
		return;
	in->eof_wanted = true;
	input_write(in);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's ends towards the container: what comes out (stdout, stderr or the
 * terminal's master), cut into lines for the log, and what goes in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/log.h"
#include "monitor/protocol.h"
#include "util/cleanup.h"

#define STREAM_UNLIMITED INT64_MAX

struct stream {
	int fd; /* owned; -EBADF: not there, or at its end */
	enum monitor_message type;
	const char *name;   /* in the log */
	int64_t left;       /* bytes that may still be read; STREAM_UNLIMITED while the
			       container runs */
	int64_t retry_usec; /* do not poll before: a terminal that nobody has open */
	size_t line_len;
	unsigned char line[LOGFILE_LINE_MAX]; /* a line whose end has not come yet */
};

/* stream_init() - takes fd (-1: none) and makes it non-blocking. */
void stream_init(struct stream *s, int fd, enum monitor_message type);

/*
 * stream_read() - at most len bytes. Return: their number; 0: nothing now, see s->fd for
 * whether ever again (at its end the stream closes itself).
 */
size_t stream_read(struct stream *s, void *data, size_t len);

/* stream_log() - hand data to the log, line by line. */
void stream_log(struct stream *s, struct log *l, const unsigned char *data, size_t len);
/* stream_log_rest() - the last line, which has no end. */
void stream_log_rest(struct stream *s, struct log *l);

/*
 * stream_limit() - the container has ended: from now on read only what it has left
 * behind. A surviving process that holds the other end can neither keep the stream open
 * nor feed it.
 */
void stream_limit(struct stream *s);

/* The container's stdin. One packet is held here until the container takes it. */
struct input {
	int fd; /* owned; -EBADF: none, or closed */
	bool terminal;
	bool eof_wanted;    /* when the data is through */
	unsigned char last; /* byte written */
	size_t pos, len;
	unsigned char data[MONITOR_PACKET_MAX];
};

void input_init(struct input *in, int fd, bool terminal);
bool input_is_busy(const struct input *in);

/* input_put() - len bytes from offset on of in->data are new; in must not be busy. */
void input_put(struct input *in, size_t offset, size_t len);

/* input_eof() - close it, or type the terminal's end-of-file character, after what is
 * held. */
void input_eof(struct input *in);

/* input_write() - give the container what it takes now. Closes the input if it has closed
 * its end. */
void input_write(struct input *in);

void input_close(struct input *in);

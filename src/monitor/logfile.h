/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's log in a file, by default "log", which is rotated to log.1, log.2 ...
 * One record a line, in one of two formats:
 *
 *   LOGFILE_JSON  Docker's json-file: {"log":"...\n","stream":"stdout","time":"..."}
 *   LOGFILE_CRI   Kubernetes', which is podman's k8s-file: TIME stdout F TEXT, with P
 *                 instead of F for a piece of a line that goes on, or that never ends
 *
 * It never fails and never waits for anything but the file system: what cannot be written
 * is counted, and when writing works again a line says how much is missing. The file
 * holds whole lines only, whatever goes wrong (but for a kill of the monitor within
 * write(2)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define LOGFILE_NAME     "log" /* unless another is given */
#define LOGFILE_NAME_LEN 200
#define LOGFILE_BUFFER   32768
#define LOGFILE_TAIL_MAX 80
/* Docker's limit for a line; a longer one becomes several records, all but the last
 * without "\n" */
#define LOGFILE_LINE_MAX 16384

enum logfile_format { LOGFILE_JSON, LOGFILE_CRI };

struct logfile {
	int dir_fd; /* owned; -1: there is no log */
	enum logfile_format format;
	const char *name; /* borrowed; at most LOGFILE_NAME_LEN bytes */
	int fd;           /* owned */
	int64_t max_size, max_files;
	int64_t size; /* of the file's whole records: what a failed write is cut back to
		       */
	int64_t written; /* of the file: more than size while a long record is written in
			    pieces */
	uint64_t lost;  /* bytes of output that are not in the log and not yet reported in
			   it */
	uint64_t noted; /* of them, what the buffer's gap record tells about */
	int lost_errno;
	bool broken;  /* a piece of the current record could not be written: skip the rest
		       */
	size_t raw;   /* bytes of output in the buffer's whole records that are not in the
			 file yet */
	size_t whole; /* bytes of the buffer up to the end of its last whole record */
	size_t tail_len;
	char tail[LOGFILE_TAIL_MAX]; /* of the records that follow: stream and time; in
					the format CRI they stand before the text */
	size_t len;
	char buf[LOGFILE_BUFFER];
};

struct logfile_options {
	int dir_fd; /* taken; -1: no log */
	enum logfile_format format;
	const char *name; /* NULL: LOGFILE_NAME */
	int64_t max_size, max_files;
};

/* logfile_open() - append to the log there is, or make one, mode 0600. 0 or -errno. */
int logfile_open(struct logfile *l, const struct logfile_options *o) _must_check_;

/*
 * logfile_begin() - the records that follow are of this stream ("stdout", "stderr") and
 * of now. Once for each read(2): asking for the time costs more than a short line does.
 */
void logfile_begin(struct logfile *l, const char *stream);

/* logfile_add() - one record; data at most LOGFILE_LINE_MAX bytes. */
void logfile_add(struct logfile *l, const unsigned char *data, size_t len);

/* logfile_flush() - what is buffered goes to the file: once after each burst of records.
 */
void logfile_flush(struct logfile *l);

/* logfile_finish() - flush, and tell of a gap that no later record has told of. */
void logfile_finish(struct logfile *l);

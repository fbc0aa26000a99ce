/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a container's log, in each of its forms. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/log_option.h"
#include "util/cleanup.h"

#define LOG_TIME_MAX 48

/* Which records are wanted. */
struct log_range {
	int64_t since_usec, until_usec; /* 0: no bound */
	int64_t tail;                   /* last lines only; -1: all */
	bool follow;                    /* more is still to come */
};

struct log_record {
	const char *text; /* a line with its "\n", or a piece of a long one without */
	size_t len;
	bool is_error; /* of stderr */
	int64_t usec;
	char time[LOG_TIME_MAX]; /* RFC 3339 */
};

/* What the text of a record may point into besides the line. */
struct log_line {
	struct json_object *document; /* owned */
	char *bytes;                  /* owned */
};
void log_line_release(struct log_line *l);
#define cleanup_log_line cleanup(log_line_release)

/*
 * log_line_parse() - a line of len bytes that is followed by "\n", in the form of the driver (of
 * journald: of `journalctl --output=json`). *keep (released first) must outlive *ret. 0, or
 * -EBADMSG for what is no record: cut short by a power failure.
 */
int log_line_parse(enum log_driver driver, const char *line, size_t len,
		   struct log_line *keep, struct log_record *ret) _must_check_;

/* log_line_ends() - whether the record, unparsed, ends a line of output. */
bool log_line_ends(enum log_driver driver, const char *line, size_t len);

/* log_line_cursor() - where journald's record stands, for --after-cursor; NULL: unknown. */
const char *log_line_cursor(const struct log_line *l);

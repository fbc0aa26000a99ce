/* SPDX-License-Identifier: Apache-2.0 */
/* Where the container's output is kept: a file (logfile.h), the journal (journal.h), or
 * nowhere. */
#pragma once

#include <stddef.h>

#include "monitor/journal.h"
#include "monitor/logfile.h"
#include "monitor/options.h"
#include "util/cleanup.h"

struct log {
	struct logfile file;
	struct journal journal;
};

/* log_open() - as the options say. 0 or -errno. */
int log_open(struct log *l, const struct monitor_options *o) _must_check_;

/* As the functions of the same names in logfile.h. */
void log_begin(struct log *l, const char *stream);
void log_add(struct log *l, const unsigned char *data, size_t len);
void log_flush(struct log *l);
void log_finish(struct log *l);

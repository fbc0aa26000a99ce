/* SPDX-License-Identifier: Apache-2.0 */
/* Where a log_reader has its lines from. Private to log_reader.c, log_files.c and
 * log_journal.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/log_line.h"
#include "util/cleanup.h"
#include "util/error.h"

struct log_source;

struct log_source_class {
	/* read() - more bytes of whole and cut lines; 0: nothing now. *ret_restart: what
	 * was read of a cut line before is void. */
	ssize_t (*read)(struct log_source *s, char *data, size_t room, bool *ret_restart,
			struct error *err);
	int (*fd)(const struct log_source *s);
	void (*woken)(struct log_source *s);
	int (*ended)(struct log_source *s, const char *cursor, struct error *err);
	void (*free)(struct log_source *s);
};

struct log_source {
	const struct log_source_class *class;
	int64_t skip; /* whole lines to pass over first */
};

/* log_files_open() - of a container that has none yet: a source that waits for them. */
int log_files_open(const char *path, enum log_driver driver,
		   const struct log_range *range, struct log_source **ret,
		   struct error *err) _must_check_;
int log_journal_open(const char *id, const struct log_range *range,
		     struct log_source **ret, struct error *err) _must_check_;

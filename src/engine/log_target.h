/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor needs to keep a container's log: an fd, and words of its command line. */
#pragma once

#include "engine/engine.h"
#include "engine/log_option.h"
#include "util/cleanup.h"
#include "util/error.h"

struct log_target {
	int fd; /* owned; -EBADF: no log is kept */
	const char
		*name; /* of a file with another name than the usual; of the settings */
	const char *journal; /* the journal's socket; NULL: a file */
	char *fields;        /* owned; for the journal */
};
#define LOG_TARGET_INIT ((struct log_target){.fd = -EBADF})
void log_target_release(struct log_target *t);
#define cleanup_log_target cleanup(log_target_release)

/* log_target_open() - the container's data directory must be there. */
int log_target_open(const struct engine *e, const struct log_settings *s,
		    const struct log_identity *who, struct log_target *ret,
		    struct error *err) _must_check_;

/* log_path() - of the file; NULL if the log is not in a file. Caller frees. */
char *log_path(const struct engine *e, const char *id, const struct log_settings *s);

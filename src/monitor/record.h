/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit record (protocol.h): one line in the container's run directory, there exactly
 * when the container has ended.
 */
#pragma once

#include <stdbool.h>

#include "monitor/protocol.h"
#include "util/cleanup.h"

struct record {
	int dir_fd; /* owned */
	int fd;     /* owned: of the temporary file */
	bool sync;
};

/*
 * record_prepare() - remove a record of an earlier run; make and fill the temporary file
 * now, while a full disk is still an error that can be reported. dir_fd is taken.
 */
int record_prepare(struct record *r, int dir_fd, bool sync) _must_check_;

/* record_stopped() - leave MONITOR_STOPPED_NAME. Who has no room for it is restarted, no more. */
void record_stopped(const struct record *r);

/* record_write() - write over it, fsync if so asked, rename, fsync the directory. */
int record_write(struct record *r, const struct monitor_exit *status) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's log in the system's journal: a datagram a record, in journald's native
 * protocol, with the fields that conmon writes. Source: systemd's JOURNAL_NATIVE_PROTOCOL;
 * systemd.journal-fields(7).
 *
 * journald takes what is sent as fast as it can; who is faster waits, but never longer
 * than the socket's SO_SNDTIMEO. What it did not take then is counted, and told of in the
 * next record that gets through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define JOURNAL_PATH_LEN   107 /* unix(7) */
#define JOURNAL_FIELDS_LEN 4096

struct journal {
	int fd;             /* owned; an unconnected datagram socket, -1: none */
	const char *path;   /* borrowed: of the journal's socket */
	const char *fields; /* borrowed: "NAME=value\n" each, the container's own */
	bool is_error;      /* the records that follow are of stderr */
	uint64_t lost;      /* bytes of output that are missing and not told of yet */
	int lost_errno;
};

/* journal_begin() - the records that follow are of this stream ("stdout", "stderr"). */
void journal_begin(struct journal *j, const char *stream);

/* journal_add() - one record: a line with its "\n", or a piece of one without. */
void journal_add(struct journal *j, const unsigned char *data, size_t len);

/* journal_finish() - tell of a gap that no later record has told of. */
void journal_finish(struct journal *j);

/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's command line, as monitor.h lists it. Written by the engine only: strict.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"

struct monitor_options {
	int64_t pid;
	/* -1: not given */
	int64_t dir_fd, in_fd, out_fd, err_fd, tty_fd, listen_fd, owner_fd, log_fd,
		ready_fd, keep_fd, keep_network_fd, notify_fd;
	int64_t log_max_size;     /* bytes, 0: no limit */
	int64_t log_max_files;    /* with the current one */
	int64_t log_cri;          /* 1: the file's format is CRI's */
	const char *log_name;     /* of the file; NULL: the usual */
	const char *log_journal;  /* the journal's socket: log_fd is one to send from */
	const char *notify_to;    /* the service manager's socket */
	const char *log_fields;   /* what the journal gets with each record */
	int64_t keep_stdin, sync; /* 0 or 1 */
	int64_t timeout;          /* seconds, 0: none */
	int64_t stop_signal;      /* how the container is asked to end */
	int64_t stop_timeout;     /* seconds until it is killed, -1: never */
	char **cleanup; /* argv of the clean-up, points into argv; empty: none */
	char **health;  /* argv of the health check, the same; NULL: none */
};

/* monitor_options_parse() - 0, or -EINVAL with the word that is wrong in *ret_wrong. */
int monitor_options_parse(int argc, char **argv, struct monitor_options *ret,
			  const char **ret_wrong) _must_check_;

/* monitor_options_fds() - the fds given, unsorted, into fds; returns how many. */
#define MONITOR_OPTION_FDS 12
int monitor_options_fds(const struct monitor_options *o,
			int fds[static MONITOR_OPTION_FDS]);

/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the monitor (monitor/monitor.h), and becoming it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/log_target.h"
#include "engine/sdnotify.h"
#include "util/cleanup.h"
#include "util/error.h"

struct monitor_command {
	const char *program;       /* the rest but the fds marked so is borrowed */
	char *const *cleanup_argv; /* strv */
	char *const *health_argv;  /* strv; NULL: no health checks */
	pid_t pid;
	int dir_fd;                   /* owned */
	int in_fd, out_fd, err_fd;    /* owned; ends of pipes to the container */
	int tty_fd;                   /* owned; instead of the three */
	int keep_fd, keep_network_fd; /* owned; only held open */
	int listen_fd, owner_fd;
	struct log_target log;        /* owned */
	struct sdnotify_proxy notify; /* owned */
	const struct log_settings *log_settings;
	int64_t timeout_sec;
	int stop_signal;
	int64_t stop_timeout_sec; /* negative: never */
	bool keep_stdin;
};
#define MONITOR_COMMAND_INIT                   \
	((struct monitor_command){             \
		.dir_fd = -EBADF,              \
		.in_fd = -EBADF,               \
		.out_fd = -EBADF,              \
		.err_fd = -EBADF,              \
		.tty_fd = -EBADF,              \
		.keep_fd = -EBADF,             \
		.keep_network_fd = -EBADF,     \
		.listen_fd = -EBADF,           \
		.owner_fd = -EBADF,            \
		.log = LOG_TARGET_INIT,        \
		.notify = SDNOTIFY_PROXY_INIT, \
	})
void monitor_command_release(struct monitor_command *m);
#define cleanup_monitor_command cleanup(monitor_command_release)

/* monitor_command_exec() - returns only on failure. */
int monitor_command_exec(const struct monitor_command *m, struct error *err) _must_check_;

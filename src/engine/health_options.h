/* SPDX-License-Identifier: Apache-2.0 */
/* The --health-* options of a new container, as typed. NULL and -1: not given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct health_options {
	const char *cmd;
	const char *interval; /* a duration, or "disable" */
	const char *start_period, *timeout;
	const char *start_interval; /* Docker's */
	int64_t retries;
	const char *startup_cmd, *startup_interval, *startup_timeout;
	int64_t startup_retries, startup_success;
	const char *on_failure; /* word */
	const char *log_destination;
	int64_t max_log_count, max_log_size;
	bool none; /* --no-healthcheck */
};
#define HEALTH_OPTIONS_INIT            \
	((struct health_options){      \
		.retries = -1,         \
		.startup_retries = -1, \
		.startup_success = -1, \
		.max_log_count = -1,   \
		.max_log_size = -1,    \
	})

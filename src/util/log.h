/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging to stderr (or a file), off by default. Below engine/ only log_debug is used.
 * A log line is for the person who debugs; what a user must know is an error or a warning
 * that the front end prints.
 */
#pragma once

#include "util/cleanup.h"

enum log_level {
	LOG_LEVEL_OFF,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_TRACE
};
enum log_format { LOG_TEXT, LOG_JSON };

void log_set(enum log_level level, enum log_format format,
	     int fd /* owned by the caller */);
enum log_level log_get_level(void);
/* log_level_parse() - podman's words: trace, debug, info, warn(ing), error, fatal, panic.
 * -EINVAL otherwise. */
int log_level_parse(const char *word, enum log_level *ret) _must_check_;

void log_line(enum log_level level, const char *fmt, ...) _printf_(2, 3);
#define log_at(level, ...)                            \
	do {                                          \
		if (log_get_level() >= (level))       \
			log_line(level, __VA_ARGS__); \
	} while (0)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)

/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text. Wall-clock times are int64_t microseconds since the epoch (_usec). */
#pragma once

#include <stdint.h>

#include "util/cleanup.h"

#define USEC_PER_SEC 1000000LL

int64_t time_now_usec(void);       /* CLOCK_REALTIME */
int64_t time_monotonic_usec(void); /* CLOCK_MONOTONIC */

/* time_rfc3339() - "2026-11-24T02:32:06.123456Z"-like, UTC; returns buf. RFC 3339. */
#define TIME_TEXT_MAX 48
char *time_rfc3339(int64_t usec, char buf[static TIME_TEXT_MAX]);
/* time_parse() - RFC 3339, a date, seconds since the epoch, or a Go duration ("10m",
 * meaning that long ago), as --since takes them. 0 or -EINVAL. */
int time_parse(const char *text, int64_t *ret_usec) _must_check_;
/* time_parse_duration() - Go's form: "1h30m", "10s", "250ms"; a bare number is seconds. 0
 * or -EINVAL. */
int time_parse_duration(const char *text, int64_t *ret_usec) _must_check_;
/* time_human() - Docker's words for a span: "Less than a second", "5 seconds", "About a
 * minute", "3 hours", "2 weeks"; returns buf. */
char *time_human(int64_t usec, char buf[static TIME_TEXT_MAX]);
/* time_go_duration() - as Go prints one: "1h2m3.5s", "20ms", "0s"; returns buf. */
char *time_go_duration(int64_t usec, char buf[static TIME_TEXT_MAX]);

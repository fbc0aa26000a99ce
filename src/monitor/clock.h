/* SPDX-License-Identifier: Apache-2.0 */
/* Time for the monitor: two clocks, deadlines, and the log's time stamps. */
#pragma once

#include <stdint.h>
#include <time.h>

#include "util/cleanup.h"

#define CLOCK_NEVER INT64_MAX
#define SECONDS(n)  ((int64_t)(n)*1000000)

/* clock_monotonic() / clock_realtime() - microseconds. */
int64_t clock_monotonic(void);
int64_t clock_realtime(void);

/* clock_poll_timeout() - what poll(2) takes to return at `deadline` or just after it; -1
 * for CLOCK_NEVER. */
int clock_poll_timeout(int64_t deadline, int64_t now);

/*
 * clock_stamp() - "2026-11-24T02:32:06.123456789Z" (RFC 3339, UTC, always nine digits so
 * that lines sort as text), without NUL; returns its end.
 */
#define CLOCK_STAMP_LEN 30
char *clock_stamp(char *p, const struct timespec *when);

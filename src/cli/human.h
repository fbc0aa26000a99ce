/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and spans of time as podman prints them for people. */
#pragma once

#include <stdint.h>

#define HUMAN_TEXT_MAX 64

/* human_size() - decimal, three digits: "0 B", "4.5 kB", "78.7 MB", "1.2 TB"; returns buf. */
char *human_size(int64_t bytes, char buf[static HUMAN_TEXT_MAX]);
/* human_size_exact() - four digits and no blank, as in `system df`: "8.597MB"; returns buf. */
char *human_size_exact(int64_t bytes, char buf[static HUMAN_TEXT_MAX]);
/* human_ago() - "3 weeks ago", from one time to another; returns buf. */
char *human_ago(int64_t then_usec, int64_t now_usec, char buf[static HUMAN_TEXT_MAX]);
/* human_go_time() - "2026-11-24 10:00:00.5 +0000 UTC", as Go prints a time; returns buf. */
char *human_go_time(int64_t usec, char buf[static HUMAN_TEXT_MAX]);
/* human_go_local_time() - the same in the local time zone: "... +0100 CET"; returns buf. */
char *human_go_local_time(int64_t usec, char buf[static HUMAN_TEXT_MAX]);
/* human_clock() - time left: "0:07", "12:34", "1:02:03", "-:--" if it is not known (negative);
 * returns buf. */
char *human_clock(int64_t sec, char buf[static HUMAN_TEXT_MAX]);

/* SPDX-License-Identifier: Apache-2.0 */
/* Signal names: "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3". */
#pragma once

#include "util/cleanup.h"

int signal_parse(const char *text, int *ret) _must_check_; /* 0 or -EINVAL */
/* signal_name() - "SIGTERM"; "SIGRTMIN+3"; returns buf. */
#define SIGNAL_NAME_MAX 16
char *signal_name(int sig, char buf[static SIGNAL_NAME_MAX]);

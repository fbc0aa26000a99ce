/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor makes of itself before its loop runs, and takes back before the
 * clean-up runs. */
#pragma once

#include "monitor/options.h"
#include "util/cleanup.h"

/*
 * setup_close_fds() - the first act: close every fd from 3 on that was not given, close
 * the others on exec. -EINVAL if one was given twice, -EBADF if one is not open.
 */
int setup_close_fds(const struct monitor_options *o) _must_check_;

/*
 * setup_confine() - the last act: signals as in setup.c, a session of its own, "/" as
 * working directory, umask 077, the name cubby-monitor, 0, 1, 2 on /dev/null. Return: 0,
 * or -errno with the step in *ret_step; fd 2 is what it was if this fails.
 */
int setup_confine(int *ret_signal_fd, const char **ret_step) _must_check_;

/* setup_undo_signals() - dispositions and mask as a new program expects them. */
void setup_undo_signals(void);

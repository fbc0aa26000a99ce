/* SPDX-License-Identifier: Apache-2.0 */
/* A process that does nothing but be in a scope that nobody else is in yet, as systemd makes none without a process. Private to
 * cgroup*.c. */
#pragma once

#include <sys/types.h>

#include "util/error.h"

/* cgroup_holder_start() - it is no child of the caller's, holds none of its files open, and ends once *ret_fd is closed, which an
 * exec does too. */
int cgroup_holder_start(pid_t *ret_pid, int *ret_fd, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every process of a pid namespace stopped or continued by signals, where there is no cgroup that could be
 * frozen. What a process was doing about SIGSTOP and SIGCONT itself (job control) is lost: after
 * pid_continue() all of them run. Source: signal(7), pid_namespaces(7), ioctl_ns(2).
 */
#pragma once

#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

/*
 * pid_stop() - SIGSTOP to all processes of init_pid's pid namespace and of those inside of it; looks again
 * until none runs. ERR_UNSUPPORTED if init_pid is not the first process of its namespace: others than the
 * container's would be stopped. ERR_UNAVAILABLE if one does not stop.
 */
int pid_stop(pid_t init_pid, struct error *err) _must_check_;

/* pid_continue() - SIGCONT to all of them, children first: no parent sees that its child was stopped. */
int pid_continue(pid_t init_pid, struct error *err) _must_check_;

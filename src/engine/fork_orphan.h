/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that is not the caller's child but its reaper's: process 1's, or the service manager's. systemd supervises the main
 * process of a unit only if that is its own child; any other it takes for gone as soon as it has been told to end, and kills what
 * is left (systemd.service(5), "MAINPID=" in sd_notify(3)).
 */
#pragma once

#include <sys/types.h>

#include "util/error.h"

/* fork_orphan() - as fork(2): 0 in the new process, its pid in the caller, who gets a pidfd of it in *ret_pid_fd. Return: -errno. */
pid_t fork_orphan(int *ret_pid_fd, struct error *err) _must_check_;

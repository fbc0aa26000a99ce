/* SPDX-License-Identifier: Apache-2.0 */
/* The master of a pty held directly, without a monitor: `cubby exec -t`. */
#pragma once

#include <stdbool.h>

#include "engine/pump.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * console_run() - pump between the user's terminal and master_fd (not owned; made
 * non-blocking) until the process of pid_fd has ended, or the user has left
 * (*ret_detached; closing the master then hangs up the process's terminal). The caller
 * reaps the process.
 */
int console_run(int master_fd, int pid_fd, const struct pump_options *options,
		bool *ret_detached, struct error *err) _must_check_;

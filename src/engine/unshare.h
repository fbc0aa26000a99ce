/* SPDX-License-Identifier: Apache-2.0 */
/* A program of the user's as root of the user's own ids: `cubby unshare`. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * unshare_run() - argv in a user namespace with the user's whole map and a mount namespace, to its end.
 * A cubby started there knows whose data it works on (engine/paths.h). Signals that are sent to this
 * process are passed on; what the terminal sends reaches the program itself. *ret_status: as a shell's.
 * Not there is ERR_NO_PROGRAM, no program ERR_NOT_EXECUTABLE. For root there is nothing to do:
 * ERR_UNSUPPORTED.
 */
int unshare_run(const struct engine *e, char *const *argv, int *ret_status,
		struct error *err) _must_check_;

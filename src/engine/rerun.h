/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carrying out restart policies. Nobody is resident for it: the clean-up that the monitor becomes asks
 * whether it is due, and becomes a process that waits for the pause to pass and starts the container. That
 * process gone, a container waits for `cubby start --all --filter restart-policy=...`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* rerun_is_due() - of a container that is settled (gone: no); before_usec: the pause before its last start.
 * *ret_pause_usec: how long to wait. */
int rerun_is_due(const struct engine *e, const char *id, int64_t before_usec,
		 bool *ret_due, int64_t *ret_pause_usec, struct error *err) _must_check_;

/* rerun_is_off() - a service manager has stopped this container by its monitor; asked before its end is settled. It stays ended
 * until somebody starts it, or the host does at its boot. */
bool rerun_is_off(const struct engine *e, const char *id);

/* rerun_wait() - the pause; shorter if the container is removed or stopped meanwhile. Needs only the
 * directories. ERR_CONFLICT: a service manager stops the scope that we wait in. */
int rerun_wait(const struct engine *e, const char *id, int64_t pause_usec,
	       struct error *err) _must_check_;

/* rerun_cancel() - somebody stops this container: its policy is not carried out until somebody starts it.
 * Without a policy nothing happens. */
int rerun_cancel(const struct engine *e, const struct container *c,
		 struct error *err) _must_check_;

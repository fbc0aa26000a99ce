/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images and containers that are mounted to be looked at: at <data>/mounts/ID, in this process's mount
 * namespace: the host's for root, that of `cubby unshare` for others. Whether one is, is asked of the
 * kernel. How often it was asked for stands in <run>/mounts/ID-NAMESPACE; such a file without a mount
 * is left from a namespace that is gone.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* mounts_may() - whether one may mount here; `command` is for the message. */
int mounts_may(const struct engine *e, const char *command,
	       struct error *err) _must_check_;

/* mounts_path() - where. Caller frees. mounts_has() - whether something is. */
char *mounts_path(const struct engine *e, const char *id);
bool mounts_has(const struct engine *e, const char *id);

/* mounts_add() - attach() is called if it is not mounted yet, else it counts once more. *ret: where; caller frees. */
int mounts_add(const struct engine *e, const char *id,
	       int (*attach)(void *data, int target_fd, struct error *err), void *data,
	       char **ret, struct error *err) _must_check_;

/* mounts_drop() - once less; force: none is left. */
int mounts_drop(const struct engine *e, const char *id, bool force,
		struct error *err) _must_check_;

/* mounts_forget() - what is mounted there goes away: so does the mount, as far as this namespace has it. */
void mounts_forget(const struct engine *e, const char *id);

/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a container's state to be one of several, by looking again and again. */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

#define WAIT_NO_EXIT_CODE (-1) /* it did not end: podman prints this */

struct wait_conditions {
	bool statuses[CONTAINER_STATUSES];
	bool removed, healthy, unhealthy;
};

/* wait_condition_add() - podman's words: created, configured, initialized, running, paused, stopping, stopped,
 * exited, removing, healthy, unhealthy. */
int wait_condition_add(const char *word, struct wait_conditions *w,
		       struct error *err) _must_check_;

/* wait_conditions_only_end() - its end is all that is waited for: container_wait() does that without looking. */
bool wait_conditions_only_end(const struct wait_conditions *w);

/* wait_look() - once. Return: 1 with *ret_exit_code if a condition holds, else 0. A container that is gone is
 * ERR_NOT_FOUND unless that, or its end, was waited for. */
int wait_look(const struct engine *e, const char *id, const struct wait_conditions *w,
	      int *ret_exit_code, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pausing: a container's cgroup is frozen, or, where it has none, all processes of its pid namespace are
 * stopped by signals. The file "paused" in the run directory says which init was paused; it is written before
 * anything stops and removed after all go on, so that what a kill -9 leaves behind can be continued.
 */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* container_pause() - ERR_CONFLICT unless it is running. */
int container_pause(const struct engine *e, const struct container *c,
		    struct error *err) _must_check_;

/* container_unpause() - ERR_CONFLICT unless it is paused. */
int container_unpause(const struct engine *e, const struct container *c,
		      struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* `update`: other settings for a container that exists. Source: podman-update(1). */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/health_options.h"
#include "engine/limit_options.h"
#include "engine/restart_policy.h"
#include "util/cleanup.h"
#include "util/error.h"

struct container_update {
	const struct restart_policy *restart; /* NULL: stays */
	const struct health_options *health;  /* NULL: stays */
	const struct limit_options *limits;   /* NULL: stay */
};

/*
 * container_update() - a restart policy counts from the next end on, a health check from its next run on; one where
 * there was none, from the next start on. Limits count at once. Those that can't be kept where the container's cgroup
 * is, or would be, are ERR_UNSUPPORTED, and then nothing at all is changed. A restart policy for a --rm container is ERR_CONFLICT.
 */
int container_update(const struct engine *e, const struct container *c,
		     const struct container_update *update,
		     struct error *err) _must_check_;

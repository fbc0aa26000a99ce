/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health checks: a program that is run in the container from time to time, and what its
 * exit status means for the container. The container's monitor keeps the time: at each
 * interval it runs `cubby healthcheck run --from-monitor ID`. Source:
 * podman-healthcheck-run(1), podman-run(1).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/health_state.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct health_outcome {
	bool success;
	bool startup;              /* it was the startup check */
	enum health_status status; /* of the container, now */
	int64_t next_usec;         /* when to check again, 0: only when asked */
};

/*
 * health_run() - one check, with its consequences: on record, an event, the action on
 * failure. A container without a check or that does not run is an error, and so is one
 * that ends meanwhile; *ret->next_usec is right then, too.
 */
int health_run(const struct engine *e, const struct container *c,
	       struct health_outcome *ret, struct error *err) _must_check_;

/* health_inspect() - State.Health. Caller owns. */
struct json_object *health_inspect(const struct engine *e, const struct container *c);

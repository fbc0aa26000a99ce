/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of userns_plan.h: the host's ids of a container are taken, and its map is complete. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_plan;

/* userns_reserve() - the container's run directory is locked, e->store is open if p->userns.reserves. Errors are those
 * of id_alloc(). */
int userns_reserve(const struct engine *e, struct create_plan *p,
		   struct error *err) _must_check_;

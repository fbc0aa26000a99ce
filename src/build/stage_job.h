/* SPDX-License-Identifier: Apache-2.0 */
/* What the process of a stage is given. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/dockerfile.h"
#include "build/event.h"
#include "build/ignore.h"
#include "build/options.h"
#include "build/plan.h"
#include "build/state.h"
#include "engine/engine.h"

struct stage_job {             /* nothing is owned */
	struct engine *engine; /* this process's own; its store is open */
	const struct build_options *options;
	const struct dockerfile *dockerfile;
	const struct plan *plan;
	size_t index;
	const struct build_state
		*done; /* of each stage, by number; config NULL: not complete */
	const struct ignore *ignore;
	const struct build_listener *listener;
	bool single_id; /* the user has one id only; set by the process */
	bool is_second; /* --verify: nothing is looked up, and nothing of it is remembered */
	int run_status;  /* out: what a RUN that failed ended with */
	char **replaced; /* out: strv, the caller frees: layers that the cache had for the same keys before (--no-cache, --cache-ttl) */
};

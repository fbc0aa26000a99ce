/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a build's state: one put on top, all as one. */
#pragma once

#include <stdint.h>

#include "build/state.h"
#include "engine/engine.h"
#include "engine/layer_draft.h"
#include "util/cleanup.h"
#include "util/error.h"

/* layers_push() - one that was made here: its blob is its uncompressed tar. */
void layers_push(struct build_state *s, const char *chain_id, const char *diff_id,
		 int64_t tar_size, bool docker);

/* layers_drop() - all of them. */
void layers_drop(struct build_state *s);

/* layers_top() - the topmost chain id; NULL: scratch. */
const char *layers_top(const struct build_state *s);

/* layers_flatten() - what is seen through all of them becomes the files of a draft on nothing. */
int layers_flatten(const struct engine *e, char *const *chain_ids,
		   struct layer_draft *draft, struct error *err) _must_check_;

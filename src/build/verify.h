/* SPDX-License-Identifier: Apache-2.0 */
/* --verify: what two builds of the same made of it. */
#pragma once

#include "build/state.h"
#include "engine/engine.h"
#include "util/error.h"

/*
 * verify_compare() - *ret (strv, NULL: the same; caller frees): sentences, one a difference; files of layers by their paths. Times of
 * making ("created") don't count. The layers of both must be there.
 */
int verify_compare(const struct engine *e, const struct build_state *first,
		   const struct build_state *second, char ***ret,
		   struct error *err) _must_check_;

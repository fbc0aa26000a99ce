/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stage, in a process of its own: its base, then instruction after instruction. What makes files is looked up in the cache first;
 * what was made is in it at once, so that whoever is killed later has lost nothing that was complete.
 */
#pragma once

#include "build/stage_job.h"
#include "build/state.h"
#include "util/cleanup.h"
#include "util/error.h"

/* stage_build() - *ret: what it has become, "created" and all. The event FAILED was told when it fails. */
int stage_build(struct stage_job *job, struct build_state *ret,
		struct error *err) _must_check_;

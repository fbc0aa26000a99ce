/* SPDX-License-Identifier: Apache-2.0 */
/* `system reset`: everything away, containers that run too. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * engine_reset() - containers are ended and removed, then what lies in the data and run directories goes, the records
 * last, so that a reset that was killed can be done again. Only what Cubby puts there is removed; a directory
 * that is empty then goes too. e has no store afterwards.
 */
int engine_reset(struct engine *e, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* `run --rmi`: the image goes with its container. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * image_drop() - remove the image (name or id) once the container with this id is gone. If something else needs it, or
 * it is gone already, nothing happens and *ret_reason (caller frees) has a sentence; NULL otherwise. Opens the
 * store if it is not open.
 */
int image_drop(struct engine *e, const char *name, const char *container,
	       char **ret_reason, struct error *err) _must_check_;

/* container_cleanup() - what a monitor does at its end: settle the container, then drop its image if that was asked
 * for. */
int container_cleanup(struct engine *e, const char *id, struct error *err) _must_check_;

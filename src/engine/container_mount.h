/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cubby mount`: a container's files at a directory, for root or inside of `cubby unshare` (engine/mounts.h).
 * They can be changed if the container does not run: overlayfs allows nobody to write beside it. What is
 * mounted in the container is not part of it.
 */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* container_mount() - *ret: where; caller frees. One that was made from a directory lies there already. */
int container_mount(const struct engine *e, const struct container *c, char **ret,
		    struct error *err) _must_check_;

/* container_unmount() - force: however often it was mounted. Not mounted is ERR_CONFLICT. */
int container_unmount(const struct engine *e, const struct container *c, bool force,
		      struct error *err) _must_check_;

/* container_mounted_at() - NULL: it is not. Caller frees. */
char *container_mounted_at(const struct engine *e, const struct container *c);

/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby commit`: an image of what a container has become. */
#pragma once

#include "engine/commit_options.h"
#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * container_commit() - its changes become a layer on top of its image's, its command, user, environment, labels and
 * working directory the new image's. *ret_id: of the image; caller frees. Made from a directory it is
 * ERR_UNSUPPORTED.
 */
int container_commit(const struct engine *e, const struct container *c,
		     const struct commit_options *options, char **ret_id,
		     struct error *err) _must_check_;

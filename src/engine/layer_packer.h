/* SPDX-License-Identifier: Apache-2.0 */
/* The program `layer` at work on the directory of a layer that is built, or was built, here; and what it says about it. */
#pragma once

#include <stdbool.h>

#include "engine/helper_program.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "util/cleanup.h"
#include "util/error.h"

/* layer_packer_run() - h: its args and fds, without the one for the result; ids are confined. To its end. */
int layer_packer_run(struct helper_program *h, const struct user_ids *ids,
		     struct layer_result *ret, struct error *err) _must_check_;

#define LAYER_TOP_MODE \
	0755 /* of the lowest layer's top directory, if nothing says otherwise */

/* layer_top_is_as_below() - whether a layer's directory has mode and owner of that of the layer below (NULL: there is none; then
 * 0755, the user's): then its archive has no entry for it. A rule for every layer that was built here, so that its archive is the same
 * bytes each time. */
bool layer_top_is_as_below(const char *top, const char *below);

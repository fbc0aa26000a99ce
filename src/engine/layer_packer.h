/* SPDX-License-Identifier: Apache-2.0 */
/* The program `layer` at work on the directory of a layer that is built, or was built, here; and what it says about it. */
#pragma once

#include "engine/helper_program.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "util/cleanup.h"
#include "util/error.h"

/* layer_packer_run() - h: its args and fds, without the one for the result; ids are confined. To its end. */
int layer_packer_run(struct helper_program *h, const struct user_ids *ids,
		     struct layer_result *ret, struct error *err) _must_check_;

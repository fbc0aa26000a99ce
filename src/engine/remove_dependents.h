/* SPDX-License-Identifier: Apache-2.0 */
/* Removing the containers that need another one (dependents.h), before it. */
#pragma once

#include "engine/remove.h"
#include "util/cleanup.h"
#include "util/error.h"

/* container_remove_dependents() - of c, and those that need them; c itself stays. Their ids are added to *ret_removed
 * (strv), in the order of removal. */
int container_remove_dependents(const struct engine *e, const struct container *c,
				const struct remove_options *options, char ***ret_removed,
				struct error *err) _must_check_;

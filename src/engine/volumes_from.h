/* SPDX-License-Identifier: Apache-2.0 */
/* --volumes-from CONTAINER[:OPTIONS]: what another container has mounted by its user or its image. */
#pragma once

#include "engine/engine.h"
#include "engine/volume_option.h"
#include "util/cleanup.h"
#include "util/error.h"

/* volumes_from() - adds to `volumes` what is at no destination of the two lists yet. e->store is open. Options: ro or rw
 * instead of what the other has, z, Z. A container that isn't there is ERR_NOT_FOUND. */
int volumes_from(const struct engine *e, const char *text, struct volumes *volumes,
		 const struct volumes *tmpfs, struct error *err) _must_check_;

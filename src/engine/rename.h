/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * container_rename() - its own name is fine. ERR_INVALID: no name at all; ERR_CONFLICT: another container
 * has it. What was mounted into a running container (/etc/hosts) keeps the old one, as with podman.
 */
int container_rename(const struct engine *e, const struct container *c, const char *name,
		     struct error *err) _must_check_;

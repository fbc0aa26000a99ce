/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a container's cgroup, and where that is, as podman's HostConfig has them. */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"

struct json_object;
struct spec_resources;

/* inspect_limits() - what its resources say (NULL: nothing) is added to `host`. Devices are shown by their name here. */
void inspect_limits(const struct spec_resources *resources, struct json_object *host);

/* inspect_cgroup() - who made its cgroup, or would at its next start. */
void inspect_cgroup(const struct engine *e, const struct container *c,
		    struct json_object *host);

/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup of a running container, where it has one of its own. */
#pragma once

#include "engine/container.h"

/* container_cgroup_path() - path of the cgroup that was made for this container and nobody else: its name has the
 * id. NULL: none. Caller frees. */
char *container_cgroup_path(const struct container *c);

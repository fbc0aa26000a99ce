/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a container's networks, with podman's keys. */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"

struct json_object;

/* inspect_network_settings() - NetworkSettings of `inspect`; addresses while it runs. The flat members are those of the
 * default network, if it is at that one only, as podman has it. Caller owns. */
struct json_object *inspect_network_settings(const struct engine *e,
					     const struct container *c);

/* container_networks() - names of the networks that it is at. Caller frees (strv). */
char **container_networks(const struct container_config *c);

/* container_is_at_network() - by name or id, or the beginning of one; of one that is at none the mode counts. */
bool container_is_at_network(const struct container_config *c, const char *word);

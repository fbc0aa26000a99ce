/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports as ps, port and inspect show them: those of a container that runs as they were chosen, of another as
 * they were asked for. Who shares a container's network shares its ports. */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/network_config.h"

struct json_object;

/* ports_view() - into ret's ports alone; the caller releases it. Without an error: what can't be read is not there. */
void ports_view(const struct engine *e, const struct container *c,
		struct network_config *ret);

/* ports_view_json() - as `podman ps --format json` has them. Caller owns. */
struct json_object *ports_view_json(const struct network_config *ports);

/* ports_view_inspect() - into a document of inspect: NetworkSettings.Ports, HostConfig.PortBindings and PublishAllPorts,
 * Config.ExposedPorts; the sections are there. */
void ports_view_inspect(const struct engine *e, const struct container *c,
			struct json_object *document);

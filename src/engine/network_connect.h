/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers that come to a network and leave it, running or not. Source: podman-network-connect(1),
 * podman-network-disconnect(1), podman-network-reload(1).
 */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/network_config.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * network_connect() - asked: what is wanted there; its network, name and interface (may be NULL) are filled in. One that
 * runs has its interface when this returns. At it already, or at no networks at all (--network none, host ...): ERR_CONFLICT.
 */
int network_connect(const struct engine *e, const struct network *n,
		    const struct container *c, const struct network_attachment *asked,
		    struct error *err) _must_check_;

/* network_disconnect() - its addresses there are free afterwards. Not at it: ERR_NOT_FOUND. */
int network_disconnect(const struct engine *e, const struct network *n,
		       const struct container *c, struct error *err) _must_check_;

/* network_reload() - a running container's interfaces, names and rules are made anew; its addresses stay. One that does not
 * run has nothing to be made: 0. */
int network_reload(const struct engine *e, const struct container *c,
		   struct error *err) _must_check_;

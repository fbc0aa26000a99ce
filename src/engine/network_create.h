/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing networks. Source: podman-network-create(1), podman-network-rm(1). */
#pragma once

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "engine/network_words.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_create() - a name in use is ERR_CONFLICT, -EEXIST; one whose subnet others have ERR_CONFLICT too. */
int network_create(const struct engine *e, const struct network_new *q,
		   struct network *ret, struct error *err) _must_check_;

/* network_create_default() - the default network, within the caller's transaction. */
int network_create_default(const struct engine *e, const char *name,
			   struct error *err) _must_check_;

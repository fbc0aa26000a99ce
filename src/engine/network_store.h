/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The networks of a store: found, made, removed. The default one is called "bridge" (containers.conf's default_network
 * may say otherwise) and is made when somebody first looks for it; "default" and "podman" mean it too, as long as no
 * other network has that name.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_find() - by name, id or the beginning of an id; e->store must be open. None is ERR_NOT_FOUND, several
 * beginnings ERR_CONFLICT. */
int network_find(const struct engine *e, const char *name_or_id, struct network *ret,
		 struct error *err) _must_check_;

/* network_get() - the same within the caller's transaction, by whole id or name (NULL, NULL: the default one). The id
 * goes before the name, so that a network made anew under the same name is found too. */
int network_get(const struct engine *e, const char *id, const char *name,
		struct network *ret, struct error *err) _must_check_;

/* network_exists() - 1 or 0; makes none. */
int network_exists(const struct engine *e, const char *name_or_id,
		   struct error *err) _must_check_;

/* network_list() - all, by name, the default one first made if it is not there. */
int network_list(const struct engine *e, struct networks *ret,
		 struct error *err) _must_check_;

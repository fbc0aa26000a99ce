/* SPDX-License-Identifier: Apache-2.0 */
/* What the default network is called. */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

#define NETWORK_DEFAULT_NAME "bridge"

/* network_conf() - containers.conf, as far as this engine knows it, or NULL. The caller puts it. */
struct json_object;
int network_conf(const struct engine *e, struct json_object **ret,
		 struct error *err) _must_check_;

/* network_default_name() - caller frees. */
char *network_default_name(const struct engine *e);

/* network_is_default_name() - the name, or another word for it; it says nothing about other networks of that name. */
bool network_is_default_name(const struct engine *e, const char *name);

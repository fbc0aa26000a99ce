/* SPDX-License-Identifier: Apache-2.0 */
/* --filter of `network ls` and `network prune`: driver, id, label, name, until, dangling. Values of one key are alternatives,
 * labels must all hold. Source: podman-network-ls(1). */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_filter_check() - typed: a strv, NULL is none. */
int network_filter_check(char *const *typed, bool for_prune,
			 struct error *err) _must_check_;

/* network_filter_matches() - of filters that network_filter_check() found right. is_used: a container is at it. */
bool network_filter_matches(char *const *typed, const struct network *n, bool is_used);

/* SPDX-License-Identifier: Apache-2.0 */
/* What may change of a network. Source: podman-network-update(1). */
#pragma once

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_update_dns() - other servers that its questions go to; containers that run notice it at once. To drop one that
 * is not there is ERR_NOT_FOUND. add, drop: strv, may be NULL. */
int network_update_dns(const struct engine *e, const char *name_or_id, char *const *add,
		       char *const *drop, struct error *err) _must_check_;

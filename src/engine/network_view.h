/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as lists and `inspect` show them. Source: podman-network-inspect(1), podman-network-ls(1). */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/*
 * network_view() - what is known of it, under the names that JSON has ("ipv6_enabled"), or those of templates
 * (".IPv6Enabled"). containers: which run at it, and with which addresses. Caller owns.
 */
struct json_object *network_view(const struct engine *e, const struct network *n,
				 bool for_template, bool containers);

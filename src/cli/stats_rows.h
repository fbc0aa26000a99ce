/* SPDX-License-Identifier: Apache-2.0 */
/* One container of `cubby stats`, as podman's JSON and as what templates see. */
#pragma once

#include <stdbool.h>

#include "engine/container_stats.h"

struct json_object;

struct stats_row {
	const struct container *container;
	const struct container_stats *now, *before; /* before: NULL at the first look */
	bool no_trunc;                              /* whole ids */
};

/* stats_row_json() - podman's members, and of ours "pressure", "throttled", "oom_kills" where they are known. Caller owns. */
struct json_object *stats_row_json(const struct stats_row *row);

/* stats_row_template() - podman's and Docker's names, and of ours CPUPressure and the like. Caller owns. */
struct json_object *stats_row_template(const struct stats_row *row);

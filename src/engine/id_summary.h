/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby idmap ls`: who holds which ids of the host, in all of the user's stores, and what is left. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/*
 * id_summary() - *ret_rows: one object for each container that holds ids: ContainerID, Name, UserNS, UIDs and
 * GIDs ("100000-101023"), Status, Store, OutsidePool, Exclusive. *ret_pool: Source, and for UIDs and GIDs
 * Ranges, Total, Free, Largest. Caller owns both.
 */
int id_summary(const struct engine *e, struct json_object **ret_rows,
	       struct json_object **ret_pool, struct error *err) _must_check_;

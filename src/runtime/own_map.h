/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of the user namespace that this process is in: all there are for root of a namespace that
 * somebody else has made, as inside of another container. It needs no /etc/subuid: with CAP_SETUID it
 * may hand on every id of its own map. Source: user_namespaces(7).
 */
#pragma once

#include <stdbool.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

/* own_map_is_host() - whether every id is what it is on the host: no user namespace but the first.
 * True where /proc can't be read. */
bool own_map_is_host(void);

/* own_map_uids(), own_map_gids() - each id that this namespace has, as itself. */
int own_map_uids(struct idmap *ret, struct error *err) _must_check_;
int own_map_gids(struct idmap *ret, struct error *err) _must_check_;

/*
 * own_map_split() - the kernel takes a line only if a single line of `own`, the map of the writer's
 * namespace, holds all of its outside ids: the same map with its lines cut where own's end. What own
 * does not hold stays as it is, for the kernel to refuse (pure).
 */
void own_map_split(const struct idmap *map, const struct idmap *own, struct idmap *ret);

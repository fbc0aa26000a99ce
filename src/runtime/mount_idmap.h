/* SPDX-License-Identifier: Apache-2.0 */
/* Explicit mappings of idmapped mounts; mount_idmap_ns() is declared in rootfs.h. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct mount_step;
struct spec;

/*
 * mount_idmap_parse() - crun's "uids=FIRST-HOST-COUNT#...;gids=...", '@' before the first
 * number of a line: HOST is an id inside the container's own user namespace. Fills
 * step->uids and gids (pure).
 */
int mount_idmap_parse(const char *text, const struct spec *spec, struct mount_step *step,
		      struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* Explicit mappings of idmapped mounts. */
#pragma once

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec;

/*
 * mount_idmap_parse() - crun's "uids=FIRST-HOST-COUNT#...;gids=...", '@' before the first
 * number of a line: HOST is an id inside the container's own user namespace. Fills *uids
 * and *gids, which must be empty (pure).
 */
int mount_idmap_parse(const char *text, const struct spec *spec, struct idmap *uids,
		      struct idmap *gids, struct error *err) _must_check_;

/* mount_idmap_enter() - become root of such a namespace, from its parent. */
int mount_idmap_enter(int user_ns_fd, struct error *err) _must_check_;

/*
 * mount_idmap_ns() - in the parent: a user namespace with these maps for an idmapped
 * mount (a short-lived child is made for it). Return: fd.
 */
int mount_idmap_ns(const struct idmap *uids, const struct idmap *gids,
		   struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which user namespace a container gets.
 *   root      none, unless --uidmap or --gidmap say so; their "host" ids are the host's
 *   others    always one: 0 is the user, 1.. its subordinate ids; with --uidmap the
 * "host" ids are those intermediate ones (0 the user, 1.. subordinate), as podman has it
 * Maps that use intermediate id 0 only need neither subordinate ids nor newuidmap.
 */
#pragma once

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct idmap_request {
	bool rootless;
	uid_t uid;
	gid_t gid;
	char *const *uidmap, *const *gidmap; /* strv of "container:host:count" */
};

/* idmap_plan_build() - both empty: no user namespace. If only one option is given it
 * serves for both. */
int idmap_plan_build(const struct idmap_request *request, struct idmap *ret_uids,
		     struct idmap *ret_gids, struct error *err) _must_check_;

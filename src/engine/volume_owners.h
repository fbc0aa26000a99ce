/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The volume option U: what is mounted belongs to the container's user, so the owners of files of the
 * host are changed, before the container is made.
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct create_plan;
struct engine;
struct volume;

/*
 * volume_owners_check() - whether this source (absolute, there) may be given away at all: not the
 * directories that a system is made of, nor somebody's home, nor the engine's own (ERR_DENIED).
 */
int volume_owners_check(const struct engine *e, const struct volume *v,
			struct error *err) _must_check_;

/*
 * volume_owners_apply() - give what the plan says to the container's user: everything below the source,
 * links themselves, no other mounts. What belongs to it already is not touched. As chown(2) does, set-id
 * bits of files that get another owner go. A file of an owner that is none of the caller's ids is
 * ERR_DENIED, as a rule before anything is changed.
 */
int volume_owners_apply(const struct engine *e, const struct create_plan *p,
			struct error *err) _must_check_;

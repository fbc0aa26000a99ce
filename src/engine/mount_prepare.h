/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's mounts need besides their words in the spec: records of the volumes when it is made, and at each
 * start the directories of overlays, and to know which volumes are fresh.
 */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_plan;
struct spec;

/*
 * mounts_record() - make the volumes that are not there, and put on record that the container uses all of them: one
 * transaction, nothing for a container without volumes. e->store must be open for one with. Before the container's own
 * record; container_purge() undoes it.
 */
int mounts_record(const struct engine *e, const struct create_plan *p,
		  struct error *err) _must_check_;

/* Between mounts_prepare() and the end of a start. */
struct mounts_hold {
	char **gifts;  /* paths that the container's root shall own (strv) */
	char **fresh;  /* names of volumes that are being filled (strv) */
	int *lock_fds; /* of these: nobody else fills them meanwhile */
	size_t n_locks;
};
void mounts_hold_release(struct mounts_hold *h);
#define cleanup_mounts_hold cleanup(mounts_hold_release)

/*
 * mounts_prepare() - before each start, under the container's lock: volumes that are no longer fresh are not filled again
 * (the words in *spec go), overlays of the container's own begin empty. e->store is asked only if a volume may be fresh.
 */
int mounts_prepare(const struct engine *e, const char *id, struct spec *spec,
		   struct mounts_hold *ret, struct error *err) _must_check_;

/* mounts_settle() - it runs: the volumes are not fresh any more. If that can't be put on record the next start does:
 * what holds something is not filled again. */
void mounts_settle(const struct engine *e, struct mounts_hold *h);

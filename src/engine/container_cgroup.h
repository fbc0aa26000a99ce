/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup of a container. Its path is on record in the run directory (file "cgroup") from before it is made until it is
 * removed, so whoever settles a container whose monitor was killed knows what to remove.
 */
#pragma once

#include "engine/engine.h"
#include "runtime/cgroup_manager.h"
#include "util/cleanup.h"
#include "util/error.h"

#define CGROUP_FILE "cgroup"

/* container_cgroup_path() - path of the cgroup that was made for the container with this id and nobody else. NULL: it has none.
 * Caller frees. */
char *container_cgroup_path(const struct engine *e, const char *id);

/* container_cgroup_record() - write the file, before cgroup_make(). */
int container_cgroup_record(int run_dirfd, const char *path,
			    struct error *err) _must_check_;

/* What the last look at a cgroup says, before it goes. */
struct container_cgroup_end {
	bool oom_killed;      /* the kernel ended a process of its when memory ran out */
	uint64_t memory_peak; /* bytes; 0: not known */
};

/* container_cgroup_end() - look, end what is left in it, remove it, and its record. No cgroup on record is fine. The container's
 * lock is held. */
int container_cgroup_end(int run_dirfd, struct container_cgroup_end *ret,
			 struct error *err) _must_check_;

/* container_cgroup_drop() - the same of one that never ran, or whose end is known; what can't be removed stays. */
void container_cgroup_drop(int run_dirfd);

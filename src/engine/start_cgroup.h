/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup of a container that is being started. A part of start.c, called by the launcher only. */
#pragma once

#include "engine/start_plan.h"
#include "runtime/cgroup.h"
#include "util/error.h"

/*
 * start_cgroup() - make it, with its limits, its path on record before that; the launcher is moved to where the monitor belongs.
 * ret->fd stays -EBADF where there is to be none, or can be none and no limit was asked for. Whatever fails, now or later, the
 * holder of the container's lock calls container_cgroup_end() once the launcher is gone.
 */
struct spec_resources;
int start_cgroup(const struct start_plan *p, const struct spec_resources *limits,
		 int run_dirfd, struct cgroup *ret, struct error *err) _must_check_;

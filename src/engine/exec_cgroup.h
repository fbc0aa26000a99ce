/* SPDX-License-Identifier: Apache-2.0 */
/* Where one more process of a running container belongs. */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "runtime/cgroup.h"
#include "util/error.h"

/*
 * exec_cgroup_open() - the cgroup of the container's first process, which may have gone to one below the container's own (systemd
 * does, and then the kernel lets nobody into that: "no internal processes", cgroups(7)). ret->fd is -EBADF where the container has
 * none.
 */
int exec_cgroup_open(const struct engine *e, const struct container *c,
		     struct cgroup *ret, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* The manager cgroupfs of cgroup_manager.h, and the mode split. Private to cgroup*.c. */
#pragma once

#include "runtime/cgroup.h"
#include "runtime/cgroup_place.h"

/* cgroup_fs_find() - ret->manager, parent, controllers, and why there are few. */
int cgroup_fs_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
		   struct error *err) _must_check_;

/* cgroup_fs_clear() - where we are in the very cgroup that is to hand controllers down, we and whoever is in it step aside. */
int cgroup_fs_clear(const char *parent, struct error *err) _must_check_;

int cgroup_fs_make(const struct cgroup_request *q, struct cgroup *ret,
		   struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup of a pod: its limits count for all its containers together, whose own cgroups lie in it. Its place is on
 * record with the pod, and with each container that goes there; it is made, with the limits, by whichever of them
 * starts first, as a boot takes it away. Where no cgroup can be had, and no limit was asked for, a pod has none.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/limit_options.h"
#include "engine/pod_config.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_options;
struct start_plan;

/*
 * pod_cgroup_plan() - find the place and check the limits; makes nothing. Fills *ret, whose strings the caller owns
 * (pod_cgroup_config_release()). A limit that can't be kept is ERR_UNSUPPORTED.
 */
int pod_cgroup_plan(const struct engine *e, const struct cgroup_options *where,
		    const struct limit_options *limits, const char *pod_id,
		    struct pod_cgroup_config *ret, struct error *err) _must_check_;

/* pod_cgroup_above() - what it lies in: "user.slice" of "user-cubby_pod_1f.slice", or the path above; "" for none. Pure;
 * caller frees. */
char *pod_cgroup_above(const struct pod_cgroup_config *c);

/* pod_cgroup_join() - a container's options: its cgroup goes into the pod's, unless it has a place of its own to go to. */
void pod_cgroup_join(const struct pod_cgroup_config *c, struct create_options *o);

/* pod_cgroup_make() - in a member's launcher, before its own cgroup is made. Of a container that is in no pod's: nothing. */
int pod_cgroup_make(const struct start_plan *p, struct error *err) _must_check_;

/* pod_cgroup_remove() - once nothing of the pod runs. */
int pod_cgroup_remove(const struct pod_cgroup_config *c, struct error *err) _must_check_;

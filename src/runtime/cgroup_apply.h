/* SPDX-License-Identifier: Apache-2.0 */
/* Limits into the files of a cgroup that exists. Private to cgroup*.c. */
#pragma once

#include "runtime/cgroup_plan.h"

/* cgroup_apply() - write the settings, and the device rules of resources (may be NULL); path: for messages. */
int cgroup_apply(int dirfd, const char *path, const struct cgroup_plan *plan,
		 const struct spec_resources *resources, struct error *err) _must_check_;

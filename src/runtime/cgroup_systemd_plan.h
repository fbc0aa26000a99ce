/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as properties of a unit of systemd, from what is to be written to the files of its cgroup. Pure, but for the names of
 * disks. What systemd has no property for is left out: it stands in the container's own cgroup. Source: systemd.resource-control(5),
 * org.freedesktop.systemd1(5).
 */
#pragma once

#include <stdbool.h>

#include "runtime/cgroup_plan.h"
#include "runtime/systemd_bus.h"

/*
 * cgroup_systemd_plan() - append them to *p. with_monitor: the unit holds a monitor besides the container, so what is an amount
 * gets headroom, and limits that are kept exactly further down (rates of disks) are left out.
 */
void cgroup_systemd_plan(const struct cgroup_plan *plan, bool with_monitor,
			 struct systemd_properties *p);

/* cgroup_slice_path() - "a-b.slice" as "a.slice/a-b.slice"; "-.slice" is "". ERR_INVALID for what is no slice. Caller frees. */
int cgroup_slice_path(const char *slice, char **ret, struct error *err) _must_check_;

/* cgroup_cpu_bits() - "0-2,8" as bytes of bits, {0x07, 0x01}; false for no such list or a number past 8191. Caller frees. */
bool cgroup_cpu_bits(const char *list, uint8_t **ret, size_t *ret_n);

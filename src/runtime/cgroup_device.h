/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules of a cgroup: a small BPF program that the kernel asks at each open(2) and
 * mknod(2) of a device node. Rules count in their order, a later one over an earlier;
 * what no rule speaks of is denied; the devices that every container has are always
 * allowed. Private to cgroup.c. Source: config-linux.md 'Allowed Device list',
 * cgroup-v2.rst 'Device controller', bpf(2).
 */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_device_rule;

/* cgroup_device_program() - the rules as a program; pure. *ret is freed by the caller. */
void cgroup_device_program(const struct spec_device_rule *rules, size_t n,
			   struct bpf_insn **ret, size_t *ret_n);

/*
 * cgroup_device_apply() - load and attach to the cgroup, replacing an earlier one. Who
 * may not (an ordinary user, root of a user namespace) need not either: such a one cannot
 * make device nodes. No rules: nothing is done.
 */
int cgroup_device_apply(int cgroup_fd, const struct spec_device_rule *rules, size_t n,
			struct error *err) _must_check_;

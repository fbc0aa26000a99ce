/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of the OCI resources object as what is to be written to which file of a version
 * 2 cgroup. Pure: touches no file. The specification speaks in version 1 terms; what has
 * no counterpart in version 2 (swappiness, kernel memory, real-time scheduling, network
 * classes) is ERR_UNSUPPORTED. Source: config-linux.md 'Control groups', kernel
 * Documentation/admin-guide/cgroup-v2.rst.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_resources;

#define CGROUP_CPU_PERIOD 100000 /* usec, the kernel's own default */

/* cgroup_asked() - whether the resources hold a limit that needs a cgroup (device rules
 * alone don't: engines always send them). *ret_what names the first ("memory.limit") for
 * messages. */
bool cgroup_asked(const struct spec_resources *resources, const char **ret_what);

struct cgroup_setting {
	const char *option;     /* "memory.limit", of the spec, for messages */
	const char *controller; /* "memory"; "" for core files */
	char *file;             /* owned; "memory.max" */
	char *value;            /* owned */
	/*
	 * When the file is missing: NULL is an error. "" leaves the setting out (a kernel
	 * without the file has nothing to limit). Else the other file to write and
	 * `else_value`.
	 */
	const char *else_file;
	char *else_value; /* owned */
};

struct cgroup_plan {
	struct cgroup_setting *settings; /* owned; in the order in which to write them */
	size_t n_settings;
};
void cgroup_plan_release(struct cgroup_plan *plan);
#define cleanup_cgroup_plan cleanup(cgroup_plan_release)

/*
 * cgroup_plan_build() - ERR_INVALID for values that make no sense (swap below memory,
 * "..", '/' or a newline in unified), naming the option.
 */
int cgroup_plan_build(const struct spec_resources *resources, struct cgroup_plan *ret,
		      struct error *err) _must_check_;

/* cgroup_weight_of_shares() - cpu.shares 2..262144 as cpu.weight 1..10000; 0 stays 0
 * (unset). */
uint64_t cgroup_weight_of_shares(uint64_t shares);
/* cgroup_io_weight() - blkio weight 10..1000 as io.weight 1..10000. */
uint64_t cgroup_io_weight(uint16_t weight);

/*
 * cgroup_path_build() - the cgroup for linux.cgroupsPath (NULL or "": the default) and
 * id: an absolute path is below the hierarchy's root, a relative one and the default
 * below `parent` ("/user.slice"). ERR_INVALID for "..", control bytes, or the root
 * itself. Caller frees *ret.
 */
int cgroup_path_build(const char *cgroups_path, const char *id, const char *parent,
		      char **ret, struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What process_plan_build() decides and the rest of process.h carries out: words are
 * numbers here, and what is wrong or not possible was an error before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "util/sys.h"

struct process_capabilities { /* bit N = capability number N */
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

struct process_rlimit {
	int resource;
	struct rlimit64 limit;
};

struct process_plan {
	uid_t uid;
	gid_t gid;
	const uint32_t *groups; /* of the spec */
	size_t n_groups;
	bool has_umask;
	mode_t umask;
	struct process_capabilities capabilities;
	bool has_capabilities; /* false: the spec is silent about them, so there are none */
	bool no_new_privileges;
	struct process_rlimit rlimits[RLIM_NLIMITS];
	size_t n_rlimits;
	bool has_oom_score_adj;
	int oom_score_adj;
	bool has_scheduler;
	struct sys_sched_attr scheduler;
	bool has_ioprio;
	int ioprio;
	bool has_personality;
	unsigned long personality;
	const char *apparmor_profile, *selinux_label; /* of the spec */
	char *const *args, *const *env;               /* of the spec */
	const char *cwd;
	bool keep_groups; /* setgroups is denied or the caller's groups were asked for */
};

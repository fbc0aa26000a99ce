/* SPDX-License-Identifier: Apache-2.0 */
/* --security-opt, --cap-add, --cap-drop and --privileged as a plan. Pure but for asking
 * the kernel which capabilities exist, and whether it has SELinux. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

enum seccomp_choice { SECCOMP_CHOICE_DEFAULT, SECCOMP_CHOICE_NONE, SECCOMP_CHOICE_FILE };

struct security_plan { /* strings owned */
	enum seccomp_choice seccomp;
	char *seccomp_file; /* as typed */
	bool no_new_privileges;
	char *apparmor;        /* profile; NULL: none */
	char **mask, **unmask; /* absolute paths; unmask "ALL": every one */
	char **proc_options;   /* of the /proc that it mounts */
	uint64_t bounding;     /* bit N: capability N */
	uint64_t added;        /* of --cap-add: what a user other than root gets */
	uint64_t dropped;      /* of --cap-drop */
};
void security_plan_release(struct security_plan *p);
#define cleanup_security_plan cleanup(security_plan_release)

struct security_request {
	bool privileged;
	char *const *security_opt, *const *cap_add, *const *cap_drop; /* strv */
	char *const *capabilities; /* instead of the default set; NULL: that one */
};
int security_plan_build(const struct security_request *request, struct security_plan *ret,
			struct error *err) _must_check_;

/* capability_names() - the mask as strv of "CAP_...". Caller frees. */
char **capability_names(uint64_t mask);

/* security_default_capabilities() - podman's default set. */
uint64_t security_default_capabilities(void);

/* security_filter_capabilities() - what the default filter goes by (runtime/seccomp.h). Of a container
 * that nests CAP_SYS_ADMIN counts only if the user has added it. */
uint64_t security_filter_capabilities(uint64_t bounding, uint64_t added, bool nested);

/* The kernel's files that a container does not see, or sees read-only. NULL-terminated.
 */
const char *const *security_masked_paths(void);
const char *const *security_readonly_paths(void);

/* security_is_unmasked() - whether --security-opt unmask names this path ("ALL", itself,
 * a pattern, or a directory above it). */
bool security_is_unmasked(const struct security_plan *p, const char *path);

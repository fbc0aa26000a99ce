/* SPDX-License-Identifier: Apache-2.0 */
/* Security and limits of the process. */
#include "cli/create_tables.h"

#define O struct create_options

static const char *const seccomp_policies[] = {"default", "image", NULL};

const struct option_spec create_table_security[] = {
	OPT_GROUP("Security and limits"),
	OPT_BOOL(O, privileged, "privileged", 0,
		 "all capabilities and devices; no filter, nothing masked",
		 .common = true),
	OPT_BOOL(O, nested, "nested", 0, "let it run containers of its own"),
	OPT_LIST(O, cap_add, "cap-add", 0, "CAPABILITY", "add a capability, or ALL"),
	OPT_LIST(O, cap_drop, "cap-drop", 0, "CAPABILITY", "drop a capability, or ALL"),
	OPT_STRV(
		O, security_opt, "security-opt", 0, "OPTION",
		"seccomp=FILE|unconfined, no-new-privileges, mask=, unmask=, proc-opts=, "
		"apparmor=, label="),
	OPT_WORD(O, inside.seccomp_policy, "seccomp-policy", 0, seccomp_policies,
		 "image: the seccomp profile is the one in the image's label"),
	OPT_BOOL(O, inside.content_trust, "disable-content-trust", 0,
		 "without effect: Docker's images are not signed so", .hidden = true),
	OPT_STRV(O, ulimits, "ulimit", 0, "NAME=SOFT[:HARD]", "set a resource limit"),
	OPT_STRV(O, sysctls, "sysctl", 0, "NAME=VALUE",
		 "set a kernel parameter of its namespaces"),
	OPT_INT(O, oom_score_adj, "oom-score-adj", 0, "N",
		"which to kill first when memory runs out", .min = -1000, .max = 1000,
		.given = OPT_GIVEN(O, oom_score_adj_given)),
	OPT_STRING(O, personality, "personality", 0, "DOMAIN",
		   "execution domain: LINUX or LINUX32"),
	OPT_END,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of the installation. */
#include "engine/doctor_rules.h"
#include "util/str.h"

static void judge_programs(const struct doctor_facts *f, struct doctor_check *c)
{
	static const char *const names[] = {
		[DOCTOR_MONITOR] = "monitor",   [DOCTOR_INIT] = "init",
		[DOCTOR_TRANSFER] = "transfer", [DOCTOR_LAYER] = "layer",
		[DOCTOR_NETWORK] = "network",
	};
	cleanup_free char *list = NULL;
	cleanup_strv char **fine = NULL;

	c->essential = true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct doctor_program *p = &f->programs[i];

		if (str_eq(p->version, CUBBY_VERSION)) {
			strv_add(&fine, names[i]);
			continue;
		}
		if (p->problem)
			check_set(c, DOCTOR_MISSING, "%s", p->problem);
		else
			check_set(c, DOCTOR_MISSING, "%s is of %s%s, not of %s", p->path,
				  p->version ? "version " : "another version",
				  p->version ? p->version : "", CUBBY_VERSION);
		check_remedy(
			c,
			"Install cubby again: its bin and libexec/cubby directories belong "
			"together.");
		return;
	}
	list = strv_join(fine, ", ");
	check_set(c, DOCTOR_OK, "%s, all of version %s", list, CUBBY_VERSION);
}

static const struct doctor_rule rules[] = {
	{"programs", "helper programs",
	 "They watch containers, read and unpack images, and look after networks; all must be "
	 "of one version.",
	 "without its helper programs", judge_programs},
};
const struct doctor_subject doctor_programs = {"Programs", rules, ARRAY_SIZE(rules)};

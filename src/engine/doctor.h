/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement over a host: of what `cubby doctor` has tried and looked at (doctor_facts.h), a list
 * of checks, each with what it means for containers and how it is mended. Pure, but for doctor_fix().
 *
 * A check is degraded where containers run with something less (slower, a limit that is small), and
 * missing where something that a user can ask for is not to be had.
 */
#pragma once

#include <stddef.h>

#include "engine/doctor_check.h"
#include "engine/doctor_facts.h"
#include "util/cleanup.h"
#include "util/error.h"

struct doctor_report {
	struct doctor_check *checks; /* owned */
	size_t n_checks;
	size_t counts[DOCTOR_STATUSES];
	char *summary; /* owned: "24 ok, 1 missing: containers run, but without limits" */
};
void doctor_report_release(struct doctor_report *r);
#define cleanup_doctor_report cleanup(doctor_report_release)

/* doctor_judge() - pure. */
void doctor_judge(const struct doctor_facts *f, struct doctor_report *ret);

/* doctor_fix() - carry out check->fix. */
int doctor_fix(const struct doctor_facts *f, const struct doctor_check *check,
	       struct error *err) _must_check_;

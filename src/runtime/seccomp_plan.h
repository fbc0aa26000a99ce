/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an OCI seccomp profile, with its names and words, to the numbers that seccomp_bpf
 * lays out. libseccomp is asked for the numbers of system calls and architectures,
 * nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/seccomp_bpf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec_seccomp;

struct seccomp_plan {
	struct bpf_plan bpf; /* points into what is below */
	struct bpf_verdict *verdicts;
	struct bpf_rule **rules; /* each on the heap: verdicts point to them */
	size_t n_rules;
	unsigned int flags;
	bool notifies;
};
void seccomp_plan_release(struct seccomp_plan *plan); /* safe on a zeroed struct */
#define cleanup_seccomp_plan cleanup(seccomp_plan_release)

/* seccomp_plan_build() - ERR_INVALID names the member at fault. */
int seccomp_plan_build(const struct spec_seccomp *profile, struct seccomp_plan *ret,
		       struct error *err) _must_check_;

/*
 * seccomp_call_number() - the number of a call in an architecture's table (libseccomp's
 * token). Negative if the call is unknown or the architecture lacks it.
 */
int seccomp_call_number(uint32_t token, const char *name);

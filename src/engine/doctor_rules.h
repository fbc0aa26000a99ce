/* SPDX-License-Identifier: Apache-2.0 */
/* The judges of single checks, by subject. Private to doctor*.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/doctor_check.h"

struct doctor_rule {
	const char *id, *name, *why, *loss;
	void (*judge)(const struct doctor_facts *f, struct doctor_check *c);
	const char
		*needs; /* what it takes to try it: "a user namespace"; NULL: nothing */
};

struct doctor_subject {
	const char *name;
	const struct doctor_rule *rules;
	size_t n_rules;
};
extern const struct doctor_subject doctor_ids, doctor_kernel, doctor_storage,
	doctor_session, doctor_limits, doctor_network, doctor_programs;

/* doctor_judge_dir() - what the engine would refuse, or could not do with a directory. True: it is as it must be. */
bool doctor_judge_dir(const struct doctor_facts *f, const struct doctor_dir *d,
		      struct doctor_check *c);
/* doctor_fs_name() - by the magic number, "ext4"; NULL: unknown. */
const char *doctor_fs_name(uint64_t magic);
/* doctor_fs_is_refused() - one that overlay can't have an upper directory on. */
bool doctor_fs_is_refused(uint64_t magic);
/* doctor_fs_word() - the same of a directory, never NULL. */
const char *doctor_fs_word(const struct doctor_dir *d);

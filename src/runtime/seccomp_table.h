/* SPDX-License-Identifier: Apache-2.0 */
/* The default profile as tools/gen-seccomp-default.py writes it from
 * data/seccomp-default.txt. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct seccomp_table_arg {
	uint32_t index;
	const char *op; /* SCMP_CMP_... */
	uint64_t value, value_two;
};

struct seccomp_table_group {
	const char *names; /* each ended by NUL, an empty one ends the list; NULL ends the
			      table */
	int errno_ret;     /* 0: allow */
	uint64_t caps,
		not_caps; /* all of the one, none of the other; bit N = capability N, and SECCOMP_NESTED */
	const char *on, *not_on; /* machines, separated by commas; NULL: any */
	const struct seccomp_table_arg
		*args; /* alternatives: each is a rule of its own */
	size_t n_args; /* 0: whatever the arguments */
};

struct seccomp_table_number {
	const char *name; /* NULL ends the table */
	uint32_t number;
	const char *arch; /* NULL: the same everywhere */
};

extern const uint32_t seccomp_table_identity;     /* changes with the data file */
extern const uint64_t seccomp_table_capabilities; /* those that any group asks about */
extern const char
	*const seccomp_table_archs[]; /* native and its sub-architectures, as `names` */
extern const struct seccomp_table_number seccomp_table_numbers[];
extern const struct seccomp_table_group seccomp_table_groups[];

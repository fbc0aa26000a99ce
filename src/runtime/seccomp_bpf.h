/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a table "system call number -> verdict" to a classic BPF program. Knows neither
 * names nor profiles; pure.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define BPF_ARGS_MAX 6

enum bpf_op {
	BPF_OP_EQ,
	BPF_OP_NE,
	BPF_OP_LT,
	BPF_OP_LE,
	BPF_OP_GT,
	BPF_OP_GE,
	BPF_OP_MASKED_EQ
};

struct bpf_condition {
	unsigned int arg; /* 0..5 */
	enum bpf_op op;
	uint64_t value;
	uint64_t mask; /* BPF_OP_MASKED_EQ: (argument & mask) == (value & mask) */
};

struct bpf_rule { /* holds when all of its conditions do */
	uint32_t ret;
	struct bpf_condition conditions[BPF_ARGS_MAX];
	size_t n_conditions;
};

struct bpf_verdict {  /* of the first rule that holds, else `ret` */
	uint32_t ret; /* SECCOMP_RET_* with its data */
	const struct bpf_rule **rules;
	size_t n_rules;
};

struct bpf_run { /* from this number up to the next run's */
	uint32_t first;
	uint32_t verdict; /* index into bpf_plan.verdicts */
};

struct bpf_arch {
	uint32_t audit_arch;  /* AUDIT_ARCH_*, seccomp_data.arch */
	struct bpf_run *runs; /* sorted; the first begins at 0 */
	size_t n_runs;
};

struct bpf_plan {
	struct bpf_arch *archs; /* the native one first: its way through the program is
				   the shortest */
	size_t n_archs;
	const struct bpf_verdict *verdicts;
	size_t n_verdicts;
	uint32_t bad_arch; /* what a call by an architecture that isn't listed gets */
};

/* bpf_condition_holds() - what the program computes, in C. */
int bpf_condition_holds(const struct bpf_condition *condition, uint64_t argument);

/* bpf_compile() - *ret is owned by the caller. ERR_INVALID if the kernel's limit (4096)
 * is passed. */
int bpf_compile(const struct bpf_plan *plan, struct sock_filter **ret, size_t *ret_n,
		struct error *err) _must_check_;

/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules: the program is run here by a small interpreter, as the kernel would. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup_device.h"
#include "spec/spec.h"
#include "util/str.h"

/* Only what the generator emits; anything else is a bug in it. */
static bool run(const struct bpf_insn *insns, size_t n,
		const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t reg[11] = {0};

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &insns[pc];
		uint64_t imm = (uint64_t)(int64_t)i->imm;
		bool jump = false;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			reg[i->dst_reg] =
				*(const uint32_t *)(const void *)((const char *)ctx +
								  i->off);
			continue;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			reg[i->dst_reg] = reg[i->src_reg];
			continue;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			reg[i->dst_reg] = imm;
			continue;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			reg[i->dst_reg] >>= imm;
			continue;
		case BPF_ALU64 | BPF_AND | BPF_K:
			reg[i->dst_reg] &= imm;
			continue;
		case BPF_JMP | BPF_EXIT:
			return reg[0] != 0;
		case BPF_JMP | BPF_JA | BPF_K:
			jump = true;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			jump = reg[i->dst_reg] != imm;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			jump = (reg[i->dst_reg] & imm) != 0;
			break;
		default:
			ck_abort_msg("instruction %#x at %zu", i->code, pc);
		}
		ck_assert_int_ge(i->off, 0);
		pc += jump ? (size_t)i->off : 0;
	}
	ck_abort_msg("ran past the end");
	return false;
}

static char type_a[] = "a", type_b[] = "b", type_c[] = "c";
static char rwm[] = "rwm", r_only[] = "r", w_only[] = "w";

#define RULE(is_allowed, t, ma, mi, acc)                                              \
	{                                                                             \
		.allow = (is_allowed), .type = (t), .has_major = (ma) >= 0,           \
		.major = (ma), .has_minor = (mi) >= 0, .minor = (mi), .access = (acc) \
	}
#define DENY_ALL RULE(false, type_a, -1, -1, rwm)

enum {
	READ = BPF_DEVCG_ACC_READ,
	WRITE = BPF_DEVCG_ACC_WRITE,
	MKNOD = BPF_DEVCG_ACC_MKNOD
};

static const struct {
	struct spec_device_rule rules[4];
	size_t n_rules;
	char type;
	uint32_t major, minor, access;
	bool allowed;
} cases[] = {
	/* the devices that every container has, whatever the rules */
	{{DENY_ALL}, 1, 'c', 1, 3, READ | WRITE, true},
	{{DENY_ALL}, 1, 'c', 136, 7, READ | WRITE, true},
	{{DENY_ALL}, 1, 'b', 8, 0, MKNOD, true},
	/* others not */
	{{DENY_ALL}, 1, 'b', 8, 0, READ, false},
	{{DENY_ALL}, 1, 'b', 8, 0, READ | MKNOD, false},
	{{DENY_ALL}, 1, 'c', 1, 1, READ, false},
	{{DENY_ALL}, 1, 'b', 1, 3, READ, false},
	/* one device */
	{{DENY_ALL, RULE(true, type_b, 8, 0, rwm)}, 2, 'b', 8, 0, READ | WRITE, true},
	{{DENY_ALL, RULE(true, type_b, 8, 0, rwm)}, 2, 'b', 8, 1, READ, false},
	{{DENY_ALL, RULE(true, type_b, 8, 0, rwm)}, 2, 'c', 8, 0, READ, false},
	{{DENY_ALL, RULE(true, type_b, 8, 0, r_only)}, 2, 'b', 8, 0, READ, true},
	{{DENY_ALL, RULE(true, type_b, 8, 0, r_only)}, 2, 'b', 8, 0, READ | WRITE, false},
	/* kinds of access add up */
	{{DENY_ALL, RULE(true, type_b, 8, 0, r_only), RULE(true, type_b, 8, -1, w_only)},
	 3,
	 'b',
	 8,
	 0,
	 READ | WRITE,
	 true},
	/* a later rule counts */
	{{RULE(true, type_a, -1, -1, rwm), RULE(false, type_b, 8, 0, w_only)},
	 2,
	 'b',
	 8,
	 0,
	 READ,
	 true},
	{{RULE(true, type_a, -1, -1, rwm), RULE(false, type_b, 8, 0, w_only)},
	 2,
	 'b',
	 8,
	 0,
	 READ | WRITE,
	 false},
	{{RULE(false, type_b, 8, 0, rwm), RULE(true, type_a, -1, -1, rwm)},
	 2,
	 'b',
	 8,
	 0,
	 READ,
	 true},
	{{RULE(true, NULL, -1, -1, NULL), DENY_ALL}, 2, 'c', 10, 200, READ, false},
	/* no type, no access: all of them */
	{{DENY_ALL, RULE(true, NULL, -1, -1, NULL)}, 2, 'c', 10, 200, READ | WRITE, true},
	/* what no rule speaks of */
	{{RULE(true, type_c, 10, 200, rwm)}, 1, 'c', 10, 201, READ, false},
};

START_TEST(rules_decide_in_their_order)
{
	struct bpf_insn *insns = NULL;
	struct bpf_cgroup_dev_ctx ctx = {
		.access_type = cases[_i].access << 16 |
			       (cases[_i].type == 'b' ? BPF_DEVCG_DEV_BLOCK
						      : BPF_DEVCG_DEV_CHAR),
		.major = cases[_i].major,
		.minor = cases[_i].minor,
	};
	size_t n = 0;

	cgroup_device_program(cases[_i].rules, cases[_i].n_rules, &insns, &n);
	ck_assert_int_eq(run(insns, n, &ctx), cases[_i].allowed);
	free(insns);
}
END_TEST

START_TEST(no_rules_need_no_cgroup)
{
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_eq(cgroup_device_apply(-EBADF, NULL, 0, &err), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup_device");
	TCase *tc = tcase_create("program");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, rules_decide_in_their_order, 0, ARRAY_SIZE(cases));
	tcase_add_test(tc, no_rules_need_no_cgroup);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

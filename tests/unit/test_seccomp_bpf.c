/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why these tests exist: the filters are laid out by a compiler of our own. What it makes
 * of a profile is compared, for every system call number and many argument values on each
 * architecture, with what libseccomp makes of the same profile; both programs run in a
 * small BPF interpreter. Where we mean something else than libseccomp, the expectation is
 * spelled out here.
 */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/seccomp.h"
#include "runtime/seccomp_default.h"
#include "runtime/seccomp_plan.h"
#include "runtime/seccomp_table.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

#define ERRNO(code) (SECCOMP_RET_ERRNO | (code))
#define DOCKER_CAPS                                                                    \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FSETID |           \
	 1ULL << CAP_FOWNER | 1ULL << CAP_MKNOD | 1ULL << CAP_NET_RAW |                \
	 1ULL << CAP_SETGID | 1ULL << CAP_SETUID | 1ULL << CAP_SETFCAP |               \
	 1ULL << CAP_SETPCAP | 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_SYS_CHROOT | \
	 1ULL << CAP_KILL | 1ULL << CAP_AUDIT_WRITE)

/* The subset of classic BPF that seccomp(2) takes. */
static uint32_t bpf_run(const struct sock_filter *insns, size_t n,
			const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % 4 || i->k >= sizeof(*data))
				ck_abort_msg("instruction %zu: loads from %u", pc, i->k);
			memcpy(&a, (const char *)data + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			ck_abort_msg("instruction %zu: code 0x%x", pc, i->code);
		}
	}
	ck_abort_msg("ran past the end");
}

static uint32_t run(const struct seccomp_filter *filter, uint32_t arch, uint32_t nr,
		    const uint64_t args[6])
{
	struct seccomp_data data = {.nr = nr, .arch = arch};

	memcpy(data.args, args, sizeof(data.args));
	return bpf_run(filter->insns, filter->n_insns, &data);
}

static struct seccomp_filter compile(const struct spec_seccomp *profile)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;
	int r = seccomp_compile(profile, -EBADF, &filter, &err);

	ck_assert_msg(r == 0, "%s", err.text);
	return filter;
}

/* The same profile through libseccomp. */
static const struct {
	const char *name;
	uint32_t value;
} actions[] = {
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG},
	{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
};

static uint32_t reference_action(const char *name, bool has_errno, uint32_t number)
{
	if (str_eq(name, "SCMP_ACT_ERRNO"))
		return SCMP_ACT_ERRNO(has_errno ? number : EPERM);
	if (str_eq(name, "SCMP_ACT_TRACE"))
		return SCMP_ACT_TRACE(has_errno ? number : EPERM);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (str_eq(actions[i].name, name))
			return actions[i].value;
	}
	ck_abort_msg("%s", name);
}

static enum scmp_compare reference_op(const char *op)
{
	static const char *const ops[] = {
		NULL,          "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",
		"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};

	for (size_t i = 1; i < ARRAY_SIZE(ops); i++) {
		if (str_eq(ops[i], op))
			return i;
	}
	ck_abort_msg("%s", op);
}

static void reference_rule(scmp_filter_ctx ctx, const struct spec_syscall_rule *rule,
			   uint32_t default_action)
{
	uint32_t action =
		reference_action(rule->action, rule->has_errno_ret, rule->errno_ret);
	struct scmp_arg_cmp args[6];

	for (size_t i = 0; i < rule->n_args; i++) {
		const struct spec_seccomp_arg *a = &rule->args[i];

		args[i] = (struct scmp_arg_cmp){a->index, reference_op(a->op), a->value,
						a->value_two};
	}
	strv_foreach (name, rule->names) {
		int number = seccomp_syscall_resolve_name(*name);

		/* As runc and crun do; libseccomp refuses a rule that is the default. */
		if (number == __NR_SCMP_ERROR || action == default_action)
			continue;
		ck_assert_int_eq(
			seccomp_rule_add_array(ctx, action, number, rule->n_args, args),
			0);
	}
}

static struct seccomp_filter reference(const struct spec_seccomp *profile)
{
	struct seccomp_filter filter = {0};
	uint32_t default_action =
		reference_action(profile->default_action, profile->has_default_errno_ret,
				 profile->default_errno_ret);
	scmp_filter_ctx ctx = seccomp_init(default_action);
	int fd = memfd_create("reference", MFD_CLOEXEC);
	off_t size;

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(
		seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
	strv_foreach (arch, profile->architectures) {
		char name[32] = "";

		for (size_t i = 0; (*arch)[10 + i]; i++)
			name[i] = (*arch)[10 + i] | ((*arch)[10 + i] >= 'A' ? 0x20 : 0);
		for (char *c = name; *c; c++)
			*c = *c == 0x7f ? '_' : *c;
		if (seccomp_arch_resolve_name(name) != seccomp_arch_native())
			ck_assert_int_eq(
				seccomp_arch_add(ctx, seccomp_arch_resolve_name(name)),
				0);
	}
	for (size_t i = 0; i < profile->n_syscalls; i++)
		reference_rule(ctx, &profile->syscalls[i], default_action);
	ck_assert_int_eq(seccomp_export_bpf(ctx, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	filter.n_insns = size / sizeof(*filter.insns);
	filter.insns = xmalloc(size);
	ck_assert_int_eq(pread(fd, filter.insns, size, 0), size);
	close(fd);
	seccomp_release(ctx);
	return filter;
}

/* libseccomp's tokens, what the kernel reports for them, and where the numbers begin. */
struct table {
	const char *word;
	uint32_t token, audit_arch, base;
	bool wide; /* 64-bit arguments */
};

static const struct table tables[] = {
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0, true},
	{"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, 0, false},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64, 0x40000000, false},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0, true},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, 0, false},
	{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, 0, true},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, 0, true},
	{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL, 4000, false},
	{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64, 5000, true},
	{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32, 6000,
	 false},
};

static const uint64_t values[] = {
	0,          1,          2,           3,           4,          5,
	7,          8,          9,           10,          11,         12,
	13,         16,         17,          18,          19,         20,
	21,         23,         25,          34,          37,         38,
	39,         40,         41,          45,          46,         63,
	64,         100,        0x1000,      0x20000,     0x20008,    0x40000,
	0x20000000, 0x10000000, 0x7e020000,  0x7fffffff,  1u << 31,   0xfffffffe,
	0xffffffff, 1ULL << 32, 0x100000008, 0x5ffffffff, 1ULL << 63, UINT64_MAX,
};

#define N_NUMBERS 600

/* What libseccomp calls the numbers of a table; its own lookup is linear. */
struct names {
	char *of[N_NUMBERS];
};

static void names_read(struct names *names, const struct table *t)
{
	for (uint32_t i = 0; i < N_NUMBERS; i++)
		names->of[i] = seccomp_syscall_resolve_num_arch(t->token, t->base + i);
}

static void names_release(struct names *names)
{
	for (uint32_t i = 0; i < N_NUMBERS; i++)
		free(names->of[i]);
}

/* The newest ordinary number that the profile speaks of; UINT32_MAX if none. */
static uint32_t newest(const struct spec_seccomp *profile, const struct table *t,
		       const struct names *names)
{
	uint32_t newest = UINT32_MAX;

	for (size_t i = 0; i < profile->n_syscalls; i++) {
		strv_foreach (name, profile->syscalls[i].names) {
			for (uint32_t nr = t->base + N_NUMBERS; nr-- > t->base;) {
				if (!str_eq(names->of[nr - t->base], *name) &&
				    seccomp_call_number(t->token, *name) != (int)nr)
					continue;
				if (newest == UINT32_MAX || nr > newest)
					newest = nr;
				break;
			}
		}
	}
	return newest;
}

/* One of the calls that our own table adds? `alone`: and that this libseccomp does not
 * know, so that the reference can't have it. */
static bool is_in_our_table(const struct table *t, uint32_t nr, bool alone)
{
	for (const struct seccomp_table_number *n = seccomp_table_numbers; n->name; n++) {
		if (seccomp_call_number(t->token, n->name) == (int)nr &&
		    (!alone || seccomp_syscall_resolve_name_arch(t->token, n->name) ==
				       __NR_SCMP_ERROR))
			return true;
	}
	return false;
}

static void compare_number(const struct seccomp_filter *ours,
			   const struct seccomp_filter *theirs, const struct table *t,
			   uint32_t nr, bool unknown)
{
	for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
		for (size_t arg = 0; arg < 4; arg++) {
			uint64_t args[6] = {0};
			uint32_t got, want;

			if (!t->wide && values[v] > UINT32_MAX)
				continue;
			args[arg] = values[v];
			if (arg == 3) /* several at once */
				args[0] = args[1] = args[2] = values[v];
			got = run(ours, t->audit_arch, nr, args);
			want = unknown ? ERRNO(ENOSYS)
				       : run(theirs, t->audit_arch, nr, args);
			if (got !=
			    want) /* ck_assert() itself takes too long for so many */
				ck_abort_msg("%s %u arg%zu=0x%llx: 0x%x, libseccomp 0x%x",
					     t->word, nr, arg,
					     (unsigned long long)values[v], got, want);
		}
	}
}

static void compare_table(const struct spec_seccomp *profile,
			  const struct seccomp_filter *ours,
			  const struct seccomp_filter *theirs, const struct table *t)
{
	bool listed = strv_has(profile->architectures, t->word) ||
		      t->token == seccomp_arch_native();
	bool enosys = listed && str_eq(profile->default_action, "SCMP_ACT_ERRNO");
	struct names names;
	uint32_t last;

	names_read(&names, t);
	last = newest(profile, t, &names);
	for (uint32_t nr = t->base; nr < t->base + N_NUMBERS; nr++) {
		bool known = names.of[nr - t->base] || is_in_our_table(t, nr, false);

		if (!listed || !is_in_our_table(t, nr, true))
			compare_number(ours, theirs, t, nr,
				       enosys && (nr > last || !known));
	}
	names_release(&names);
}

static void compare(const struct spec_seccomp *profile)
{
	struct seccomp_filter ours = compile(profile), theirs = reference(profile);

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		compare_table(profile, &ours, &theirs, &tables[i]);
	seccomp_filter_release(&ours);
	seccomp_filter_release(&theirs);
}

static struct spec_syscall_rule *add_rule(struct spec_seccomp *profile,
					  const char *action, const char *names)
{
	struct spec_syscall_rule *rule =
		SPEC_APPEND(&profile->syscalls, &profile->n_syscalls);

	rule->action = xstrdup(action);
	rule->names = str_split(names, ' ');
	return rule;
}

static void add_arg(struct spec_syscall_rule *rule, uint32_t index, const char *op,
		    uint64_t value, uint64_t value_two)
{
	struct spec_seccomp_arg *arg = SPEC_APPEND(&rule->args, &rule->n_args);

	arg->index = index;
	arg->op = xasprintf("SCMP_CMP_%s", op);
	arg->value = value;
	arg->value_two = value_two;
}

static struct spec_seccomp *new_profile(const char *action, bool all_archs)
{
	struct spec_seccomp *profile = xcalloc(1, sizeof(*profile));

	profile->default_action = xstrdup(action);
	for (size_t i = 0; all_archs && i < ARRAY_SIZE(tables); i++)
		strv_add(&profile->architectures, tables[i].word);
	return profile;
}

static struct spec_seccomp *default_profile(uint64_t capabilities)
{
	struct error err = ERROR_INIT;
	struct spec_seccomp *profile;

	ck_assert_int_eq(seccomp_default_profile(capabilities, &profile, &err), 0);
	return profile;
}

START_TEST(default_profile_is_as_libseccomp_has_it)
{
	static const uint64_t capabilities[] = {0, DOCKER_CAPS, UINT64_MAX};
	struct spec_seccomp *profile = default_profile(capabilities[_i]);

	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(default_profile_on_every_architecture)
{
	struct spec_seccomp *profile = default_profile(DOCKER_CAPS);

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (!strv_has(profile->architectures, tables[i].word))
			strv_add(&profile->architectures, tables[i].word);
	}
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(every_operator_as_libseccomp_has_it)
{
	static const uint64_t operands[] = {
		0,          1,          13,          0x20000,    0xfffffffe,
		0xffffffff, 1ULL << 32, 0x100000008, 1ULL << 63, UINT64_MAX - 1};
	static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT"};
	static const char *const calls[] = {"read",  "write", "close",
					    "fstat", "lseek", "mmap"};

	for (size_t v = 0; v < ARRAY_SIZE(operands); v++) {
		/* What libseccomp makes of an operand over 32 bits on a 32-bit machine is
		 * not arithmetic. */
		struct spec_seccomp *profile =
			new_profile("SCMP_ACT_ERRNO", operands[v] <= UINT32_MAX);

		for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
			add_arg(add_rule(profile, "SCMP_ACT_ALLOW", calls[i]), i % 3,
				ops[i], operands[v], 0);
		compare(profile);
		spec_seccomp_free(profile);
	}
}
END_TEST

START_TEST(masked_comparisons_as_libseccomp_has_them)
{
	static const struct {
		uint64_t mask, value;
	} pairs[] = {
		{0x7e020000, 0}, {0x7e020000, 0x10000000}, {1, 1},
		{0xffffffff, 8}, {0x20000, 0x20000},       {8, 0xff},
	};
	static const char *const calls[] = {"read",  "write", "close",
					    "fstat", "lseek", "mmap"};
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", true);

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		add_arg(add_rule(profile, "SCMP_ACT_ALLOW", calls[i]), i % 3, "MASKED_EQ",
			pairs[i].mask, pairs[i].value);
	compare(profile);
	spec_seccomp_free(profile);
	profile = new_profile("SCMP_ACT_ALLOW", false);
	add_arg(add_rule(profile, "SCMP_ACT_TRAP", "read"), 0, "MASKED_EQ",
		1ULL << 63 | 1, 1ULL << 63);
	add_arg(add_rule(profile, "SCMP_ACT_TRAP", "write"), 1, "MASKED_EQ", ~0ULL << 32,
		1ULL << 32);
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(every_action_as_libseccomp_has_it)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ALLOW", true);
	struct spec_syscall_rule *rule;

	add_rule(profile, "SCMP_ACT_KILL", "mount umount2");
	add_rule(profile, "SCMP_ACT_KILL_PROCESS", "reboot");
	add_rule(profile, "SCMP_ACT_TRAP", "swapon");
	add_rule(profile, "SCMP_ACT_LOG", "swapoff");
	add_rule(profile, "SCMP_ACT_NOTIFY", "mkdir mkdirat");
	rule = add_rule(profile, "SCMP_ACT_TRACE", "chroot");
	rule->has_errno_ret = true;
	rule->errno_ret = 1234;
	rule = add_rule(profile, "SCMP_ACT_ERRNO", "acct no_such_call");
	rule->has_errno_ret = true;
	rule->errno_ret = ENXIO;
	add_rule(profile, "SCMP_ACT_ERRNO", "ptrace");
	compare(profile);
	free(profile->default_action);
	profile->default_action = xstrdup("SCMP_ACT_KILL_PROCESS");
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(several_conditions_and_several_rules)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", true);
	struct spec_syscall_rule *rule;

	rule = add_rule(profile, "SCMP_ACT_ALLOW", "read");
	add_arg(rule, 0, "EQ", 3, 0);
	add_arg(rule, 1, "GT", 2, 0);
	add_arg(rule, 2, "MASKED_EQ", 1, 1);
	rule = add_rule(profile, "SCMP_ACT_ALLOW", "write");
	add_arg(rule, 0, "LT", 3, 0);
	rule = add_rule(profile, "SCMP_ACT_ALLOW", "write");
	add_arg(rule, 1, "GE", 100, 0);
	rule = add_rule(profile, "SCMP_ACT_ALLOW", "write");
	add_arg(rule, 0, "EQ", 7, 0);
	add_arg(rule, 2, "NE", 7, 0);
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

/* The rarely used way in must be open exactly as far as the other: socketcall(2), ipc(2).
 */
START_TEST(multiplexed_calls_as_libseccomp_has_them)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", true);

	add_rule(profile, "SCMP_ACT_ALLOW", "socket accept recvmmsg send shutdown");
	add_rule(profile, "SCMP_ACT_ALLOW", "semop shmat msgget semtimedop close");
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

/* Random profiles without contradictions: one action a call, so that the order means
 * nothing. */
START_TEST(random_profiles_as_libseccomp_has_them)
{
	static const char *const ops[] = {"NE", "LT", "LE",       "EQ",
					  "GE", "GT", "MASKED_EQ"};
	struct spec_seccomp *profile =
		new_profile(_i % 2 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO", _i % 3);

	srandom(_i + 1);
	for (uint32_t nr = 0; nr < 340; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
		long kind = random() % 4;

		/* sockets and IPC with conditions are not libseccomp's on some machines
		 */
		for (int rules = kind == 3 ? 1 + random() % 3 : kind == 2; name && rules;
		     rules--) {
			struct spec_syscall_rule *rule = add_rule(
				profile, _i % 2 ? "SCMP_ACT_TRAP" : "SCMP_ACT_ALLOW",
				name);

			if (kind == 3 && (nr < 29 || nr > 71))
				add_arg(rule, random() % 3,
					ops[random() % ARRAY_SIZE(ops)],
					values[random() % (ARRAY_SIZE(values) - 6)],
					values[random() % (ARRAY_SIZE(values) - 6)]);
		}
		free(name);
	}
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

/* From here on: what we mean, by hand. */
static uint32_t verdict(const struct spec_seccomp *profile, const char *name,
			uint64_t arg0)
{
	struct seccomp_filter filter = compile(profile);
	uint64_t args[6] = {arg0};
	uint32_t ret = run(&filter, seccomp_arch_native(),
			   seccomp_call_number(seccomp_arch_native(), name), args);

	seccomp_filter_release(&filter);
	return ret;
}

START_TEST(rules_with_conditions_come_before_those_without)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", false);

	add_rule(profile, "SCMP_ACT_ALLOW", "socket");
	add_arg(add_rule(profile, "SCMP_ACT_TRAP", "socket"), 0, "EQ", 40, 0);
	add_arg(add_rule(profile, "SCMP_ACT_LOG", "socket"), 0, "GE", 40, 0);
	ck_assert_uint_eq(verdict(profile, "socket", 1), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(profile, "socket", 40), SECCOMP_RET_TRAP);
	ck_assert_uint_eq(verdict(profile, "socket", 41), SECCOMP_RET_LOG);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(first_rule_without_conditions_wins_unless_it_is_the_default)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", false);

	add_rule(profile, "SCMP_ACT_TRAP", "chroot");
	add_rule(profile, "SCMP_ACT_ALLOW", "chroot acct");
	add_rule(profile, "SCMP_ACT_ERRNO", "reboot");
	add_rule(profile, "SCMP_ACT_ALLOW", "reboot");
	ck_assert_uint_eq(verdict(profile, "chroot", 0), SECCOMP_RET_TRAP);
	ck_assert_uint_eq(verdict(profile, "acct", 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(profile, "reboot", 0), SECCOMP_RET_ALLOW);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(conditions_on_one_argument_are_alternatives)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", false);
	struct spec_syscall_rule *rule = add_rule(profile, "SCMP_ACT_ALLOW", "socket");

	add_arg(rule, 0, "EQ", 1, 0);
	add_arg(rule, 0, "EQ", 2, 0);
	ck_assert_uint_eq(verdict(profile, "socket", 1), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(profile, "socket", 2), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(profile, "socket", 3), ERRNO(EPERM));
	spec_seccomp_free(profile);
}
END_TEST

/* socketcall(2) hides what the condition asks about: allowing must not open it. */
START_TEST(a_condition_does_not_open_the_multiplexer)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", true);
	uint64_t sys_socket[6] = {1}, sys_bind[6] = {2};
	struct seccomp_filter filter;

	add_arg(add_rule(profile, "SCMP_ACT_ALLOW", "socket"), 0, "EQ", 1, 0);
	add_rule(profile, "SCMP_ACT_ALLOW", "bind");
	filter = compile(profile);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 102, sys_socket), ERRNO(EPERM));
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 102, sys_bind),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 359, sys_socket),
			  SECCOMP_RET_ALLOW);
	seccomp_filter_release(&filter);
	spec_seccomp_free(profile);

	profile = new_profile("SCMP_ACT_ALLOW", true);
	add_arg(add_rule(profile, "SCMP_ACT_TRAP", "socket"), 0, "EQ", 40, 0);
	filter = compile(profile);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 102, sys_socket),
			  SECCOMP_RET_TRAP);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 102, sys_bind),
			  SECCOMP_RET_ALLOW);
	seccomp_filter_release(&filter);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(default_profile_by_name)
{
	static const struct {
		const char *name;
		uint64_t capabilities, arg0;
		uint32_t want;
	} cases[] = {
		{"read", 0, 0, SECCOMP_RET_ALLOW},
		{"mount", DOCKER_CAPS, 0, ERRNO(EPERM)},
		{"mount", 1ULL << CAP_SYS_ADMIN, 0, SECCOMP_RET_ALLOW},
		{"unshare", DOCKER_CAPS, 0, ERRNO(EPERM)},
		{"chroot", DOCKER_CAPS, 0, SECCOMP_RET_ALLOW},
		{"chroot", 0, 0, ERRNO(EPERM)},
		{"clone", 0, 0x11, SECCOMP_RET_ALLOW},
		{"clone", 0, 0x10000011, ERRNO(EPERM)},
		{"clone", 0, 0x02000000, ERRNO(EPERM)},
		{"clone", 1ULL << CAP_SYS_ADMIN, 0x10000011, SECCOMP_RET_ALLOW},
		{"clone3", 0, 0, ERRNO(ENOSYS)},
		{"clone3", 1ULL << CAP_SYS_ADMIN, 0, SECCOMP_RET_ALLOW},
		/* a container that nests: what makes containers, not what else CAP_SYS_ADMIN may */
		{"clone", SECCOMP_NESTED, 0x10000011, SECCOMP_RET_ALLOW},
		{"clone3", SECCOMP_NESTED, 0, SECCOMP_RET_ALLOW},
		{"mount", SECCOMP_NESTED, 0, SECCOMP_RET_ALLOW},
		{"pivot_root", SECCOMP_NESTED, 0, SECCOMP_RET_ALLOW},
		{"pivot_root", 1ULL << CAP_SYS_ADMIN, 0, ERRNO(EPERM)},
		{"bpf", SECCOMP_NESTED, 0, ERRNO(EPERM)},
		{"quotactl", SECCOMP_NESTED, 0, ERRNO(EPERM)},
		{"keyctl", SECCOMP_NESTED, 0, ERRNO(EPERM)},
		{"open_by_handle_at", SECCOMP_NESTED, 0, ERRNO(EPERM)},
		{"init_module", SECCOMP_NESTED, 0, ERRNO(EPERM)},
		{"ptrace", 0, 0, SECCOMP_RET_ALLOW},
		{"personality", 0, 0, SECCOMP_RET_ALLOW},
		{"personality", 0, 0x20008, SECCOMP_RET_ALLOW},
		{"personality", 0, 0xffffffff, SECCOMP_RET_ALLOW},
		{"personality", 0, 0x40000, ERRNO(EPERM)},
		{"socket", 0, 1, SECCOMP_RET_ALLOW},
		{"socket", 0, 10, SECCOMP_RET_ALLOW},
		{"socket", 0, 16, SECCOMP_RET_ALLOW},
		{"socket", 0, 38, ERRNO(EPERM)},
		{"socket", 0, 40, ERRNO(EPERM)},
		{"socket", 0, 46, ERRNO(EPERM)},
		{"socket", 0, 1ULL << 32 | 38, ERRNO(EPERM)},
		{"io_uring_setup", DOCKER_CAPS, 0, ERRNO(EPERM)},
		{"io_uring_setup", UINT64_MAX, 0, ERRNO(EPERM)},
		{"keyctl", UINT64_MAX, 0, ERRNO(EPERM)},
		{"bpf", 1ULL << CAP_BPF, 0, SECCOMP_RET_ALLOW},
		{"perf_event_open", 1ULL << CAP_PERFMON, 0, SECCOMP_RET_ALLOW},
		{"open_by_handle_at", 0, 0, ERRNO(EPERM)},
		{"open_by_handle_at", 1ULL << CAP_DAC_READ_SEARCH, 0, SECCOMP_RET_ALLOW},
		{"settimeofday", 1ULL << CAP_SYS_TIME, 0, SECCOMP_RET_ALLOW},
		{"syslog", 1ULL << CAP_SYSLOG, 0, SECCOMP_RET_ALLOW},
		{"mbind", 0, 0, ERRNO(EPERM)},
		{"mbind", 1ULL << CAP_SYS_NICE, 0, SECCOMP_RET_ALLOW},
		{"cachestat", 0, 0, SECCOMP_RET_ALLOW},
		{"mseal", 0, 0, SECCOMP_RET_ALLOW},
		{"statmount", 0, 0, SECCOMP_RET_ALLOW},
		{"listmount", 0, 0, SECCOMP_RET_ALLOW},
		{"futex_wait", 0, 0, SECCOMP_RET_ALLOW},
		{"map_shadow_stack", 0, 0, SECCOMP_RET_ALLOW},
		{"setxattrat", 0, 0, SECCOMP_RET_ALLOW},
		{"removexattrat", 0, 0, SECCOMP_RET_ALLOW},
		{"lsm_set_self_attr", 0, 0, ERRNO(EPERM)},
	};
	struct spec_seccomp *profile = default_profile(cases[_i].capabilities);
	uint32_t got = verdict(profile, cases[_i].name, cases[_i].arg0);

	ck_assert_msg(got == cases[_i].want, "%s: 0x%x", cases[_i].name, got);
	spec_seccomp_free(profile);
}
END_TEST
#define N_DEFAULT_CASES 54

START_TEST(unknown_and_newer_calls_give_enosys)
{
	struct spec_seccomp *profile = default_profile(DOCKER_CAPS);
	struct seccomp_filter filter = compile(profile);
	uint64_t args[6] = {0};

	/* 467 open_tree_attr, 468 file_getattr: newer than the profile. 400: no call on
	 * x86_64. */
	for (uint32_t nr = 467; nr < 600; nr++)
		ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, nr, args),
				  ERRNO(ENOSYS));
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, 400, args), ERRNO(ENOSYS));
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, UINT32_MAX, args),
			  ERRNO(ENOSYS));
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 500, args), ERRNO(ENOSYS));
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, 0x40000000 + 480, args),
			  ERRNO(ENOSYS));
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_S390X, 0, args),
			  SECCOMP_RET_KILL_PROCESS);
	seccomp_filter_release(&filter);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(x32_that_is_not_listed_is_foreign)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ALLOW", false);
	struct seccomp_filter filter;
	uint64_t args[6] = {0};

	add_rule(profile, "SCMP_ACT_ERRNO", "mount");
	filter = compile(profile);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, 0x40000000, args),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, 0xfffffffe, args),
			  SECCOMP_RET_KILL_PROCESS);
	/* A tracer sets -1 to skip a call. */
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_X86_64, UINT32_MAX, args),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(run(&filter, AUDIT_ARCH_I386, 3, args),
			  SECCOMP_RET_KILL_PROCESS);
	seccomp_filter_release(&filter);
	spec_seccomp_free(profile);
}
END_TEST

/* Load time is instructions and depth: a change that makes the program grow shall be
 * noticed. */
START_TEST(default_program_is_short)
{
	struct spec_seccomp *profile = default_profile(DOCKER_CAPS);
	struct seccomp_filter filter = compile(profile);

	ck_assert_msg(filter.n_insns < 500, "%zu instructions", filter.n_insns);
	seccomp_filter_release(&filter);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(wrong_profiles_are_refused_with_their_path)
{
	static const struct {
		const char *default_action, *action, *op, *flag;
		int errno_ret;
		const char *want;
	} cases[] = {
		{"SCMP_ACT_NOPE", "SCMP_ACT_ALLOW", "EQ", NULL, -1,
		 "seccomp profile: defaultAction: unknown seccomp action \"SCMP_ACT_NOPE\""},
		{"SCMP_ACT_NOTIFY", "SCMP_ACT_ALLOW", "EQ", NULL, -1,
		 "seccomp profile: defaultAction: SCMP_ACT_NOTIFY would stop the container before its "
		 "listener is there"},
		{"SCMP_ACT_ERRNO", "ALLOW", "EQ", NULL, -1,
		 "seccomp profile: syscalls[0]: action: unknown seccomp action \"ALLOW\""},
		{"SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "SAME", NULL, -1,
		 "seccomp profile: syscalls[0]: args[0]: op: unknown comparison \"SCMP_CMP_SAME\""},
		{"SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "EQ", "FAST", -1,
		 "seccomp profile: flags: unknown flag \"FAST\""},
		{"SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "EQ", NULL, 1,
		 "seccomp profile: syscalls[0]: action: SCMP_ACT_ALLOW takes no errno, only "
		 "SCMP_ACT_ERRNO and SCMP_ACT_TRACE do"},
		{"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "EQ", NULL, 4096,
		 "seccomp profile: syscalls[0]: action: errno 4096 is too large"},
	};
	struct spec_seccomp *profile = new_profile(cases[_i].default_action, false);
	struct spec_syscall_rule *rule = add_rule(profile, cases[_i].action, "read");
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	add_arg(rule, 0, cases[_i].op, 0, 0);
	rule->has_errno_ret = cases[_i].errno_ret >= 0;
	rule->errno_ret = cases[_i].errno_ret;
	if (cases[_i].flag)
		strv_add(&profile->flags, cases[_i].flag);
	ck_assert_int_lt(seccomp_compile(profile, -EBADF, &filter, &err), 0);
	ck_assert_str_eq(err.text, cases[_i].want);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(too_large_a_profile_is_refused)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", false);
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	for (size_t i = 0; i < 1000; i++) {
		struct spec_syscall_rule *rule =
			add_rule(profile, "SCMP_ACT_ALLOW", "ioctl");

		add_arg(rule, 0, "EQ", i, 0);
		add_arg(rule, 1, "EQ", i, 0);
	}
	ck_assert_int_lt(seccomp_compile(profile, -EBADF, &filter, &err), 0);
	ck_assert_ptr_nonnull(
		strstr(err.text, "BPF instructions, the kernel takes 4096"));
	error_release(&err);
	spec_seccomp_free(profile);
}
END_TEST

/* Far jumps: a program of nearly the kernel's limit is still right. */
START_TEST(a_large_profile_as_libseccomp_has_it)
{
	struct spec_seccomp *profile = new_profile("SCMP_ACT_ERRNO", false);

	for (size_t i = 0; i < 150; i++) {
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, 3 * i % 330);

		for (size_t j = 0; name && j < 2; j++) {
			struct spec_syscall_rule *rule =
				add_rule(profile, "SCMP_ACT_ALLOW", name);

			add_arg(rule, 0, "EQ", i, 0);
			add_arg(rule, 1, "EQ", j, 0);
		}
		free(name);
	}
	compare(profile);
	spec_seccomp_free(profile);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seccomp_bpf");
	TCase *same = tcase_create("as libseccomp"), *own = tcase_create("own");
	SRunner *runner;
	int failed;

	tcase_set_timeout(same, 60);
	tcase_add_loop_test(same, default_profile_is_as_libseccomp_has_it, 0, 3);
	tcase_add_test(same, default_profile_on_every_architecture);
	tcase_add_test(same, every_operator_as_libseccomp_has_it);
	tcase_add_test(same, masked_comparisons_as_libseccomp_has_them);
	tcase_add_test(same, every_action_as_libseccomp_has_it);
	tcase_add_test(same, several_conditions_and_several_rules);
	tcase_add_test(same, multiplexed_calls_as_libseccomp_has_them);
	tcase_add_loop_test(same, random_profiles_as_libseccomp_has_them, 0, 6);
	tcase_add_test(same, a_large_profile_as_libseccomp_has_it);
	tcase_add_test(own, rules_with_conditions_come_before_those_without);
	tcase_add_test(own, first_rule_without_conditions_wins_unless_it_is_the_default);
	tcase_add_test(own, conditions_on_one_argument_are_alternatives);
	tcase_add_test(own, a_condition_does_not_open_the_multiplexer);
	tcase_add_loop_test(own, default_profile_by_name, 0, N_DEFAULT_CASES);
	tcase_add_test(own, unknown_and_newer_calls_give_enosys);
	tcase_add_test(own, x32_that_is_not_listed_is_foreign);
	tcase_add_test(own, default_program_is_short);
	tcase_add_loop_test(own, wrong_profiles_are_refused_with_their_path, 0, 7);
	tcase_add_test(own, too_large_a_profile_is_refused);
	suite_add_tcase(suite, same);
	suite_add_tcase(suite, own);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

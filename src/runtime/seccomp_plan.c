/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: what a profile means.
 *
 * For one system call the rules with conditions are tried in their order, then the first
 * rule without conditions, then the default. (libseccomp lets a rule without conditions
 * swallow those with; nobody who writes both means that. Where a profile has only one
 * kind for a call the effect is the same.) A rule without conditions that repeats the
 * default is skipped, and several conditions on one argument in one rule are
 * alternatives, as runc and crun have it.
 *
 * A profile whose default is an errno gives ENOSYS instead for calls that it cannot have
 * meant: newer than the newest call that it names (in the same table), or no call at all.
 * Programs take ENOSYS for "old kernel, do it the other way" and EPERM for a failure.
 * Source: runc does the former.
 *
 * 32-bit x86, s390, ppc and mips have socketcall(2) and ipc(2), through which most of the
 * socket and System V calls can be made as well, with the arguments behind a pointer. A
 * rule for such a call covers both ways in. If it has conditions, these can't be seen by
 * the second: a rule that forbids then forbids always, one that allows does not allow.
 */
#include "runtime/seccomp_plan.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/seccomp_table.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define TABLE_SIZE 640 /* ordinary call numbers lie in base .. base + TABLE_SIZE - 1 */
#define X32_BIT    0x40000000U

struct entry { /* "this rule speaks of this number" */
	uint32_t number;
	uint32_t order; /* of the rule in the profile */
	const struct bpf_rule *rule;
};

struct table { /* one architecture's calls */
	uint32_t token, base;
	char **names; /* of the TABLE_SIZE ordinary numbers; NULL where libseccomp knows
			 none */
	struct entry *entries;
	size_t n_entries;
};

struct builder {
	struct seccomp_plan *plan;
	uint32_t default_ret, unknown_ret;
	struct table *tables;
	size_t n_tables;
};

struct word {
	const char *name;
	uint32_t value;
};

static const struct word actions[] = {
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
};

static const struct word operators[] = {
	{"SCMP_CMP_NE", BPF_OP_NE},
	{"SCMP_CMP_LT", BPF_OP_LT},
	{"SCMP_CMP_LE", BPF_OP_LE},
	{"SCMP_CMP_EQ", BPF_OP_EQ},
	{"SCMP_CMP_GE", BPF_OP_GE},
	{"SCMP_CMP_GT", BPF_OP_GT},
	{"SCMP_CMP_MASKED_EQ", BPF_OP_MASKED_EQ},
};

static const struct word filter_flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5}, /* Linux 5.19 */
};

static bool word_find(const struct word *words, size_t n, const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(words[i].name, name)) {
			*ret = words[i].value;
			return true;
		}
	}
	return false;
}

/* Numbers: mips counts each of its three tables from a base of its own, x32 sets a bit.
 */
static uint32_t table_base(uint32_t token)
{
	switch (token) {
	case SCMP_ARCH_X32:
		return X32_BIT;
	case SCMP_ARCH_MIPS:
	case SCMP_ARCH_MIPSEL:
		return 4000;
	case SCMP_ARCH_MIPS64:
	case SCMP_ARCH_MIPSEL64:
		return 5000;
	case SCMP_ARCH_MIPS64N32:
	case SCMP_ARCH_MIPSEL64N32:
		return 6000;
	default:
		return 0;
	}
}

static bool number_is_for(const struct seccomp_table_number *n, uint32_t token)
{
	return !n->arch || seccomp_arch_resolve_name(n->arch) == token;
}

int seccomp_call_number(uint32_t token, const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(token, name);

	if (number != __NR_SCMP_ERROR)
		return number;
	for (const struct seccomp_table_number *n = seccomp_table_numbers; n->name; n++) {
		if (str_eq(n->name, name) && number_is_for(n, token))
			return n->number + table_base(token);
	}
	return __NR_SCMP_ERROR;
}

static bool number_is_known(const struct table *table, uint32_t number)
{
	if (table->names[number - table->base])
		return true;
	for (const struct seccomp_table_number *n = seccomp_table_numbers; n->name; n++) {
		if (seccomp_call_number(table->token, n->name) == (int)number)
			return true;
	}
	return false;
}

static int action_parse(const char *action, const uint32_t *errno_ret, const char *path,
			uint32_t *ret, struct error *err)
{
	if (!word_find(actions, ARRAY_SIZE(actions), action, ret))
		return error_set(err, ERR_INVALID, 0, "%s: unknown seccomp action \"%s\"",
				 path, action ? action : "");
	if (*ret != SECCOMP_RET_ERRNO && *ret != SECCOMP_RET_TRACE) {
		if (errno_ret)
			return error_set(err, ERR_INVALID, 0,
					 "%s: %s takes no errno, only SCMP_ACT_ERRNO and "
					 "SCMP_ACT_TRACE do",
					 path, action);
		return 0;
	}
	if (errno_ret &&
	    *errno_ret > (*ret == SECCOMP_RET_ERRNO ? 4095 : SECCOMP_RET_DATA))
		return error_set(err, ERR_INVALID, 0, "%s: errno %u is too large", path,
				 *errno_ret);
	*ret |= errno_ret ? *errno_ret : EPERM;
	return 0;
}

static int condition_parse(const struct spec_seccomp_arg *arg, struct bpf_condition *ret,
			   struct error *err)
{
	uint32_t op;

	if (!word_find(operators, ARRAY_SIZE(operators), arg->op, &op))
		return error_set(err, ERR_INVALID, 0, "op: unknown comparison \"%s\"",
				 arg->op ? arg->op : "");
	if (arg->index >= BPF_ARGS_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "index: a system call has arguments 0 to 5, not %u",
				 arg->index);
	*ret = (struct bpf_condition){.arg = arg->index, .op = op, .value = arg->value};
	if (op == BPF_OP_MASKED_EQ) {
		ret->mask = arg->value;
		ret->value = arg->value_two;
	}
	return 0;
}

static struct bpf_rule *rule_new(struct seccomp_plan *plan, uint32_t action)
{
	struct bpf_rule *rule = xcalloc(1, sizeof(*rule));

	rule->ret = action;
	plan->rules = xreallocarray(plan->rules, plan->n_rules + 1, sizeof(*plan->rules));
	plan->rules[plan->n_rules++] = rule;
	return rule;
}

/* The rules that one entry of `syscalls` stands for: the plan's from the returned index
 * on. */
static int rules_parse(struct seccomp_plan *plan, const struct spec_syscall_rule *syscall,
		       uint32_t action, struct error *err)
{
	struct bpf_condition conditions[BPF_ARGS_MAX];
	unsigned int seen = 0;
	struct bpf_rule *rule;
	bool repeated = false;

	if (syscall->n_args > BPF_ARGS_MAX)
		return error_set(err, ERR_INVALID, 0, "args: more than %d", BPF_ARGS_MAX);
	for (size_t i = 0; i < syscall->n_args; i++) {
		int r = condition_parse(&syscall->args[i], &conditions[i], err);

		if (r < 0)
			return error_wrap(err, "args[%zu]", i);
		repeated = repeated || seen & 1U << conditions[i].arg;
		seen |= 1U << conditions[i].arg;
	}
	rule = rule_new(plan, action);
	for (size_t i = 0; i < syscall->n_args; i++) {
		if (repeated && i)
			rule = rule_new(plan, action);
		rule->conditions[rule->n_conditions++] = conditions[i];
	}
	return 0;
}

static void entry_add(struct table *table, uint32_t number, uint32_t order,
		      const struct bpf_rule *rule)
{
	table->entries = xreallocarray(table->entries, table->n_entries + 1,
				       sizeof(*table->entries));
	table->entries[table->n_entries++] = (struct entry){number, order, rule};
}

/* libseccomp's pseudo number of a call that goes through a multiplexer:
 * seccomp_rule_add(3). */
static const char *multiplexer_of(int number, unsigned int *ret_sub)
{
	if (number <= -100 && number >= -120) {
		*ret_sub = -100 - number;
		return "socketcall";
	}
	if (number <= -200 && number >= -224) {
		*ret_sub = -200 - number;
		return "ipc";
	}
	return NULL;
}

static bool action_allows(uint32_t ret)
{
	uint32_t action = ret & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static void add_multiplexed(struct seccomp_plan *plan, struct table *table,
			    const char *name, uint32_t order, const struct bpf_rule *rule)
{
	unsigned int sub = 0;
	const char *multiplexer = multiplexer_of(
		seccomp_syscall_resolve_name_arch(table->token, name), &sub);
	int number =
		multiplexer ? seccomp_syscall_resolve_name_arch(table->token, multiplexer)
			    : -1;
	struct bpf_rule *through;

	if (number < 0)
		return;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (str_eq(table->names[i], name))
			entry_add(table, table->base + i, order, rule);
	}
	if (rule->n_conditions && action_allows(rule->ret))
		return;
	through = rule_new(plan, rule->ret);
	through->conditions[0] = (struct bpf_condition){.op = BPF_OP_EQ, .value = sub};
	through->n_conditions = 1;
	entry_add(table, number, order, through);
}

static void add_call(struct builder *b, const char *name, size_t first_rule,
		     size_t end_rule)
{
	bool known = false;

	for (size_t t = 0; t < b->n_tables; t++) {
		struct table *table = &b->tables[t];
		int number = seccomp_call_number(table->token, name);

		known = known || number != __NR_SCMP_ERROR;
		for (size_t i = first_rule; i < end_rule; i++) {
			const struct bpf_rule *rule = b->plan->rules[i];

			if (!rule->n_conditions && rule->ret == b->default_ret)
				continue;
			if (number >= 0)
				entry_add(table, number, i, rule);
			else
				add_multiplexed(b->plan, table, name, i, rule);
		}
	}
	if (!known)
		log_debug("seccomp: system call \"%s\" is not known here, skipped", name);
}

static int add_syscall(struct builder *b, const struct spec_syscall_rule *syscall,
		       struct error *err)
{
	size_t first_rule = b->plan->n_rules, end_rule;
	uint32_t action;
	int r;

	r = action_parse(syscall->action,
			 syscall->has_errno_ret ? &syscall->errno_ret : NULL, "action",
			 &action, err);
	if (r == 0)
		r = rules_parse(b->plan, syscall, action, err);
	if (r < 0)
		return r;
	if (action == SECCOMP_RET_USER_NOTIF)
		b->plan->notifies = true;
	end_rule = b->plan->n_rules;
	strv_foreach (name, syscall->names)
		add_call(b, *name, first_rule, end_rule);
	return 0;
}

/* The tables: the machine's own first, then the profile's others of the same byte order.
 */
static void table_add(struct builder *b, uint32_t token)
{
	uint32_t native = seccomp_arch_native();
	struct table *table;

	if (!token || (token & __AUDIT_ARCH_LE) != (native & __AUDIT_ARCH_LE))
		return;
	for (size_t i = 0; i < b->n_tables; i++) {
		if (b->tables[i].token == token)
			return;
	}
	b->tables = xreallocarray(b->tables, b->n_tables + 1, sizeof(*b->tables));
	table = &b->tables[b->n_tables++];
	*table = (struct table){.token = token, .base = table_base(token)};
	table->names = xcalloc(TABLE_SIZE, sizeof(*table->names));
	for (size_t i = 0; i < TABLE_SIZE; i++)
		table->names[i] =
			seccomp_syscall_resolve_num_arch(token, table->base + i);
}

static void table_release(struct table *table)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		free(table->names[i]);
	free(table->names);
	free(table->entries);
}

static int tables_build(struct builder *b, char *const *architectures, struct error *err)
{
	table_add(b, seccomp_arch_native());
	strv_foreach (arch, architectures) {
		char name[32] = "";

		if (!str_starts(*arch, "SCMP_ARCH_"))
			return error_set(err, ERR_INVALID, 0,
					 "architectures: unknown architecture \"%s\"",
					 *arch);
		for (size_t i = 0; i + 1 < sizeof(name) && (*arch)[10 + i]; i++) {
			char c = (*arch)[10 + i];

			name[i] = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
		}
		/* One that this libseccomp has never heard of is not this machine's
		 * either. */
		table_add(b, seccomp_arch_resolve_name(name));
	}
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static uint32_t verdict_add(struct seccomp_plan *plan, const struct bpf_verdict *verdict)
{
	size_t n = plan->bpf.n_verdicts;

	for (size_t i = 0; i < n; i++) {
		const struct bpf_verdict *known = &plan->verdicts[i];

		if (known->ret == verdict->ret && known->n_rules == verdict->n_rules &&
		    (!verdict->n_rules ||
		     !memcmp(known->rules, verdict->rules,
			     verdict->n_rules * sizeof(*verdict->rules))))
			return i;
	}
	plan->verdicts = xreallocarray(plan->verdicts, n + 1, sizeof(*plan->verdicts));
	plan->verdicts[n] =
		(struct bpf_verdict){.ret = verdict->ret, .n_rules = verdict->n_rules};
	if (verdict->n_rules)
		plan->verdicts[n].rules = xmemdup(
			verdict->rules, verdict->n_rules * sizeof(*verdict->rules));
	plan->bpf.n_verdicts++;
	return n;
}

static uint32_t plain_verdict(struct seccomp_plan *plan, uint32_t ret)
{
	return verdict_add(plan, &(struct bpf_verdict){.ret = ret});
}

/* What the n entries, all of one number, come to. */
static uint32_t entries_verdict(struct builder *b, const struct entry *entries, size_t n)
{
	cleanup_free const struct bpf_rule **rules = xcalloc(n, sizeof(*rules));
	struct bpf_verdict verdict = {.ret = b->default_ret, .rules = rules};

	for (size_t i = n; i-- > 0;) {
		if (!entries[i].rule->n_conditions)
			verdict.ret = entries[i].rule->ret;
	}
	for (size_t i = 0; i < n; i++) {
		if (entries[i].rule->n_conditions)
			rules[verdict.n_rules++] = entries[i].rule;
	}
	while (verdict.n_rules && rules[verdict.n_rules - 1]->ret == verdict.ret)
		verdict.n_rules--;
	return verdict_add(b->plan, &verdict);
}

static void run_add(struct bpf_arch *arch, uint32_t first, uint32_t verdict)
{
	struct bpf_run *last = arch->n_runs ? &arch->runs[arch->n_runs - 1] : NULL;

	if (last && last->verdict == verdict)
		return;
	if (last && last->first == first) {
		last->verdict = verdict;
		return;
	}
	arch->runs = xreallocarray(arch->runs, arch->n_runs + 1, sizeof(*arch->runs));
	arch->runs[arch->n_runs++] = (struct bpf_run){.first = first, .verdict = verdict};
}

static uint32_t newest_named(const struct table *table)
{
	uint32_t newest = table->n_entries ? table->base : table->base + TABLE_SIZE - 1;

	for (size_t i = 0; i < table->n_entries; i++) {
		uint32_t number = table->entries[i].number;

		if (number > newest && number < table->base + TABLE_SIZE)
			newest = number;
	}
	return newest;
}

/* The numbers from `number` up to `end` that the profile does not name. */
static void gap_runs(struct builder *b, const struct table *table, struct bpf_arch *arch,
		     uint32_t number, uint32_t end)
{
	uint32_t unknown = plain_verdict(b->plan, b->unknown_ret);
	uint32_t forbidden = plain_verdict(b->plan, b->default_ret);
	uint32_t newest = newest_named(table);

	for (; number < end && number <= newest; number++)
		run_add(arch, number,
			number_is_known(table, number) ? forbidden : unknown);
	if (number < end)
		run_add(arch, number, unknown);
}

static void table_runs(struct builder *b, struct table *table, struct bpf_arch *arch)
{
	uint32_t number = table->base;

	if (table->n_entries)
		qsort(table->entries, table->n_entries, sizeof(*table->entries),
		      compare_entries);
	for (size_t i = 0, n; i < table->n_entries; i += n) {
		const struct entry *e = &table->entries[i];

		for (n = 1; i + n < table->n_entries && e[n].number == e->number;)
			n++;
		gap_runs(b, table, arch, number, e->number);
		run_add(arch, e->number, entries_verdict(b, e, n));
		number = e->number + 1;
	}
	gap_runs(b, table, arch, number, UINT32_MAX);
}

/*
 * x32 is told from x86_64 by a bit in the number, not by the architecture. When it isn't
 * listed its calls are those of a foreign architecture, but for -1, which tracers set to
 * skip a call (seccomp(2)).
 */
static void arch_build(struct builder *b, struct bpf_arch *arch, uint32_t audit_arch)
{
	struct table *low = NULL, *high = NULL;

	arch->audit_arch = audit_arch;
	for (size_t i = 0; i < b->n_tables; i++) {
		struct table *table = &b->tables[i];

		if (table->token == SCMP_ARCH_X32 && audit_arch == AUDIT_ARCH_X86_64)
			high = table;
		else if (table->token == audit_arch)
			low = table;
	}
	run_add(arch, 0,
		plain_verdict(b->plan, low ? b->unknown_ret : b->plan->bpf.bad_arch));
	if (low)
		table_runs(b, low, arch);
	if (high) {
		table_runs(b, high, arch);
	} else if (audit_arch == AUDIT_ARCH_X86_64) {
		run_add(arch, X32_BIT, plain_verdict(b->plan, b->plan->bpf.bad_arch));
		run_add(arch, UINT32_MAX, plain_verdict(b->plan, b->unknown_ret));
	}
}

static void archs_build(struct builder *b)
{
	struct bpf_plan *bpf = &b->plan->bpf;

	bpf->archs = xcalloc(b->n_tables, sizeof(*bpf->archs));
	for (size_t i = 0; i < b->n_tables; i++) {
		uint32_t token = b->tables[i].token;
		uint32_t audit_arch = token == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : token;
		bool done = false;

		for (size_t j = 0; j < bpf->n_archs; j++)
			done = done || bpf->archs[j].audit_arch == audit_arch;
		if (!done)
			arch_build(b, &bpf->archs[bpf->n_archs++], audit_arch);
	}
	bpf->verdicts = b->plan->verdicts;
}

static int profile_build(struct builder *b, const struct spec_seccomp *profile,
			 struct error *err)
{
	int r;

	r = action_parse(profile->default_action,
			 profile->has_default_errno_ret ? &profile->default_errno_ret
							: NULL,
			 "defaultAction", &b->default_ret, err);
	if (r < 0)
		return r;
	if (b->default_ret == SECCOMP_RET_USER_NOTIF)
		return error_set(
			err, ERR_INVALID, 0,
			"defaultAction: SCMP_ACT_NOTIFY would stop the container before "
			"its listener is there");
	b->unknown_ret = b->default_ret;
	if ((b->default_ret & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		b->unknown_ret = SECCOMP_RET_ERRNO | ENOSYS;
	b->plan->bpf.bad_arch = SECCOMP_RET_KILL_PROCESS;
	strv_foreach (flag, profile->flags) {
		uint32_t value;

		if (!word_find(filter_flags, ARRAY_SIZE(filter_flags), *flag, &value))
			return error_set(err, ERR_INVALID, 0,
					 "flags: unknown flag \"%s\"", *flag);
		b->plan->flags |= value;
	}
	r = tables_build(b, profile->architectures, err);
	for (size_t i = 0; r == 0 && i < profile->n_syscalls; i++) {
		r = add_syscall(b, &profile->syscalls[i], err);
		if (r < 0)
			return error_wrap(err, "syscalls[%zu]", i);
	}
	return r;
}

int seccomp_plan_build(const struct spec_seccomp *profile, struct seccomp_plan *ret,
		       struct error *err)
{
	struct seccomp_plan plan = {0};
	struct builder b = {.plan = &plan};
	int r;

	r = profile_build(&b, profile, err);
	if (r == 0)
		archs_build(&b);
	else
		error_wrap(err, "seccomp profile");
	for (size_t i = 0; i < b.n_tables; i++)
		table_release(&b.tables[i]);
	free(b.tables);
	if (r < 0)
		seccomp_plan_release(&plan);
	else
		*ret = plan;
	return r;
}

void seccomp_plan_release(struct seccomp_plan *plan)
{
	for (size_t i = 0; i < plan->n_rules; i++)
		free(plan->rules[i]);
	free(plan->rules);
	for (size_t i = 0; i < plan->bpf.n_verdicts; i++)
		free(plan->verdicts[i].rules);
	free(plan->verdicts);
	for (size_t i = 0; i < plan->bpf.n_archs; i++)
		free(plan->bpf.archs[i].runs);
	free(plan->bpf.archs);
	*plan = (struct seccomp_plan){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Scheduling policy, I/O priority, CPU affinity, personality. Sources: sched(7),
 * sched_setattr(2), ioprio_set(2). */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/process.h"
#include "runtime/process_parts.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define POLICY_DEADLINE    6 /* not in every libc's sched.h */
#define IOPRIO_CLASS_SHIFT 13
#define IOPRIO_WHO_PROCESS 1
#define CPU_MAX            8192 /* what a kernel can be built for */

struct word {
	const char *name;
	unsigned int value;
};

static const struct word policies[] = {
	{"SCHED_OTHER", SCHED_OTHER}, {"SCHED_FIFO", SCHED_FIFO},
	{"SCHED_RR", SCHED_RR},       {"SCHED_BATCH", SCHED_BATCH},
	{"SCHED_IDLE", SCHED_IDLE},   {"SCHED_DEADLINE", POLICY_DEADLINE},
};

static const struct word scheduler_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", 0x01},  {"SCHED_FLAG_RECLAIM", 0x02},
	{"SCHED_FLAG_DL_OVERRUN", 0x04},     {"SCHED_FLAG_KEEP_POLICY", 0x08},
	{"SCHED_FLAG_KEEP_PARAMS", 0x10},    {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
};

static const struct word io_classes[] = {
	{"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}};

static const struct word *word_find(const struct word *words, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(words[i].name, name))
			return &words[i];
	}
	return NULL;
}

int scheduler_plan(const struct spec_scheduler *spec, struct sys_sched_attr *ret,
		   struct error *err)
{
	const struct word *policy =
		word_find(policies, ARRAY_SIZE(policies), spec->policy);

	if (!policy)
		return error_set(
			err,
			str_eq(spec->policy, "SCHED_ISO") ? ERR_UNSUPPORTED : ERR_INVALID,
			0, "process.scheduler.policy: Linux has no policy \"%s\"",
			spec->policy ? spec->policy : "");
	*ret = (struct sys_sched_attr){
		.size = sizeof(*ret),
		.policy = policy->value,
		.nice = spec->nice,
		.priority = spec->priority,
		.runtime = spec->runtime,
		.deadline = spec->deadline,
		.period = spec->period,
	};
	strv_foreach (name, spec->flags) {
		const struct word *flag =
			word_find(scheduler_flags, ARRAY_SIZE(scheduler_flags), *name);

		if (!flag)
			return error_set(err, ERR_INVALID, 0,
					 "process.scheduler.flags: unknown flag \"%s\"",
					 *name);
		ret->flags |= flag->value;
	}
	return 0;
}

int ioprio_plan(const struct spec_io_priority *spec, int *ret, struct error *err)
{
	const struct word *class =
		word_find(io_classes, ARRAY_SIZE(io_classes), spec->class);

	if (!class)
		return error_set(err, ERR_INVALID, 0,
				 "process.ioPriority.class: unknown class \"%s\"",
				 spec->class ? spec->class : "");
	if (spec->priority < 0 || spec->priority > 7)
		return error_set(err, ERR_INVALID, 0,
				 "process.ioPriority.priority: expected 0 to 7, got %d",
				 spec->priority);
	*ret = class->value << IOPRIO_CLASS_SHIFT | spec->priority;
	return 0;
}

int personality_plan(const struct spec_personality *spec, unsigned long *ret,
		     struct error *err)
{
	if (str_eq(spec->domain, "LINUX"))
		*ret = 0x0000; /* PER_LINUX */
	else if (str_eq(spec->domain, "LINUX32"))
		*ret = 0x0008; /* PER_LINUX32 */
	else
		return error_set(
			err, ERR_INVALID, 0,
			"linux.personality.domain: expected LINUX or LINUX32, got \"%s\"",
			spec->domain ? spec->domain : "");
	/* "Currently no flag values are supported": config-linux.md, Personality. */
	if (strv_len(spec->flags))
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"linux.personality.flags: no flag is supported, got \"%s\"",
			spec->flags[0]);
	return 0;
}

int scheduler_apply(const struct process_plan *plan, pid_t pid, struct error *err)
{
	int code;

	if (plan->has_scheduler && sys_sched_setattr(pid, &plan->scheduler, 0) < 0) {
		code = errno;
		error_set(err, code == EPERM ? ERR_DENIED : ERR_SYSTEM, code,
			  "set scheduling policy %u", plan->scheduler.policy);
		if (code == EPERM)
			error_hint(
				err,
				"a real-time policy or a lower nice value needs CAP_SYS_NICE "
				"or RLIMIT_RTPRIO and RLIMIT_NICE of the caller");
		return -code;
	}
	if (plan->has_ioprio &&
	    sys_ioprio_set(IOPRIO_WHO_PROCESS, pid, plan->ioprio) < 0) {
		code = errno;
		error_set(err, code == EPERM ? ERR_DENIED : ERR_SYSTEM, code,
			  "set I/O priority");
		if (code == EPERM)
			error_hint(err, "IOPRIO_CLASS_RT needs CAP_SYS_NICE");
		return -code;
	}
	return 0;
}

/* "0-3,7": cpuset(7), List format. */
static int cpu_list_parse(const char *list, cpu_set_t *set, size_t size)
{
	cleanup_strv char **parts = str_split(list, ',');

	strv_foreach (part, parts) {
		cleanup_strv char **ends = str_split(*part, '-');
		uint32_t first, last;
		size_t n = strv_len(ends);

		if (n < 1 || n > 2 || str_to_u32(ends[0], &first) < 0 ||
		    str_to_u32(ends[n - 1], &last) < 0 || first > last || last >= CPU_MAX)
			return -EINVAL;
		for (uint32_t cpu = first; cpu <= last; cpu++)
			CPU_SET_S(cpu, size, set);
	}
	return strv_len(parts) ? 0 : -EINVAL;
}

int process_set_affinity(pid_t pid, const char *list, struct error *err)
{
	size_t size = CPU_ALLOC_SIZE(CPU_MAX);
	cleanup_free cpu_set_t *set = xcalloc(1, size);

	if (cpu_list_parse(list, set, size) < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"process.execCPUAffinity: expected a list of CPUs such as "
			"\"0-3,7\", got \"%s\"",
			list);
	if (sched_setaffinity(pid, size, set) < 0) {
		int code = errno;

		error_set(err, ERR_SYSTEM, code, "run on CPUs %s", list);
		if (code == EINVAL)
			error_hint(
				err,
				"none of them is there, or the container's cpuset has none");
		return -code;
	}
	return 0;
}

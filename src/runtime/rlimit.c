/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "runtime/process_parts.h"
#include "spec/spec.h"
#include "util/str.h"

static const struct {
	const char *name;
	int resource;
	const char *ulimit; /* bash's option letter and limits.conf's item; NULL: none */
	const char *item;
} limits[] = {
	{"RLIMIT_AS", RLIMIT_AS, "v", "as"},
	{"RLIMIT_CORE", RLIMIT_CORE, "c", "core"},
	{"RLIMIT_CPU", RLIMIT_CPU, "t", "cpu"},
	{"RLIMIT_DATA", RLIMIT_DATA, "d", "data"},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE, "f", "fsize"},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS, "x", "locks"},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK, "l", "memlock"},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE, "q", "msgqueue"},
	{"RLIMIT_NICE", RLIMIT_NICE, "e", "nice"},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE, "n", "nofile"},
	{"RLIMIT_NPROC", RLIMIT_NPROC, "u", "nproc"},
	{"RLIMIT_RSS", RLIMIT_RSS, "m", "rss"},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO, "r", "rtprio"},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME, NULL, NULL},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING, "i", "sigpending"},
	{"RLIMIT_STACK", RLIMIT_STACK, "s", "stack"},
};

int rlimits_plan(const struct spec_rlimit *spec, size_t n, struct process_plan *ret,
		 struct error *err)
{
	unsigned int seen = 0;

	ret->n_rlimits = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(limits) && !str_eq(limits[k].name, spec[i].type))
			k++;
		if (k == ARRAY_SIZE(limits))
			return error_set(
				err, ERR_INVALID, 0,
				"process.rlimits[%zu].type: unknown limit \"%s\"", i,
				spec[i].type ? spec[i].type : "");
		if (seen & 1U << k)
			return error_set(err, ERR_INVALID, 0,
					 "process.rlimits[%zu]: %s is there twice", i,
					 spec[i].type);
		if (spec[i].soft > spec[i].hard)
			return error_set(
				err, ERR_INVALID, 0,
				"process.rlimits[%zu]: soft limit %llu of %s is above its "
				"hard limit %llu",
				i, (unsigned long long)spec[i].soft, spec[i].type,
				(unsigned long long)spec[i].hard);
		seen |= 1U << k;
		ret->rlimits[ret->n_rlimits++] = (struct process_rlimit){
			.resource = limits[k].resource,
			.limit = {.rlim_cur = spec[i].soft, .rlim_max = spec[i].hard},
		};
	}
	return 0;
}

static void limit_text(char text[static 24], rlim64_t value)
{
	if (value == RLIM64_INFINITY)
		snprintf(text, 24, "unlimited");
	else
		snprintf(text, 24, "%llu", (unsigned long long)value);
}

/* prlimit(2): EPERM is a hard limit that would be raised, or one of open files over
 * fs.nr_open. */
static int limit_error(const struct process_rlimit *wanted, int code, struct error *err)
{
	struct rlimit64 now = {0};
	char text[24], now_text[24];
	size_t k = 0;

	while (limits[k].resource != wanted->resource)
		k++;
	limit_text(text, wanted->limit.rlim_max);
	if (code != EPERM || prlimit64(0, wanted->resource, NULL, &now) < 0 ||
	    wanted->limit.rlim_max <= now.rlim_max)
		return error_set(err, ERR_SYSTEM, code, "set %s to %s", limits[k].name,
				 text);
	limit_text(now_text, now.rlim_max);
	error_set(err, ERR_DENIED, code, "raise %s to %s (it is %s)", limits[k].name,
		  text, now_text);
	if (!limits[k].item)
		return error_hint(
			err,
			"only a process with CAP_SYS_RESOURCE may raise a hard limit; "
			"ask for at most %s",
			now_text);
	return error_hint(
		err,
		"only a process with CAP_SYS_RESOURCE may raise a hard limit: ask for at "
		"most %s, or have root put 'USER hard %s %s' into "
		"/etc/security/limits.conf, log in again and check with 'ulimit -H%s'",
		now_text, limits[k].item, text, limits[k].ulimit);
}

/* A new process of ours has the limits that we have. It isn't asked for its own: that takes
 * CAP_SYS_RESOURCE once its namespace is another user's, and root in a container may lack it. */
int rlimits_raise(const struct process_plan *plan, pid_t pid, struct error *err)
{
	for (size_t i = 0; i < plan->n_rlimits; i++) {
		const struct process_rlimit *wanted = &plan->rlimits[i];
		struct rlimit64 limit;

		if (prlimit64(0, wanted->resource, NULL, &limit) < 0)
			return limit_error(wanted, errno, err);
		if (wanted->limit.rlim_max <= limit.rlim_max)
			continue;
		limit.rlim_max = wanted->limit.rlim_max;
		if (prlimit64(pid, wanted->resource, &limit, NULL) < 0)
			return limit_error(wanted, errno, err);
	}
	return 0;
}

int rlimits_apply(const struct process_plan *plan, pid_t pid, struct error *err)
{
	for (size_t i = 0; i < plan->n_rlimits; i++) {
		const struct process_rlimit *wanted = &plan->rlimits[i];

		if (prlimit64(pid, wanted->resource, &wanted->limit, NULL) < 0)
			return limit_error(wanted, errno, err);
	}
	return 0;
}

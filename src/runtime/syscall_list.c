/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/syscall_list.h"

#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define NAME_MAX_LEN 32 /* of a system call */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static const char always[] =
	"brk munmap mremap madvise futex futex_time64 rt_sigreturn sigreturn "
	"rt_sigprocmask restart_syscall exit exit_group getpid gettid tgkill getrandom "
	"clock_gettime clock_gettime64 gettimeofday close";

static const struct syscall_condition memory[] = {
	{"mmap", 2, PROT_EXEC, 0},
	{"mmap2", 2, PROT_EXEC, 0},
	{"mprotect", 2, PROT_EXEC, 0},
};

static void release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}
#define cleanup_filter cleanup(release)

static int allow(scmp_filter_ctx filter, const char *names)
{
	for (size_t len; *names; names += len + strspn(names + len, " ")) {
		char name[NAME_MAX_LEN];
		int number, r;

		len = strcspn(names, " ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, names);
		number = seccomp_syscall_resolve_name(name);
		if (number == __NR_SCMP_ERROR)
			continue;
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

static int allow_if(scmp_filter_ctx filter, const struct syscall_condition *list,
		    size_t n)
{
	for (size_t k = 0; k < n; k++) {
		struct scmp_arg_cmp when = SCMP_CMP(list[k].argument, SCMP_CMP_MASKED_EQ,
						    list[k].mask, list[k].value);
		int number = seccomp_syscall_resolve_name(list[k].name), r;

		if (number == __NR_SCMP_ERROR)
			continue;
		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &when);
		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

int syscall_list_load(const char *names, const struct syscall_condition *conditions,
		      size_t n_conditions, struct error *err)
{
	cleanup_filter scmp_filter_ctx filter = NULL;
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set no_new_privs");
	if (IS_SANITIZED)
		return 0;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return error_set(err, ERR_SYSTEM, ENOMEM, "confine by seccomp");
	r = allow(filter, always);
	if (r == 0)
		r = allow(filter, names);
	if (r == 0)
		r = allow_if(filter, memory, ARRAY_SIZE(memory));
	if (r == 0)
		r = allow_if(filter, conditions, n_conditions);
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "confine by seccomp");
	return 0;
}

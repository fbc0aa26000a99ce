/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the OCI process object asks of a process: who it is, what it may do, its limits,
 * and the final exec. The plan is made in the parent (words become numbers, wrong ones
 * are errors before anything exists) and carried out in the child, for a container's init
 * and for exec alike.
 *
 * Order (each step's place is a matter of privilege):
 *   process_apply_limits()    by the PARENT on the child's pid, while the child waits:
 *                             oom_score_adj, raised hard limits, scheduler, ioprio (the
 *                             parent keeps privileges that the child in its user namespace lost)
 *   process_apply_identity()  in the child: personality, groups, gid, uid, capabilities,
 *                             LSM label, umask
 *   no_new_privs, seccomp     seccomp first when no_new_privs is not asked for and
 *                             CAP_SYS_ADMIN is about to be lost: see process.c
 *   rlimits                   the last thing: the set-up needs more than a program may want
 *   execve(2)
 * process_finish() does the latter three.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "runtime/idmap.h"
#include "runtime/process_plan.h"
#include "runtime/seccomp.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/sys.h"

struct spec_process;
struct spec_personality;

/* capability_parse() - "CAP_NET_ADMIN", "net_admin"; -EINVAL if unknown.
 * capability_name(): "CAP_..." or NULL. */
int capability_parse(const char *name, int *ret) _must_check_;
const char *capability_name(int number);
/* capability_last() - the kernel's highest capability number. capabilities_all() - mask
 * of all. */
int capability_last(void);
uint64_t capabilities_all(void);

/*
 * process_plan_build() - pure but for asking the kernel which capabilities and LSMs it
 * has. The plan points into *process, which must outlive it. Capabilities that the kernel
 * doesn't have are dropped (logged at debug); what the child's own bounding set lacks is
 * dropped from all sets in process_apply_identity(). An AppArmor or SELinux label on a
 * host without that LSM is ERR_UNSUPPORTED. `personality` may be NULL.
 */
int process_plan_build(const struct spec_process *process,
		       const struct spec_personality *personality,
		       struct process_plan *ret, struct error *err) _must_check_;

/* pid: the child, or 0 for the caller itself. proc_dirfd: a procfs that we opened
 * ourselves (label and oom_score_adj are written through it, never through a path that
 * the container could have replaced). The child is not dumpable by the time of
 * process_apply_identity: of its own /proc/self only mode 0666 files (attr) and fd/ are
 * usable. */
int process_apply_limits(const struct process_plan *plan, pid_t pid, int proc_dirfd,
			 struct error *err) _must_check_;
int process_apply_identity(const struct process_plan *plan, int proc_dirfd,
			   struct error *err) _must_check_;

/*
 * process_set_affinity() - run process pid (0: the caller) on the CPUs of `list`
 * ("0-3,7": cpuset(7)) only. For exec's execCPUAffinity.
 */
int process_set_affinity(pid_t pid, const char *list, struct error *err) _must_check_;

struct process_filter {
	const struct seccomp_filter *filter; /* NULL: none */
	int listener_socket_fd;              /* or -EBADF */
	const char *listener_message;
	size_t listener_message_len;
};

/*
 * process_find_program() - args[0] as a path in this process's root: as it is when it
 * holds a slash, else the first executable in the env's PATH (default PATH if env has
 * none). Must be called in the container's root and cwd with the final identity.
 * ERR_NO_PROGRAM (127): 'executable file "foo" not found in $PATH'; ERR_NOT_EXECUTABLE
 * (126): a directory, no x permission. Caller frees.
 */
int process_find_program(const struct process_plan *plan, char **ret,
			 struct error *err) _must_check_;

/*
 * process_finish() - apply_identity + filter in the right order, then exec. Does not
 * return on success. `before_exec` (may be NULL) is called with the final uid, gid and
 * groups taken, right before the filter is loaded. So without no_new_privileges
 * CAP_SYS_ADMIN is kept (keepcaps) until the filter is loaded and only capset(2) and
 * execve(2) follow it; with it nothing but execve follows.
 * execve's errno becomes a sentence: ENOEXEC 'wrong architecture or missing #! line' with
 * the ELF machine of the file named (126), ENOENT of an existing script: missing
 * interpreter named (127), EACCES 126, E2BIG.
 */
#define PROCESS_KEEP_MORE_MAX 64
struct process_exec {
	const struct process_plan *plan;
	const struct process_filter *filter;
	int proc_dirfd;
	const char *program; /* from process_find_program(); NULL: find it after the
				identity is taken */
	int (*before_exec)(void *data, struct error *err);
	void *before_exec_data;
	int keep_fds; /* fds 3 .. 3+keep_fds-1 stay open; all others over 2 are closed
			  after before_exec, ... */
	const int *keep_more; /* ... but for these, at most PROCESS_KEEP_MORE_MAX, ... */
	size_t n_keep_more;
	int report_fd; /* ... and this one, a close-on-exec socket, by which a failure
			  can be told; 0: none */
};
int process_finish(const struct process_exec *x, struct error *err);

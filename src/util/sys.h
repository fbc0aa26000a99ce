/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that the C library does not wrap, and the seam for fault injection: in a
 * build with -Dfault_injection=true the environment variable CUBBY_FAIL="openat2:ENOSYS,
 * mount_setattr:EPERM@3" makes the named call fail (with @N: only the Nth time; with @N+:
 * from the Nth time on). The word KILL instead of an errno
 * ends the process there, as kill -9 would. Each returns >= 0, or -1 with errno as the kernel does.
 */
#pragma once

#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

int sys_openat2(int dirfd, const char *path, const struct open_how *how);
/* sys_clone3() - with args->stack 0: returns twice, as fork(2), nothing is shared. */
pid_t sys_clone3(struct clone_args *args);
int sys_pidfd_open(pid_t pid, unsigned int flags);
int sys_pidfd_send_signal(int pid_fd, int sig);
int sys_pidfd_getfd(int pid_fd, int fd);
int sys_close_range(unsigned int first, unsigned int last, unsigned int flags);

int sys_fsopen(const char *type, unsigned int flags);
int sys_fsconfig(int fs_fd, unsigned int cmd, const char *key, const void *value,
		 int aux);
int sys_fsmount(int fs_fd, unsigned int flags, unsigned int attr_flags);
int sys_open_tree(int dirfd, const char *path, unsigned int flags);
int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to,
		   unsigned int flags);
int sys_mount_setattr(int dirfd, const char *path, unsigned int flags,
		      struct mount_attr *attr);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_umount2(const char *path, int flags);
int sys_setns(int fd, int nstype);
int sys_unshare(int flags);
int sys_seccomp(unsigned int op, unsigned int flags, void *args);
int sys_capset(void *header, const void *data);
int sys_capget(void *header, void *data);
/* sys_getcwd() - the kernel's own answer, "(unreachable)/..." for a directory outside the
 * root; getcwd(3) would go on to search for a path by itself. Return: length with the
 * NUL. */
int sys_getcwd(char *buf, size_t size);
int sys_memfd_create(const char *name, unsigned int flags);
int sys_execveat(int dirfd, const char *path, char *const argv[], char *const envp[],
		 int flags);
union bpf_attr;
int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);
int sys_keyctl_join(const char *name); /* keyctl(KEYCTL_JOIN_SESSION_KEYRING) */
int sys_ioprio_set(int which, int who, int ioprio);
struct sys_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};
int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr, unsigned int flags);
/* setresuid/setresgid/setgroups of this thread only: no signal to other threads is needed
 */
int sys_setresuid(uid_t r, uid_t e, uid_t s);
int sys_setresgid(gid_t r, gid_t e, gid_t s);
int sys_setgroups(size_t n, const gid_t *list);

/* landlock(7). attr: size bytes of struct landlock_ruleset_attr; NULL, 0 and
 * LANDLOCK_CREATE_RULESET_VERSION ask for the ABI. rule: struct landlock_path_beneath_attr. */
int sys_landlock_create_ruleset(const void *attr, size_t size, unsigned int flags);
int sys_landlock_add_rule(int ruleset_fd, int type, const void *rule, unsigned int flags);
int sys_landlock_restrict_self(int ruleset_fd, unsigned int flags);

/* sys_fault() - for other seams (store, fs): true, with errno set, if `name` shall fail
 * now. */
int sys_fault(const char *name);

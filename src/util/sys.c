/* SPDX-License-Identifier: Apache-2.0 */
#include "util/sys.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if CUBBY_FAULT_INJECTION
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_NAMES_MAX 64
#define FAULT_NAME_MAX  32

/* How often this process has called `name`, this call included; 0 if the table is full.
 */
static unsigned int count_call(const char *name)
{
	static struct {
		char name[FAULT_NAME_MAX];
		unsigned int calls;
	} counts[FAULT_NAMES_MAX]; /* test builds only */

	for (size_t i = 0; i < FAULT_NAMES_MAX; i++) {
		if (counts[i].name[0] == '\0')
			snprintf(counts[i].name, FAULT_NAME_MAX, "%s", name);
		if (strncmp(counts[i].name, name, FAULT_NAME_MAX - 1) == 0)
			return ++counts[i].calls;
	}
	return 0;
}

static int errno_by_name(const char *name, size_t len)
{
	if (len == strlen("KILL") && memcmp(name, "KILL", len) == 0)
		(void)raise(SIGKILL); /* this process ends at this very point */
	for (int code = 1; code < 134; code++) {
		const char *known = strerrorname_np(code);
		if (known && strlen(known) == len && memcmp(known, name, len) == 0)
			return code;
	}
	return 0;
}

/* One item, "name:ERRNO", "name:ERRNO@3" or "name:ERRNO@3+". Return: the errno, or 0. */
static int match_item(const char *item, size_t len, const char *name, unsigned int calls)
{
	size_t name_len = strlen(name);
	if (len <= name_len || memcmp(item, name, name_len) != 0 || item[name_len] != ':')
		return 0;
	item += name_len + 1;
	len -= name_len + 1;

	const char *at = memchr(item, '@', len);
	if (at) {
		char *end;
		unsigned long nth = strtoul(at + 1, &end, 10);
		bool from_then_on = *end == '+';
		if (from_then_on ? calls < nth : calls != nth)
			return 0;
		len = (size_t)(at - item);
	}
	return errno_by_name(item, len);
}

int sys_fault(const char *name)
{
	const char *item = getenv("CUBBY_FAIL");
	if (!item)
		return 0;
	unsigned int calls = count_call(name);
	while (*item) {
		size_t len = strcspn(item, ", ");
		int code = match_item(item, len, name, calls);
		if (code > 0) {
			errno = code;
			return 1;
		}
		item += len;
		item += strspn(item, ", ");
	}
	return 0;
}
#else
int sys_fault(const char *name)
{
	return 0;
}
#endif

/* Evaluates the call only where no fault is asked for. */
#define CALL(name, ...) (sys_fault(name) ? -1 : syscall(__VA_ARGS__))

int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)CALL("openat2", SYS_openat2, dirfd, path, how, sizeof(*how));
}

pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)CALL("clone3", SYS_clone3, args, sizeof(*args));
}

int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)CALL("pidfd_open", SYS_pidfd_open, pid, flags);
}

int sys_pidfd_send_signal(int pid_fd, int sig)
{
	return (int)CALL("pidfd_send_signal", SYS_pidfd_send_signal, pid_fd, sig, NULL,
			 0);
}

int sys_pidfd_getfd(int pid_fd, int fd)
{
	return (int)CALL("pidfd_getfd", SYS_pidfd_getfd, pid_fd, fd, 0);
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)CALL("close_range", SYS_close_range, first, last, flags);
}

int sys_fsopen(const char *type, unsigned int flags)
{
	return (int)CALL("fsopen", SYS_fsopen, type, flags);
}

int sys_fsconfig(int fs_fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	return (int)CALL("fsconfig", SYS_fsconfig, fs_fd, cmd, key, value, aux);
}

int sys_fsmount(int fs_fd, unsigned int flags, unsigned int attr_flags)
{
	return (int)CALL("fsmount", SYS_fsmount, fs_fd, flags, attr_flags);
}

int sys_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return (int)CALL("open_tree", SYS_open_tree, dirfd, path, flags);
}

int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to,
		   unsigned int flags)
{
	return (int)CALL("move_mount", SYS_move_mount, from_fd, from, to_fd, to, flags);
}

int sys_mount_setattr(int dirfd, const char *path, unsigned int flags,
		      struct mount_attr *attr)
{
	return (int)CALL("mount_setattr", SYS_mount_setattr, dirfd, path, flags, attr,
			 sizeof(*attr));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)CALL("pivot_root", SYS_pivot_root, new_root, put_old);
}

int sys_umount2(const char *path, int flags)
{
	return (int)CALL("umount2", SYS_umount2, path, flags);
}

int sys_setns(int fd, int nstype)
{
	return (int)CALL("setns", SYS_setns, fd, nstype);
}

int sys_unshare(int flags)
{
	return (int)CALL("unshare", SYS_unshare, flags);
}

int sys_seccomp(unsigned int op, unsigned int flags, void *args)
{
	return (int)CALL("seccomp", SYS_seccomp, op, flags, args);
}

int sys_capset(void *header, const void *data)
{
	return (int)CALL("capset", SYS_capset, header, data);
}

int sys_capget(void *header, void *data)
{
	return (int)CALL("capget", SYS_capget, header, data);
}

int sys_getcwd(char *buf, size_t size)
{
	return (int)CALL("getcwd", SYS_getcwd, buf, size);
}

int sys_memfd_create(const char *name, unsigned int flags)
{
	return (int)CALL("memfd_create", SYS_memfd_create, name, flags);
}

int sys_execveat(int dirfd, const char *path, char *const argv[], char *const envp[],
		 int flags)
{
	return (int)CALL("execveat", SYS_execveat, dirfd, path, argv, envp, flags);
}

int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return (int)CALL("bpf", SYS_bpf, cmd, attr, size);
}

int sys_keyctl_join(const char *name)
{
	return (int)CALL("keyctl", SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0,
			 0);
}

int sys_ioprio_set(int which, int who, int ioprio)
{
	return (int)CALL("ioprio_set", SYS_ioprio_set, which, who, ioprio);
}

int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr, unsigned int flags)
{
	return (int)CALL("sched_setattr", SYS_sched_setattr, pid, attr, flags);
}

/* 32-bit machines kept the 16-bit system calls under the plain names; setuid(2). */
#ifdef SYS_setresuid32
#define SETRESUID SYS_setresuid32
#define SETRESGID SYS_setresgid32
#define SETGROUPS SYS_setgroups32
#else
#define SETRESUID SYS_setresuid
#define SETRESGID SYS_setresgid
#define SETGROUPS SYS_setgroups
#endif

int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return (int)CALL("setresuid", SETRESUID, r, e, s);
}

int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return (int)CALL("setresgid", SETRESGID, r, e, s);
}

int sys_setgroups(size_t n, const gid_t *list)
{
	return (int)CALL("setgroups", SETGROUPS, n, list);
}

int sys_landlock_create_ruleset(const void *attr, size_t size, unsigned int flags)
{
	return (int)CALL("landlock", SYS_landlock_create_ruleset, attr, size, flags);
}

int sys_landlock_add_rule(int ruleset_fd, int type, const void *rule, unsigned int flags)
{
	return (int)CALL("landlock", SYS_landlock_add_rule, ruleset_fd, type, rule,
			 flags);
}

int sys_landlock_restrict_self(int ruleset_fd, unsigned int flags)
{
	return (int)CALL("landlock", SYS_landlock_restrict_self, ruleset_fd, flags);
}

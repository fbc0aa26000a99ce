/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/confine_seccomp.h"

#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static void release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}
#define cleanup_filter cleanup(release)

#define NEW_NAMESPACES                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

#define NAME_MAX_LEN 32 /* of a system call */

/* clone(2) has its flags elsewhere there */
#ifdef __s390x__
#define CLONE_FLAGS_ARG 1
#else
#define CLONE_FLAGS_ARG 0
#endif

/* For the network: what it can't need. */
static const char denied[] =
	"acct add_key adjtimex bpf chroot clock_adjtime clock_settime "
	"delete_module execve execveat fanotify_init finit_module fsconfig fsmount "
	"fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup "
	"ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind "
	"migrate_pages modify_ldt mount mount_setattr move_mount move_pages "
	"name_to_handle_at open_by_handle_at open_tree open_tree_attr "
	"perf_event_open personality pidfd_getfd pivot_root process_madvise "
	"process_mrelease process_vm_readv process_vm_writev quotactl "
	"quotactl_fd reboot request_key setdomainname sethostname setns "
	"settimeofday swapoff swapon sysfs syslog umount umount2 unshare uselib "
	"userfaultfd ustat vhangup vmsplice";

/* For streams: fds that are open, memory (qsort(3) asks how much there is), time, the own end. */
static const char stream_calls[] =
	"read readv pread64 write writev close lseek _llseek fstat fstat64 "
	"fadvise64 fadvise64_64 munmap mremap madvise brk futex futex_time64 poll "
	"ppoll ppoll_time64 rt_sigreturn sigreturn rt_sigaction rt_sigprocmask "
	"restart_syscall exit exit_group getpid gettid getppid tgkill getrandom "
	"clock_gettime clock_gettime64 gettimeofday sched_yield rseq "
	"set_robust_list set_tid_address riscv_flush_icache sysinfo";

/* For trees besides: to find and read what is there, and to have a second process. */
static const char read_calls[] =
	"open openat openat2 access faccessat faccessat2 stat stat64 lstat lstat64 "
	"newfstatat fstatat64 statx fstatfs fstatfs64 getdents64 readlink "
	"readlinkat getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr "
	"fcntl fcntl64 dup dup2 dup3 pipe pipe2 fork wait4 waitid waitpid getuid "
	"geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 uname umask "
	"fchdir getcwd capget capset seccomp copy_file_range sendfile sendfile64 "
	"splice sync_file_range getrlimit prlimit64 ugetrlimit close_range";

/* And to make, change and remove it. */
static const char write_calls[] =
	"pwrite64 ftruncate ftruncate64 fallocate mkdir mkdirat mknod mknodat "
	"symlink symlinkat link linkat unlink unlinkat rmdir rename renameat "
	"renameat2 chown lchown fchown fchownat chown32 lchown32 fchown32 chmod "
	"fchmod fchmodat fchmodat2 utimensat utimensat_time64 utimes futimesat "
	"setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr fsync "
	"fdatasync syncfs";

/* The prctl(2)s of fork, malloc and a further filter. */
static const int prctls[] = {PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP,
			     PR_GET_SECCOMP,   PR_GET_NO_NEW_PRIVS, PR_SET_NAME,
			     PR_CAPBSET_READ,  0x53564d41 /* PR_SET_VMA */};

/* names: with blanks between */
static int add(scmp_filter_ctx filter, uint32_t action, const char *names)
{
	for (size_t len; *names; names += len + strspn(names + len, " ")) {
		char name[NAME_MAX_LEN];

		len = strcspn(names, " ");
		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		int number = seccomp_syscall_resolve_name(name);
		/* one that this machine or this libseccomp does not have */
		if (number == __NR_SCMP_ERROR)
			continue;
		int r = seccomp_rule_add(filter, action, number, 0);
		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

/* With one argument compared. */
static int add_if(scmp_filter_ctx filter, uint32_t action, const char *name,
		  struct scmp_arg_cmp when)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;
	int r = seccomp_rule_add_array(filter, action, number, 1, &when);
	return r == -EDOM ? 0 : r;
}

static int load(scmp_filter_ctx filter, int r, struct error *err)
{
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "confine by seccomp");
	return 0;
}

/* Memory is never both filled here and executed. */
static int allow_memory(scmp_filter_ctx filter)
{
	static const char *const names[] = {"mmap", "mmap2", "mprotect"};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++)
		r = add_if(filter, SCMP_ACT_ALLOW, names[i],
			   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

static int allow_prctls(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prctls) && r == 0; i++)
		r = add_if(filter, SCMP_ACT_ALLOW, "prctl",
			   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)prctls[i]));
	return r;
}

/* glibc falls back to clone(2), whose flags can be seen. */
static int no_clone3(scmp_filter_ctx filter)
{
	return add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
}

int confine_seccomp_tree(bool writable, struct error *err)
{
	cleanup_filter scmp_filter_ctx filter = NULL;
	int r;

	if (CONFINE_SANITIZED)
		return 0;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return error_set(err, ERR_SYSTEM, ENOMEM, "confine by seccomp");
	r = add(filter, SCMP_ACT_ALLOW, stream_calls);
	if (r == 0)
		r = add(filter, SCMP_ACT_ALLOW, read_calls);
	if (r == 0 && writable)
		r = add(filter, SCMP_ACT_ALLOW, write_calls);
	if (r == 0)
		r = allow_memory(filter);
	if (r == 0)
		r = allow_prctls(filter);
	if (r == 0)
		r = no_clone3(filter);
	if (r == 0)
		r = add_if(
			filter, SCMP_ACT_ALLOW, "clone",
			SCMP_CMP(CLONE_FLAGS_ARG, SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0));
	return load(filter, r, err);
}

int confine_seccomp_stream(struct error *err)
{
	cleanup_filter scmp_filter_ctx filter = NULL;
	int r;

	if (CONFINE_SANITIZED)
		return 0;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return error_set(err, ERR_SYSTEM, ENOMEM, "confine by seccomp");
	r = add(filter, SCMP_ACT_ALLOW, stream_calls);
	if (r == 0)
		r = allow_memory(filter);
	return load(filter, r, err);
}

/* Only the internet families, and netlink, by which addresses are sorted (RFC 6724). */
static int deny_families(scmp_filter_ctx filter)
{
	static const int allowed[] = {AF_INET, AF_INET6, AF_NETLINK};
	int r = add_if(filter, SCMP_ACT_ERRNO(EPERM), "socket",
		       SCMP_A0(SCMP_CMP_GT, AF_NETLINK));

	for (int family = 0; family <= AF_NETLINK && r == 0; family++) {
		bool is_allowed = false;

		for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
			is_allowed |= family == allowed[i];
		if (!is_allowed)
			r = add_if(filter, SCMP_ACT_ERRNO(EPERM), "socket",
				   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
	}
	return r;
}

static int deny_namespaces(scmp_filter_ctx filter)
{
	int r = no_clone3(filter);

	for (uint64_t flag = 1; flag <= NEW_NAMESPACES && r == 0; flag <<= 1)
		if (flag & NEW_NAMESPACES)
			r = add_if(filter, SCMP_ACT_ERRNO(EPERM), "clone",
				   SCMP_CMP(CLONE_FLAGS_ARG, SCMP_CMP_MASKED_EQ, flag,
					    flag));
	return r;
}

/* A terminal could be made to type. ioctl_tty(2) */
static int deny_typing(scmp_filter_ctx filter)
{
	int r = add_if(filter, SCMP_ACT_ERRNO(EPERM), "ioctl",
		       SCMP_A1_32(SCMP_CMP_EQ, TIOCSTI));

	return r < 0 ? r
		     : add_if(filter, SCMP_ACT_ERRNO(EPERM), "ioctl",
			      SCMP_A1_32(SCMP_CMP_EQ, TIOCLINUX));
}

int confine_seccomp_network(struct error *err)
{
	cleanup_filter scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter)
		return error_set(err, ERR_SYSTEM, ENOMEM, "confine by seccomp");
	int r = add(filter, SCMP_ACT_ERRNO(EPERM), denied);
	if (r == 0 && !CONFINE_SANITIZED) /* the search for leaks uses it */
		r = add(filter, SCMP_ACT_ERRNO(EPERM), "ptrace");
	if (r == 0)
		r = deny_families(filter);
	if (r == 0)
		r = deny_namespaces(filter);
	if (r == 0)
		r = deny_typing(filter);
	return load(filter, r, err);
}

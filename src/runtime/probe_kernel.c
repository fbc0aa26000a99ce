/* SPDX-License-Identifier: Apache-2.0 */
/* System calls and device files that need no namespace. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runtime/probe_try.h"
#include "util/sys.h"

#define HIGH_FD 1000000 /* where nothing is open */

static int failed(const char *what, struct error *err)
{
	return error_set(err, errno == ENOSYS ? ERR_UNSUPPORTED : error_kind_of(errno),
			 errno, "%s", what);
}

static int try_clone3(const struct probe_run *run, struct probe *p, struct error *err)
{
	int pid_fd = -EBADF, status;
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pid_fd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = sys_clone3(&args);

	if (pid < 0)
		return failed("clone3", err);
	if (pid == 0)
		_exit(0);
	return waitpid(pid, &status, 0) < 0 ? failed("wait for a process", err) : 0;
}

static int try_openat2(const struct probe_run *run, struct probe *p, struct error *err)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC,
				     .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	cleanup_fd int fd = sys_openat2(AT_FDCWD, "/", &how);

	return fd < 0 ? failed("openat2", err) : 0;
}

static int try_pidfd(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_fd int fd = sys_pidfd_open(getpid(), 0);

	if (fd < 0)
		return failed("pidfd_open", err);
	return sys_pidfd_send_signal(fd, 0) < 0 ? failed("pidfd_send_signal", err) : 0;
}

static int try_close_range(const struct probe_run *run, struct probe *p,
			   struct error *err)
{
	return sys_close_range(HIGH_FD, ~0U, 0) < 0 ? failed("close_range", err) : 0;
}

static int load_filter(unsigned int flags, struct error *err)
{
	struct sock_filter allow_all[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(allow_all), .filter = allow_all};
	cleanup_fd int listener_fd = -EBADF;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("set no_new_privs", err);
	listener_fd = sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
	return listener_fd < 0 ? failed("load a seccomp filter", err) : 0;
}

static int try_seccomp(const struct probe_run *run, struct probe *p, struct error *err)
{
	return load_filter(0, err);
}

static int try_seccomp_notify(const struct probe_run *run, struct probe *p,
			      struct error *err)
{
	return load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, err);
}

static int try_landlock(const struct probe_run *run, struct probe *p, struct error *err)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs =
						     LANDLOCK_ACCESS_FS_EXECUTE};
	int abi = sys_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	cleanup_fd int fd = -EBADF;

	if (abi < 0)
		return failed("landlock", err);
	fd = sys_landlock_create_ruleset(&attr, sizeof(attr.handled_access_fs), 0);
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    sys_landlock_restrict_self(fd, 0) < 0)
		return failed("confine a process by landlock", err);
	p->number = (uint64_t)abi;
	return 0;
}

static int try_fuse(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_fd int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	return fd < 0 ? failed("open /dev/fuse", err) : 0;
}

void probe_kernel(const struct probe_run *run)
{
	static const struct probe_try tries[] = {
		{PROBE_CLONE3, try_clone3},
		{PROBE_OPENAT2, try_openat2},
		{PROBE_PIDFD, try_pidfd},
		{PROBE_CLOSE_RANGE, try_close_range},
		{PROBE_SECCOMP, try_seccomp},
		{PROBE_SECCOMP_NOTIFY, try_seccomp_notify},
		{PROBE_LANDLOCK, try_landlock},
		{PROBE_FUSE, try_fuse},
	};

	probe_each(run, tries, ARRAY_SIZE(tries));
}

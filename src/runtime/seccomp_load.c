/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. seccomp(2) with a listener returns the listener's fd in the
 * process that is already filtered: each further system call of ours might be forbidden,
 * or might wait for an answer from the very listener that we are about to hand over. So
 * after seccomp(2) this process makes no system call at all: a helper, made before and
 * thus without the filter, sees the same fd table (CLONE_FILES), is told the number
 * through shared memory, sends it, closes its fds and ends. We watch the shared memory
 * meanwhile; clock_gettime(2) is answered by the vDSO. Nobody has to reap the helper:
 * SA_NOCLDWAIT is set before, and execve(2) clears it.
 */
#include "runtime/seccomp.h"

#include <errno.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/sys.h"

#define FLAG_WAIT_KILLABLE_RECV (1U << 5) /* newer than Debian 12's headers */
#define FLAG_TSYNC_ESRCH        (1U << 4)
#define HELPER_POLL_NSEC        20000
#define HELPER_TIMEOUT_SEC      10

enum { LISTENER_PENDING = -1, LISTENER_NONE = -2 };

struct shared {
	atomic_int listener_fd; /* LISTENER_*, or the fd */
	atomic_int done;
	int result; /* of the helper: 0 or -errno; valid once done */
};

static _noreturn_ void helper(struct shared *shared, pid_t parent, int socket_fd,
			      const char *message, size_t len)
{
	const struct timespec pause = {.tv_nsec = HELPER_POLL_NSEC};
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((fd = atomic_load(&shared->listener_fd)) == LISTENER_PENDING) {
		if (getppid() != parent)
			_exit(1);
		nanosleep(&pause, NULL);
	}
	if (fd >= 0) {
		shared->result = fd_send(socket_fd, message, len, &fd, 1);
		close(fd);
	}
	sys_close_range(0, ~0U, CLOSE_RANGE_UNSHARE);
	atomic_store(&shared->done, 1);
	_exit(0);
}

/* No system call in here (see above). */
static int helper_result(const struct shared *shared)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!atomic_load(&shared->done)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > HELPER_TIMEOUT_SEC)
			return -ETIMEDOUT;
	}
	return shared->result;
}

static int load_error(int code, struct error *err)
{
	int r = error_set(err, ERR_SYSTEM, code, "load seccomp filter");

	switch (code) {
	case EACCES:
		return error_hint(
			err,
			"without CAP_SYS_ADMIN a filter needs no_new_privileges "
			"(process.noNewPrivileges, --security-opt no-new-privileges)");
	case EBUSY:
		return error_hint(
			err, "another seccomp listener watches this process already");
	case EINVAL:
	case ENOSYS:
		return error_hint(
			err, "the kernel lacks seccomp filters (CONFIG_SECCOMP_FILTER) "
			     "or one of the profile's flags");
	default:
		return r;
	}
}

static int load_with_listener(struct sock_fprog *program, unsigned int flags,
			      int socket_fd, const char *message, size_t len,
			      struct error *err)
{
	struct sigaction unreaped = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
			 before;
	struct clone_args args = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};
	struct shared *shared;
	pid_t parent = getpid(), pid;
	int fd, r;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno,
				 "load seccomp filter: map memory");
	atomic_store(&shared->listener_fd, LISTENER_PENDING);
	sigaction(SIGCHLD, &unreaped, &before);
	pid = sys_clone3(&args);
	if (pid == 0)
		helper(shared, parent, socket_fd, message, len);
	if (pid < 0) {
		r = error_set(err, ERR_SYSTEM, errno,
			      "load seccomp filter: start helper process");
		sigaction(SIGCHLD, &before, NULL);
		munmap(shared, sizeof(*shared));
		return r;
	}
	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		flags |= FLAG_TSYNC_ESRCH;
	fd = sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, program);
	r = fd < 0 ? -errno : 0;
	atomic_store(&shared->listener_fd, fd < 0 ? LISTENER_NONE : fd);
	if (r < 0) {
		(void)helper_result(shared);
		sigaction(SIGCHLD, &before, NULL);
		munmap(shared, sizeof(*shared));
		return load_error(-r, err);
	}
	r = helper_result(
		shared); /* the page stays mapped: munmap(2) might be forbidden */
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "send seccomp listener to its socket");
	return 0;
}

int seccomp_filter_load(const struct seccomp_filter *filter, int listener_socket_fd,
			const char *message, size_t len, struct error *err)
{
	struct sock_fprog program = {.len = filter->n_insns, .filter = filter->insns};
	unsigned int flags = filter->flags;

	if (filter->notifies) {
		if (listener_socket_fd < 0)
			return error_set(
				err, ERR_INVALID, 0,
				"seccomp profile has SCMP_ACT_NOTIFY but no listenerPath");
		return load_with_listener(&program, flags, listener_socket_fd, message,
					  len, err);
	}
	/* Refused by the kernel without a listener, and without meaning. */
	flags &= ~FLAG_WAIT_KILLABLE_RECV;
	if (sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		return load_error(errno, err);
	return 0;
}

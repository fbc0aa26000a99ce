/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's system calls without the C library: see bare.c. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "monitor/bare_syscall.h"
#include "util/cleanup.h"

/* The kernel's part of a signal set: 64 signals, in bytes. */
#define KERNEL_SIGSET 8
#define PATH_DEFAULT  "/bin:/usr/bin"

/* The kernel's struct termios (asm-generic/termbits.h) is shorter than the C library's.
 */
struct kernel_termios {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line;
	cc_t c_cc[19];
};

/* asm-generic/signal.h. No restorer: only SIG_DFL and SIG_IGN are set here. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

/* intro(2): the last page of addresses is errnos. */
static long result(long r)
{
	if (r >= 0 || r < -4095)
		return r;
	errno = (int)-r;
	return -1;
}

#define CALL(name, ...) result(bare_syscall(SYS_##name, __VA_ARGS__))

/* ---- files ---- */

int open(const char *path, int flags, ...)
{
	return (int)CALL(openat, AT_FDCWD, (long)path, flags, 0);
}

int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return (int)CALL(openat, dirfd, (long)path, flags, mode);
}

int close(int fd)
{
	return (int)CALL(close, fd);
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)CALL(close_range, first, last, flags);
}

ssize_t read(int fd, void *data, size_t len)
{
	return CALL(read, fd, (long)data, (long)len);
}

ssize_t write(int fd, const void *data, size_t len)
{
	return CALL(write, fd, (long)data, (long)len);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	return CALL(writev, fd, (long)parts, n);
}

ssize_t pread(int fd, void *data, size_t len, off_t offset)
{
	return CALL(pread64, fd, (long)data, (long)len, offset);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	return CALL(pwrite64, fd, (long)data, (long)len, offset);
}

int fstat(int fd, struct stat *st)
{
	return (int)CALL(fstat, fd, (long)st);
}

int ftruncate(int fd, off_t size)
{
	return (int)CALL(ftruncate, fd, size);
}

int fsync(int fd)
{
	return (int)CALL(fsync, fd);
}

int renameat(int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	return (int)CALL(renameat, from_dirfd, (long)from, to_dirfd, (long)to);
}

int linkat(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags)
{
	return (int)CALL(linkat, from_dirfd, (long)from, to_dirfd, (long)to, flags);
}

int unlinkat(int dirfd, const char *path, int flags)
{
	return (int)CALL(unlinkat, dirfd, (long)path, flags);
}

int chdir(const char *path)
{
	return (int)CALL(chdir, (long)path);
}

mode_t umask(mode_t mask)
{
	return (mode_t)CALL(umask, mask);
}

int pipe2(int pair[2], int flags)
{
	return (int)CALL(pipe2, (long)pair, flags);
}

int dup2(int fd, int to)
{
	/* dup(2): dup3 takes the same fd twice for a mistake */
	if (fd == to)
		return (int)CALL(fcntl, fd, F_GETFD) < 0 ? -1 : to;
	return (int)CALL(dup3, fd, to, 0);
}

int fcntl(int fd, int command, ...)
{
	va_list args;
	long arg;

	va_start(args, command);
	arg = va_arg(args, long);
	va_end(args);
	return (int)CALL(fcntl, fd, command, arg);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	long arg;

	va_start(args, request);
	arg = va_arg(args, long);
	va_end(args);
	return (int)CALL(ioctl, fd, (long)request, arg);
}

int poll(struct pollfd *set, nfds_t n, int timeout_msec)
{
	struct timespec timeout = {
		.tv_sec = timeout_msec / 1000,
		.tv_nsec = (long)(timeout_msec % 1000) * 1000000,
	};
	const struct timespec *limit = timeout_msec < 0 ? NULL : &timeout;

	return (int)CALL(ppoll, (long)set, (long)n, (long)limit, 0, KERNEL_SIGSET);
}

/* ---- sockets ---- */

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return (int)CALL(accept4, fd, (long)address, (long)len, flags);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	return CALL(sendto, fd, (long)data, (long)len, flags, 0, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return CALL(sendmsg, fd, (long)message, flags);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	return CALL(recvfrom, fd, (long)data, (long)len, flags, 0, 0);
}

int shutdown(int fd, int how)
{
	return (int)CALL(shutdown, fd, how);
}

/* ---- terminals ---- */

int tcgetattr(int fd, struct termios *t)
{
	struct kernel_termios k;

	if (ioctl(fd, TCGETS, &k) < 0)
		return -1;
	*t = (struct termios){
		.c_iflag = k.c_iflag,
		.c_oflag = k.c_oflag,
		.c_cflag = k.c_cflag,
		.c_lflag = k.c_lflag,
		.c_line = k.c_line,
	};
	memcpy(t->c_cc, k.c_cc, sizeof(k.c_cc));
	return 0;
}

int isatty(int fd)
{
	struct kernel_termios k;

	return ioctl(fd, TCGETS, &k) == 0;
}

pid_t tcgetpgrp(int fd)
{
	pid_t group;

	return ioctl(fd, TIOCGPGRP, &group) < 0 ? -1 : group;
}

int tcsetpgrp(int fd, pid_t group)
{
	return ioctl(fd, TIOCSPGRP, &group);
}

/* ---- processes ---- */

pid_t fork(void)
{
	return (pid_t)CALL(clone, SIGCHLD, 0, 0, 0, 0);
}

_noreturn_ void _exit(int status)
{
	for (;;)
		CALL(exit_group, status);
}

int execv(const char *path, char *const argv[])
{
	return (int)CALL(execve, (long)path, (long)argv, (long)environ);
}

static const char *search_path(void)
{
	for (char **e = environ; *e; e++)
		if ((*e)[0] == 'P' && (*e)[1] == 'A' && (*e)[2] == 'T' &&
		    (*e)[3] == 'H' && (*e)[4] == '=')
			return *e + 5;
	return PATH_DEFAULT;
}

static size_t length_to(const char *s, char end)
{
	size_t n = 0;

	while (s[n] && s[n] != end)
		n++;
	return n;
}

/* exec(3): every directory is tried; a file that may not be run is remembered, but not
 * the last word. */
int execvp(const char *file, char *const argv[])
{
	char path[4096];
	size_t file_len = strlen(file), n;
	int worst = ENOENT;

	if (file[length_to(file, '/')] || file_len == 0)
		return execv(file, argv);
	for (const char *dir = search_path();; dir += n + 1) {
		n = length_to(dir, ':');
		if (n + 1 + file_len < sizeof(path)) {
			memcpy(path, dir, n);
			path[n] = '/';
			/* an empty one is the working directory */
			memcpy(path + n + (n > 0), file, file_len + 1);
			(void)execv(path, argv);
			if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
				return -1;
			if (errno == EACCES)
				worst = EACCES;
		}
		if (!dir[n])
			break;
	}
	errno = worst;
	return -1;
}

pid_t waitpid(pid_t pid, int *status, int flags)
{
	return (pid_t)CALL(wait4, pid, (long)status, flags, 0);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int flags)
{
	return (int)CALL(waitid, type, id, (long)info, flags, 0);
}

int kill(pid_t pid, int sig)
{
	return (int)CALL(kill, pid, sig);
}

pid_t getpid(void)
{
	return (pid_t)CALL(getpid);
}

pid_t getpgrp(void)
{
	return (pid_t)CALL(getpgid, 0);
}

int setpgid(pid_t pid, pid_t group)
{
	return (int)CALL(setpgid, pid, group);
}

pid_t setsid(void)
{
	return (pid_t)CALL(setsid);
}

int prctl(int option, ...)
{
	va_list args;
	long arg;

	va_start(args, option);
	arg = va_arg(args, long);
	va_end(args);
	return (int)CALL(prctl, option, arg, 0, 0, 0);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	return (int)CALL(clock_gettime, id, (long)now);
}

int nanosleep(const struct timespec *span, struct timespec *rest)
{
	return (int)CALL(nanosleep, (long)span, (long)rest);
}

/* ---- signals ---- */

int sigemptyset(sigset_t *set)
{
	memset(set, 0, sizeof(*set));
	return 0;
}

int sigfillset(sigset_t *set)
{
	memset(set, 0xff, sizeof(*set));
	return 0;
}

static unsigned long *signal_word(sigset_t *set)
{
	return &set->__val[0];
}

int sigaddset(sigset_t *set, int sig)
{
	*signal_word(set) |= 1UL << (sig - 1);
	return 0;
}

int sigdelset(sigset_t *set, int sig)
{
	*signal_word(set) &= ~(1UL << (sig - 1));
	return 0;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)CALL(rt_sigprocmask, how, (long)set, (long)old, KERNEL_SIGSET);
}

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	const struct kernel_sigaction k = {.handler = act->sa_handler};

	if (old) {
		errno = EINVAL;
		return -1;
	}
	return (int)CALL(rt_sigaction, sig, (long)&k, 0, KERNEL_SIGSET);
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return (int)CALL(rt_sigtimedwait, (long)set, (long)info, 0, KERNEL_SIGSET);
}

int signalfd(int fd, const sigset_t *set, int flags)
{
	return (int)CALL(signalfd4, fd, (long)set, KERNEL_SIGSET, flags);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attacker in a container does, one thing for each first argument. Static, so that
 * it runs in any root file system. Says what it got on stdout, line by line.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef AF_ALG
#define AF_ALG 38
#endif
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s %s\n", what, strerrorname_np(errno));
	else
		printf("%s got\n", what);
	fflush(stdout);
}

/* ---------------------------------------------------------- processes that enter */

/* Still the engine's own program, as its name says, and not yet the one it starts. */
static int is_entering(const char *pid)
{
	char path[64], name[32] = "";

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, name, sizeof(name) - 1);
	close(fd);
	return n > 0 &&
	       (strncmp(name, "cubby", 5) == 0 || strncmp(name, "memfd:", 6) == 0);
}

static void got(const char *pid, const char *what, const char *detail)
{
	/* It may have become the program meanwhile: then it was ours to look at. */
	if (is_entering(pid))
		printf("leak %s %s\n", what, detail);
}

static void try_files(const char *pid)
{
	static const char *const files[] = {"mem",     "environ", "maps", "auxv", "stack",
					    "syscall", "pagemap", "io",   "root", "cwd",
					    "exe",     "fd/0",    "fd/3", "fd/4"};
	char path[64], data[8192];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "/proc/%s/%s", pid, files[i]);
		int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			continue;
		ssize_t n = read(fd, data, sizeof(data) - 1);
		/* mem: nothing is mapped at 0; a directory: EISDIR. Open was enough. */
		data[n > 0 ? n : 0] = '\0';
		for (ssize_t k = 0; k < n; k++)
			data[k] = data[k] ? data[k] : ' ';
		if (n > 0 || strcmp(files[i], "mem") == 0 || errno == EISDIR)
			got(pid, files[i], data);
		close(fd);
	}
}

static void try_fds(const char *pid)
{
	char path[64], target[4096];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		ssize_t n =
			readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		got(pid, "fd", target);
	}
	if (dir)
		closedir(dir);
}

static void try_process(const char *pid)
{
	pid_t number = (pid_t)atoi(pid);
	char byte;
	struct iovec own = {&byte, 1}, other = {(void *)0x400000, 1};

	int pid_fd = (int)syscall(SYS_pidfd_open, number, 0);
	if (pid_fd >= 0) {
		for (int fd = 3; fd < 24; fd++) {
			int stolen = (int)syscall(SYS_pidfd_getfd, pid_fd, fd, 0);
			if (stolen >= 0) {
				got(pid, "pidfd_getfd", "");
				close(stolen);
			}
		}
		close(pid_fd);
	}
	/* EFAULT: nothing is mapped there, but we may look. */
	if (syscall(SYS_process_vm_readv, number, &own, 1, &other, 1, 0) >= 0 ||
	    errno == EFAULT)
		got(pid, "process_vm_readv", "");
	if (ptrace(PTRACE_SEIZE, number, 0, 0) == 0) {
		got(pid, "ptrace", "");
		ptrace(PTRACE_INTERRUPT, number, 0, 0);
		waitpid(number, NULL, __WALL);
		ptrace(PTRACE_DETACH, number, 0, 0);
	}
}

static void signal_it(const char *pid, int sig)
{
	kill((pid_t)atoi(pid), sig);
}

/*
 * spy N [SIGNAL]: until N processes were met while they entered, take from each what can be
 * had, or send it a signal; SIGNAL -1: count looks, not processes. Says "ready", each leak,
 * and "met N".
 */
static int spy(int wanted, int sig)
{
	char last[16] = "";
	int met = 0;

	puts("ready");
	fflush(stdout);
	while (met < wanted) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;
		while (proc && (entry = readdir(proc))) {
			const char *pid = entry->d_name;
			if (*pid < '0' || *pid > '9' || !is_entering(pid))
				continue;
			if (strcmp(last, pid) != 0 || sig < 0)
				met++;
			snprintf(last, sizeof(last), "%.15s", pid);
			if (sig > 0) {
				signal_it(pid, sig);
				continue;
			}
			try_files(pid);
			try_fds(pid);
			try_process(pid);
		}
		if (proc)
			closedir(proc);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	printf("met %d\n", met);
	return 0;
}

/* ------------------------------------------------------------------ system calls */

static long in_child(long (*call)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		long r = call();
		_exit(r < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno ? -1 : 0;
}

static long new_user_ns(void)
{
	return unshare(CLONE_NEWUSER);
}
static long new_mount_ns(void)
{
	return unshare(CLONE_NEWNS);
}
static long clone_user_ns(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	return pid;
}
static long clone_three(void)
{
	struct {
		unsigned long long flags, rest[7];
	} args = {CLONE_NEWUSER, {0}};
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	return pid;
}
static long do_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}
static long do_umount(void)
{
	return umount2("/proc/kcore", MNT_DETACH);
}
static long join_net(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY);
	return fd < 0 ? -1 : setns(fd, 0);
}
static long do_chroot(void)
{
	return syscall(SYS_pivot_root, "/", "/tmp");
}

static int calls(void)
{
	char data[4096] = {0};

	say("unshare-user", in_child(new_user_ns));
	say("unshare-mount", in_child(new_mount_ns));
	say("clone-user", in_child(clone_user_ns));
	say("clone3", in_child(clone_three));
	say("mount", in_child(do_mount));
	say("umount", in_child(do_umount));
	say("setns", in_child(join_net));
	say("pivot_root", in_child(do_chroot));
	say("keyctl", syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 0));
	say("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
	say("request_key", syscall(SYS_request_key, "user", "x", NULL, -3));
	say("bpf", syscall(SYS_bpf, 0, data, 48));
	say("userfaultfd", syscall(SYS_userfaultfd, 0));
	say("io_uring_setup", syscall(SYS_io_uring_setup, 1, data));
	say("perf_event_open", syscall(SYS_perf_event_open, data, 0, -1, -1, 0));
	say("AF_ALG", socket(AF_ALG, SOCK_SEQPACKET, 0));
	say("AF_VSOCK", socket(AF_VSOCK, SOCK_STREAM, 0));
	say("AF_PACKET", socket(AF_PACKET, SOCK_RAW, 0));
	say("open_by_handle_at",
	    syscall(SYS_open_by_handle_at, AT_FDCWD, data, O_RDONLY));
	say("init_module", syscall(SYS_init_module, data, 0, ""));
	say("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	say("syslog", syscall(SYS_syslog, 3, data, 10));
	say("swapon", syscall(SYS_swapon, "/x", 0));
	say("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
	say("settime", syscall(SYS_clock_settime, 0, NULL));
	say("quotactl", syscall(SYS_quotactl, 0, NULL, 0, NULL));
	say("acct", syscall(SYS_acct, "/x"));
	say("unknown", syscall(4000));
	return 0;
}

/* ---------------------------------------------------------------------- the rest */

/* swap A B: exchange two names for ever. */
static _Noreturn void swap(const char *a, const char *b)
{
	puts("ready");
	fflush(stdout);
	for (;;)
		syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
}

/* bomb N: at any time about N processes, none of which lives long. */
static _Noreturn void bomb(int n)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < n; i++)
		if (fork() == 0)
			break;
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if (getpid() == 1) {
			pause();
			continue;
		}
		/* The parent ends, the child goes on: a target that moves. */
		if (fork() > 0)
			_exit(0);
		usleep(2000);
	}
}

/* inject TEXT: as if it had been typed at each terminal that we hold. */
static int inject(const char *text)
{
	for (int fd = 0; fd < 3; fd++) {
		long r = 0;
		for (const char *p = text; *p && r >= 0; p++)
			r = ioctl(fd, TIOCSTI, p);
		printf("fd%d ", fd);
		say("TIOCSTI", r);
	}
	return 0;
}

/* tty: what of a terminal we have, by an fd, as controlling terminal, or by stealing it. */
static int tty(void)
{
	for (int fd = 0; fd < 64; fd++)
		if (isatty(fd))
			printf("fd %d is %s\n", fd,
			       ttyname(fd) ? ttyname(fd) : "elsewhere");
	int fd = open("/dev/tty", O_RDWR);
	say("/dev/tty", fd);
	for (fd = 0; fd < 3; fd++)
		if (ioctl(fd, TIOCSCTTY, 1) == 0)
			printf("stole %d\n", fd);
	return 0;
}

static int abstract(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path + 1, name, strlen(name));
	say("connect", connect(fd, (struct sockaddr *)&address,
			       sizeof(sa_family_t) + 1 + strlen(name)));
	return 0;
}

/* openw PATH...: whether each can be opened for writing. */
static int open_for_writing(char **paths)
{
	for (; *paths; paths++)
		say(*paths, open(*paths, O_WRONLY | O_NONBLOCK | O_NOCTTY));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *arg = argc > 2 ? argv[2] : "";

	if (strcmp(what, "spy") == 0)
		return spy(atoi(arg), argc > 3 ? atoi(argv[3]) : 0);
	if (strcmp(what, "calls") == 0)
		return calls();
	if (strcmp(what, "swap") == 0 && argc > 3)
		swap(arg, argv[3]);
	if (strcmp(what, "bomb") == 0)
		bomb(atoi(arg));
	if (strcmp(what, "inject") == 0)
		return inject(arg);
	if (strcmp(what, "tty") == 0)
		return tty();
	if (strcmp(what, "abstract") == 0)
		return abstract(arg);
	if (strcmp(what, "openw") == 0)
		return open_for_writing(argv + 2);
	if (strcmp(what, "ids") == 0) {
		uid_t r, e, s;
		getresuid(&r, &e, &s);
		printf("%u %u %u\n", r, e, s);
		return 0;
	}
	fprintf(stderr, "hostile: what?\n");
	return 2;
}

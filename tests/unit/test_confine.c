/* SPDX-License-Identifier: Apache-2.0 */
/* Each test is a process of its own, so it may confine itself. */
#include "transfer/confine.h"

#include <linux/landlock.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "transfer/confine_seccomp.h"
#include "unit.h"
#include "util/sys.h"

static bool have_landlock(void)
{
	return sys_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

/* A directory with "in" (to be allowed) and "out", and a file in each. */
static int make_dirs(int *ret_out_fd)
{
	int dir_fd = unit_dirfd();

	ck_assert_int_eq(mkdirat(dir_fd, "in", 0700), 0);
	ck_assert_int_eq(mkdirat(dir_fd, "out", 0700), 0);
	close(openat(dir_fd, "in/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	close(openat(dir_fd, "out/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	*ret_out_fd = openat(dir_fd, "out", O_PATH | O_CLOEXEC);
	return openat(dir_fd, "in", O_PATH | O_CLOEXEC);
}

#define ck_refused(call, code)                                        \
	do {                                                          \
		errno = 0;                                            \
		ck_assert_msg((call) == -1, "%s was allowed", #call); \
		ck_assert_int_eq(errno, code);                        \
	} while (0)

static void confine_in(int in_fd)
{
	struct confine_rules rules = {.write_fds = &in_fd, .n_write_fds = 1};
	struct error err = ERROR_INIT;

	ck_assert_ok(confine_network(&rules, &err), &err);
}

/* In a child: to remove its directory is more than a confined process can. */
static void in_child(void (*body)(int in_fd, int out_fd))
{
	int out_fd, in_fd = make_dirs(&out_fd), status;
	pid_t pid = fork();

	if (pid == 0) {
		body(in_fd, out_fd);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void network_files(int in_fd, int out_fd)
{
	confine_in(in_fd);
	ck_assert_int_ge(openat(in_fd, "f", O_RDWR | O_TRUNC | O_CLOEXEC), 0);
	ck_assert_int_ge(openat(in_fd, "g", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 0);
	ck_assert_int_eq(mkdirat(in_fd, "d", 0700), 0);
	ck_assert_int_eq(renameat(in_fd, "g", in_fd, "d/g"), 0);
	ck_assert_int_eq(unlinkat(in_fd, "d/g", 0), 0);
	ck_assert_int_ge(open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	ck_assert_int_ge(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
	if (!have_landlock())
		return;
	ck_refused(openat(out_fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), EACCES);
	ck_refused(openat(out_fd, "f", O_WRONLY | O_CLOEXEC), EACCES);
	ck_refused(unlinkat(out_fd, "f", 0), EACCES);
	ck_refused(renameat(in_fd, "f", out_fd, "g"), EACCES);
	ck_refused(symlinkat("x", in_fd, "link"), EACCES);
	if (CONFINE_SANITIZED)
		return;
	ck_refused(openat(out_fd, "f", O_RDONLY | O_CLOEXEC), EACCES);
	ck_refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC), EACCES);
	ck_refused(open("/proc/self/environ", O_RDONLY | O_CLOEXEC), EACCES);
}

START_TEST(test_network_files)
{
	in_child(network_files);
}
END_TEST

static void network_read_fds(int in_fd, int out_fd)
{
	struct confine_rules rules = {.write_fds = &in_fd,
				      .n_write_fds = 1,
				      .read_fds = &out_fd,
				      .n_read_fds = 1};
	struct error err = ERROR_INIT;

	ck_assert_ok(confine_network(&rules, &err), &err);
	ck_assert_int_ge(openat(out_fd, "f", O_RDONLY | O_CLOEXEC), 0);
	if (have_landlock())
		ck_refused(openat(out_fd, "f", O_WRONLY | O_CLOEXEC), EACCES);
}

START_TEST(test_network_read_fds)
{
	in_child(network_read_fds);
}
END_TEST

static void network_calls(int in_fd, int out_fd)
{
	confine_in(in_fd);
	ck_refused(execl("/bin/true", "true", NULL), EPERM);
	ck_refused(unshare(CLONE_NEWUSER), EPERM);
	ck_refused(mount("none", "/", "tmpfs", 0, NULL), EPERM);
	if (!CONFINE_SANITIZED)
		ck_refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
	ck_refused(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), EPERM);
	ck_refused(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), EPERM);
	ck_refused(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), EPERM);
	ck_refused(sys_keyctl_join(NULL), EPERM);
	ck_refused(sys_pidfd_getfd(0, 0), EPERM);
	ck_refused(ioctl(0, TIOCSTI, "x"), EPERM);
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	ck_refused(sys_clone3(&args), ENOSYS);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);

	int pair[2], fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = {.sin_family = AF_INET};
	ck_assert_int_ge(fd, 0);
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		ck_assert_int_eq(errno, EACCES); /* landlock of Linux 6.7 */
	ck_assert_int_ge(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

START_TEST(test_network_calls)
{
	in_child(network_calls);
}
END_TEST

static void network_forks(int in_fd, int out_fd)
{
	int status;

	confine_in(in_fd);
	pid_t pid = fork();
	if (pid == 0) {
		errno = 0;
		int fd = openat(out_fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		_exit(fd < 0 || !have_landlock() ? 0 : 1);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(test_network_forks)
{
	in_child(network_forks);
}
END_TEST

static void confine_tree_in(int in_fd, bool writable)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(confine_tree(in_fd, writable, &err), &err);
}

static void work_in_tree(int in_fd, int out_fd)
{
	int status;
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};

	bool landlock = have_landlock();
	confine_tree_in(in_fd, true);
	ck_assert_int_ge(sys_openat2(in_fd, "f", &how), 0);
	ck_assert_int_eq(symlinkat("x", in_fd, "link"), 0);
	ck_assert_int_eq(mkfifoat(in_fd, "fifo", 0600), 0);
	ck_assert_int_eq(mkdirat(in_fd, "d", 0700), 0);
	ck_assert_int_eq(linkat(in_fd, "f", in_fd, "d/f", 0), 0);
	ck_assert_int_eq(fchmodat(in_fd, "f", 0644, 0), 0);
	void *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	if (!landlock)
		return;
	ck_refused(openat(out_fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), EACCES);
	ck_refused(linkat(in_fd, "f", out_fd, "g", 0), EACCES);
	if (!CONFINE_SANITIZED)
		ck_refused(open("/dev/null", O_RDONLY | O_CLOEXEC), EACCES);
}

START_TEST(test_tree)
{
	in_child(work_in_tree);
}
END_TEST

static void read_tree(int in_fd, int out_fd)
{
	bool landlock = have_landlock();
	confine_tree_in(in_fd, false);
	ck_assert_int_ge(openat(in_fd, "f", O_RDONLY | O_CLOEXEC), 0);
	if (landlock)
		ck_refused(openat(in_fd, "f", O_WRONLY | O_CLOEXEC), EACCES);
}

START_TEST(test_tree_read_only)
{
	in_child(read_tree);
}
END_TEST

/* What kills: run in a child after confine_tree(writable) or, at last, confine_stream(). */
static void do_socket(int in_fd)
{
	socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void do_exec(int in_fd)
{
	execl("/bin/true", "true", NULL);
}

static void do_unshare(int in_fd)
{
	unshare(CLONE_NEWNS);
}

static void do_executable_memory(int in_fd)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void do_mount(int in_fd)
{
	mount("none", "/", "tmpfs", 0, NULL);
}

static void do_kill(int in_fd)
{
	kill(getppid(), 0);
}

static void do_ioctl(int in_fd)
{
	ioctl(0, TIOCSTI, "x");
}

static void do_unlink(int in_fd)
{
	unlinkat(in_fd, "f", 0);
}

static void do_open(int in_fd)
{
	openat(in_fd, "f", O_RDONLY | O_CLOEXEC);
}

static void do_fork(int in_fd)
{
	if (fork() == 0)
		_exit(0);
}

static const struct {
	void (*act)(int in_fd);
	bool writable, stream;
} deadly[] = {
	{do_socket, true, false},  {do_exec, true, false},
	{do_unshare, true, false}, {do_mount, true, false},
	{do_kill, true, false},    {do_executable_memory, true, false},
	{do_ioctl, true, false},   {do_unlink, false, false},
	{do_open, true, true},     {do_unlink, true, true},
	{do_fork, true, true},     {do_socket, true, true},
};

START_TEST(test_deadly)
{
	int out_fd, in_fd = make_dirs(&out_fd), status;
	struct error err = ERROR_INIT;

	if (CONFINE_SANITIZED)
		return;
	pid_t pid = fork();
	if (pid == 0) {
		confine_tree_in(in_fd, deadly[_i].writable);
		if (deadly[_i].stream)
			ck_assert_ok(confine_stream(&err), &err);
		deadly[_i].act(in_fd);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
END_TEST

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

START_TEST(test_stream)
{
	int out_fd, in_fd = make_dirs(&out_fd), fds[2];
	struct error err = ERROR_INIT;
	char byte = 'x';

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		confine_tree_in(in_fd, true);
		if (confine_stream(&err) < 0)
			_exit(1);
		for (size_t size = 1; size < 1 << 26; size *= 2) {
			char *memory = malloc(size);

			memset(memory, 1, size);
			free(memory);
		}
		int *numbers = calloc(1 << 16, sizeof(*numbers));
		qsort(numbers, 1 << 16, sizeof(*numbers), compare_numbers);
		_exit(write(fds[1], &byte, 1) == 1 ? 0 : 2);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("confine");
	TCase *tcase = tcase_create("confine");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_network_files);
	tcase_add_test(tcase, test_network_read_fds);
	tcase_add_test(tcase, test_network_calls);
	tcase_add_test(tcase, test_network_forks);
	tcase_add_test(tcase, test_tree);
	tcase_add_test(tcase, test_tree_read_only);
	tcase_add_loop_test(tcase, test_deadly, 0, (int)ARRAY_SIZE(deadly));
	tcase_add_test(tcase, test_stream);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

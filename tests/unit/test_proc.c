/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

static int run_sh(const char *script, struct buf *output)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL};
	struct error err = ERROR_INIT;
	int code = proc_run("sh", argv, output, &err);
	ck_assert_ok(code, &err);
	return code;
}

START_TEST(test_run)
{
	cleanup_buf struct buf b;

	buf_init(&b, 100);
	ck_assert_int_eq(run_sh("echo out; echo err >&2; exit 3", &b), 3);
	ck_assert_str_eq(b.data, "out\nerr\n");
	ck_assert_int_eq(run_sh("kill -TERM $$", &b), 128 + SIGTERM);
	ck_assert_int_eq(run_sh("echo nobody listens", NULL), 0);
	/* More than the maximum is read all the same: the program must not block. */
	ck_assert_int_eq(run_sh("head -c 1000000 /dev/zero; exit 5", &b), 5);
	ck_assert(b.overflow);
	ck_assert_uint_eq(b.len, 100);
}
END_TEST

START_TEST(test_run_does_not_wait_for_grandchildren)
{
	cleanup_buf struct buf b;
	int64_t start = time_monotonic_usec();

	buf_init(&b, 100);
	ck_assert_int_eq(run_sh("echo done; sleep 20 & exit 0", &b), 0);
	ck_assert_str_eq(b.data, "done\n");
	ck_assert_int_lt(time_monotonic_usec() - start, 10 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_child_gets_a_clean_process)
{
	cleanup_buf struct buf b;
	sigset_t set;

	/* An fd without close-on-exec, a blocked and an ignored signal, a handler. */
	ck_assert_int_ge(dup2(open("/dev/null", O_RDONLY), 9), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	buf_init(&b, 4000);
	run_sh("ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status", &b);
	/* 0, 1, 2, and the directory that ls reads */
	ck_assert_str_eq(b.data,
			 "4\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	ck_assert_ptr_eq((void *)signal(SIGHUP, SIG_DFL),
			 (void *)SIG_IGN); /* still our own */
}
END_TEST

START_TEST(test_spawn_fails_here)
{
	struct error err = ERROR_INIT;
	const char *dir = unit_dir();
	cleanup_free char *script = fs_join(dir, "script");
	cleanup_free char *message = xasprintf("run %s: permission denied", script);
	char *argv[] = {(char *)"x", NULL};

	ck_assert_int_eq(proc_run("no-such-program-anywhere", argv, NULL, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_message(&err,
			  "run no-such-program-anywhere: no such file or directory");
	ck_assert_int_eq(proc_run("/no/such", argv, NULL, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, script, "exit 0\n", 7, 0644, 0, &err),
		     &err);
	ck_assert_int_eq(proc_run(script, argv, NULL, &err), -EACCES);
	ck_assert_message(&err, message);
	ck_assert_int_eq(chmod(script, 0755), 0);
	ck_assert_int_eq(proc_run(script, argv, NULL, &err), -ENOEXEC);
	error_release(&err);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to reap */
}
END_TEST

START_TEST(test_spawn_fds_cwd_env)
{
	struct error err = ERROR_INIT;
	int in[2], out[2], status = 0;
	cleanup_buf struct buf b;
	pid_t pid = 0;

	buf_init(&b, 1000);
	/* The pipes take 0, 1, 2 themselves, and cross over. */
	close(0);
	close(1);
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(in[0], 0);
	ck_assert_int_eq(in[1], 1);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(write(in[1], "text", 4), 4);
	struct proc_spawn s = {
		.file = "/bin/sh",
		.argv = (char *const[]){(char *)"sh", (char *)"-c",
					(char *)"cat; pwd; echo $A$HOME", NULL},
		.envp = (char *const[]){(char *)"A=b", NULL},
		.stdin_fd = in[0],
		.stdout_fd = out[1],
		.stderr_fd = -EBADF,
		.cwd = "/proc",
		.ret_pid = &pid,
	};
	ck_assert_ok(proc_spawn(&s, &err), &err);
	close(in[1]);
	close(out[1]);
	ck_assert_int_eq(fd_read_all(out[0], &b), 0);
	ck_assert_int_eq(proc_wait(pid, -EBADF, -1, &status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(b.data, "text/proc\nb\n");
}
END_TEST

START_TEST(test_wait_with_a_limit)
{
	struct error err = ERROR_INIT;
	char *argv[] = {(char *)"sleep", (char *)"20", NULL};
	int pid_fd = -EBADF, status = 0;
	pid_t pid = 0;
	struct proc_spawn s = {
		.file = "sleep",
		.argv = argv,
		.stdin_fd = -EBADF,
		.stdout_fd = -EBADF,
		.stderr_fd = -EBADF,
		.ret_pid = &pid,
		.ret_pid_fd = &pid_fd,
	};

	ck_assert_ok(proc_spawn(&s, &err), &err);
	ck_assert_int_eq(fcntl(pid_fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(proc_wait(pid, pid_fd, 0, &status), -ETIMEDOUT);
	ck_assert_int_eq(proc_wait(pid, -EBADF, 30, &status), -ETIMEDOUT);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(proc_wait(pid, pid_fd, 10000, &status), 0);
	ck_assert_int_eq(proc_exit_code(status), 137);
	ck_assert_int_eq(proc_wait(pid, -EBADF, -1, &status), -ECHILD);
}
END_TEST

START_TEST(test_identity)
{
	struct error err = ERROR_INIT;
	struct proc_id id, back;
	char text[PROC_ID_TEXT_MAX];

	ck_assert_ok(proc_id_get(getpid(), &id, &err), &err);
	ck_assert(proc_id_alive(&id));
	proc_id_format(&id, text);
	ck_assert_int_eq(proc_id_parse(text, &back), 0);
	ck_assert_int_eq(back.pid, id.pid);
	ck_assert_uint_eq(back.start_time, id.start_time);
	ck_assert_str_eq(back.boot_id, id.boot_id);
	int fd = proc_id_open(&back);
	ck_assert_int_ge(fd, 0);
	close(fd);

	back.start_time++; /* the pid belongs to a later process now */
	ck_assert_int_eq(proc_id_open(&back), -ESRCH);
	back = id;
	back.boot_id[0] ^= 1; /* before a reboot */
	ck_assert_int_eq(proc_id_open(&back), -ESRCH);
	ck_assert(!proc_id_alive(&(struct proc_id){0}));
	ck_assert_int_eq(proc_id_get(0, &id, &err), -ESRCH);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);

	static const char *const malformed[] = {
		"",
		"1",
		"1:2",
		"1:2:short",
		"x:2:01234567-0123-0123-0123-012345678901",
		"1:-2:01234567-0123-0123-0123-012345678901",
		"1:2:01234567-0123-0123-0123-0123456789012",
		"1:2:01234567-0123-0123-0123-012345678901:"};
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		ck_assert_int_eq(proc_id_parse(malformed[i], &back), -EINVAL);
}
END_TEST

START_TEST(test_identity_of_the_dead)
{
	struct error err = ERROR_INIT;
	struct proc_id id, other;
	int hold[2];

	ck_assert_int_eq(pipe(hold), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		/* A name that is made to confuse readers of /proc/PID/stat. */
		int fd = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);
		(void)!write(fd, "a) Z 1 (b", 9);
		close(hold[1]);
		(void)!read(hold[0], &c, 1);
		_exit(0);
	}
	close(hold[0]);
	usleep(50000);
	ck_assert_ok(proc_id_get(pid, &id, &err), &err);
	ck_assert(proc_id_alive(&id));
	close(hold[1]);
	siginfo_t info;
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert(!proc_id_alive(&id)); /* a zombie */
	ck_assert_int_eq(proc_id_get(pid, &other, &err), -ESRCH);
	error_release(&err);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(proc_id_open(&id), -ESRCH);
}
END_TEST

START_TEST(test_find)
{
	const char *dir = unit_dir();
	struct error err = ERROR_INIT;
	cleanup_free char *program = fs_join(dir, "frobnicate");

	setenv("PATH", "", 1);
	cleanup_free char *sh = proc_find("sh");
	ck_assert_ptr_nonnull(sh);
	ck_assert_int_eq(sh[0], '/');
	unsetenv("PATH");
	cleanup_free char *again = proc_find("sh");
	ck_assert_str_eq(again, sh);
	cleanup_free char *absolute = proc_find(sh);
	ck_assert_str_eq(absolute, sh);

	/* A directory, a file that is not executable, and the working directory do not
	 * count. */
	ck_assert_ok(fs_write_atomic(AT_FDCWD, program, "", 0, 0644, 0, &err), &err);
	setenv("PATH", dir, 1);
	ck_assert_ptr_null(proc_find("frobnicate"));
	ck_assert_int_eq(chmod(program, 0755), 0);
	cleanup_free char *found = proc_find("frobnicate");
	ck_assert_str_eq(found, program);
	ck_assert_int_eq(chdir(dir), 0);
	setenv("PATH", ".:", 1);
	ck_assert_ptr_null(proc_find("frobnicate"));
	ck_assert_ptr_null(proc_find(""));
	ck_assert_ptr_null(proc_find("/usr"));
}
END_TEST

UNIT_MAIN("proc", test_run, test_run_does_not_wait_for_grandchildren,
	  test_child_gets_a_clean_process, test_spawn_fails_here, test_spawn_fds_cwd_env,
	  test_wait_with_a_limit, test_identity, test_identity_of_the_dead, test_find)

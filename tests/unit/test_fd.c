/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "unit.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(test_write_and_read_all)
{
	cleanup_buf struct buf b;
	size_t len = 1 << 20; /* more than a pipe holds: short writes */
	cleanup_free char *data = xmalloc(len);
	int fds[2];

	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 31);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(fd_write_all(fds[1], data, len) == 0 ? 0 : 1);
	close(fds[1]);
	buf_init(&b, len);
	ck_assert_int_eq(fd_read_all(fds[0], &b), 0);
	ck_assert_uint_eq(b.len, len);
	ck_assert(memcmp(b.data, data, len) == 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(fd_write_all(-EBADF, data, len), -EBADF);
	ck_assert_int_eq(fd_read_all(-EBADF, &b), -EBADF);
}
END_TEST

START_TEST(test_read_all_is_bounded)
{
	cleanup_buf struct buf b;
	cleanup_fd int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	buf_init(&b, 100);
	ck_assert_int_eq(fd_read_all(fd, &b), -E2BIG);
	ck_assert_uint_eq(b.len, 100);
}
END_TEST

START_TEST(test_flags)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(fd_set_cloexec(fd, false), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	ck_assert_int_eq(fd_set_cloexec(fd, true), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fd_set_nonblock(fd, true), 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert_int_eq(fd_set_nonblock(fd, false), 0);
	ck_assert(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	ck_assert_int_eq(fd_set_cloexec(-EBADF, true), -EBADF);
}
END_TEST

START_TEST(test_standard_fds)
{
	close(0);
	close(2);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fd, 0);
	fd = fd_move_high(fd);
	ck_assert_int_ge(fd, 3);
	ck_assert(!is_open(0));
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fd_move_high(fd), fd);

	ck_assert_int_eq(fd_reserve_std(), 0);
	cleanup_free char *in = fd_path(0);
	cleanup_free char *talk = fd_path(2);
	ck_assert_str_eq(in, "/dev/null");
	ck_assert_str_eq(talk, "/dev/null");
	ck_assert_int_eq(fcntl(0, F_GETFD), 0);
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(next, 2);
}
END_TEST

START_TEST(test_close_from)
{
	ck_assert_int_eq(dup2(2, 50), 50);
	ck_assert_int_eq(dup2(2, 60), 60);
	ck_assert_int_eq(fd_cloexec_from(51), 0);
	ck_assert_int_eq(fcntl(50, F_GETFD), 0);
	ck_assert_int_eq(fcntl(60, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fd_close_from(60), 0);
	ck_assert(is_open(50) && !is_open(60));
}
END_TEST

/* Kept fds at the start, in the middle, twice, neighbours, below the range, and none. */
START_TEST(test_close_all_but)
{
	const int keep[] = {57, 50, -EBADF, 53, 52, 2, 53};

	for (int fd = 50; fd <= 60; fd++)
		ck_assert_int_eq(dup2(2, fd), fd);
	ck_assert_int_eq(fd_close_all_but(50, keep, ARRAY_SIZE(keep)), 0);
	for (int fd = 50; fd <= 60; fd++)
		ck_assert_int_eq(is_open(fd),
				 fd == 50 || fd == 52 || fd == 53 || fd == 57);
	ck_assert(is_open(2));
	ck_assert_int_eq(fd_close_all_but(51, keep, 1), 0);
	ck_assert(is_open(50) && !is_open(52) && is_open(57));
	ck_assert_int_eq(fd_close_all_but(51, NULL, 0), 0);
	ck_assert(is_open(50) && !is_open(57));
}
END_TEST

/* Blocked as by those who wait for a program to start. */
START_TEST(test_wait_readable)
{
	sigset_t set;
	int pair[2];

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(fd_wait_readable(pair[0]), 0);
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(fd_wait_readable(pair[0]), 0);
	char byte;
	ck_assert_int_eq(read(pair[0], &byte, 1), 1);
	ck_assert_int_eq(fd_wait_readable(pair[0]), -EINTR);
	close(pair[1]);
	ck_assert_int_eq(fd_wait_readable(pair[0]), 0); /* the end of file */
}
END_TEST

START_TEST(test_pass)
{
	int pair[2], passed[2], got[FD_PASS_MAX];
	char data[16];
	size_t n = 99;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(pipe2(passed, 0), 0);
	ck_assert_int_eq(fd_send(pair[0], "hello", 5, passed, 2), 0);
	ck_assert_int_eq(fd_send(pair[0], "x", 1, NULL, 0), 0);
	ck_assert_int_eq(fd_recv(pair[1], data, sizeof(data), got, &n), 5);
	ck_assert_uint_eq(n, 2);
	ck_assert(memcmp(data, "hello", 5) == 0);
	ck_assert_int_eq(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(write(got[1], "!", 1), 1);
	ck_assert_int_eq(read(passed[0], data, 1), 1);
	ck_assert_int_eq(fd_recv(pair[1], data, sizeof(data), got, &n), 1);
	ck_assert_uint_eq(n, 0);
	close(pair[0]);
	ck_assert_int_eq(fd_recv(pair[1], data, sizeof(data), got, &n), 0);
	ck_assert_int_eq(fd_send(pair[1], "x", 1, NULL, 0), -EPIPE); /* and no SIGPIPE */
}
END_TEST

START_TEST(test_pass_refuses)
{
	int pair[2], many[FD_PASS_MAX + 1], got[FD_PASS_MAX];
	char data[4];
	size_t n = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 2;
	ck_assert_int_eq(fd_send(pair[0], "x", 1, many, FD_PASS_MAX + 1), -EINVAL);
	ck_assert_int_eq(fd_send(pair[0], "", 0, many, 1), -EINVAL);

	int before = dup(2);
	close(before);
	/* Too long for the reader, and fds that nobody wants: none may stay open here. */
	ck_assert_int_eq(fd_send(pair[0], "hello", 5, many, FD_PASS_MAX), 0);
	ck_assert_int_eq(fd_recv(pair[1], data, sizeof(data), got, &n), -EBADMSG);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(fd_send(pair[0], "hey", 3, many, 3), 0);
	ck_assert_int_eq(fd_recv(pair[1], data, sizeof(data), NULL, NULL), 3);
	int after = dup(2);
	ck_assert_int_eq(after, before);
	close(after);
	ck_assert_int_eq(fd_send(pair[0], "8", 1, many, FD_PASS_MAX), 0);
	ck_assert_int_eq(fd_recv(pair[1], data, sizeof(data), got, &n), 1);
	ck_assert_uint_eq(n, FD_PASS_MAX);
}
END_TEST

START_TEST(test_paths)
{
	char path[FD_PROC_PATH_MAX];
	cleanup_fd int fd = open("/usr", O_PATH | O_CLOEXEC);

	ck_assert_str_eq(fd_proc_path(7, path), "/proc/self/fd/7");
	cleanup_free char *name = fd_path(fd);
	ck_assert_str_eq(name, "/usr");
	cleanup_free char *none = fd_path(999);
	ck_assert_str_eq(none, "fd 999");
}
END_TEST

START_TEST(test_unix_sockets)
{
	struct error err = ERROR_INIT;
	cleanup_free char *deep =
		fs_join(unit_dir(), "a-directory-with-quite-a-long-name/"
				    "and-another-one-below-it-to-pass-the-limit/"
				    "of-a-hundred-and-eight-bytes");
	struct stat st;

	umask(0);
	ck_assert_uint_gt(strlen(deep), 108);
	cleanup_fd int dirfd = fs_open_dir(AT_FDCWD, deep, true, 0755, &err);
	ck_assert_ok(dirfd, &err);
	int listening = fd_listen_unix(dirfd, "sock", SOCK_SEQPACKET, &err);
	ck_assert_ok(listening, &err);
	ck_assert_int_eq(fstatat(dirfd, "sock", &st, 0), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07777, 0600);

	int client = fd_connect_unix(dirfd, "sock", SOCK_SEQPACKET, &err);
	ck_assert_ok(client, &err);
	int server = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(server, 0);
	ck_assert_int_eq(fd_send(client, "hi", 2, NULL, 0), 0);
	close(client);
	cleanup_free char *name = fs_join(deep, "sock");
	client = fd_connect_unix(AT_FDCWD, name, SOCK_SEQPACKET, &err);
	ck_assert_ok(client, &err);

	/* In use, then stale, then gone. */
	ck_assert_int_eq(fd_listen_unix(dirfd, "sock", SOCK_SEQPACKET, &err),
			 -EADDRINUSE);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	error_release(&err);
	close(listening);
	ck_assert_int_eq(fd_connect_unix(dirfd, "sock", SOCK_SEQPACKET, &err),
			 -ECONNREFUSED);
	ck_assert_int_eq(err.kind, ERR_UNAVAILABLE);
	error_release(&err);
	listening = fd_listen_unix(dirfd, "sock", SOCK_STREAM, &err);
	ck_assert_ok(listening, &err);
	ck_assert_int_eq(fd_connect_unix(dirfd, "none", SOCK_STREAM, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);

	/* A file of another kind is not ours to remove. */
	ck_assert_ok(fs_write_atomic(dirfd, "file", "x", 1, 0600, 0, &err), &err);
	ck_assert_int_eq(fd_listen_unix(dirfd, "file", SOCK_STREAM, &err), -EADDRINUSE);
	error_release(&err);
	ck_assert(fs_exists(dirfd, "file"));
	char long_name[200];
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert_int_eq(fd_listen_unix(dirfd, long_name, SOCK_STREAM, &err),
			 -ENAMETOOLONG);
	error_release(&err);
}
END_TEST

UNIT_MAIN("fd", test_write_and_read_all, test_read_all_is_bounded, test_flags,
	  test_standard_fds, test_close_from, test_close_all_but, test_wait_readable,
	  test_pass, test_pass_refuses, test_paths, test_unix_sockets)

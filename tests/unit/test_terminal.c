/* SPDX-License-Identifier: Apache-2.0 */
/* Each test makes a small root of its own in a new user and mount namespace. */
#include "runtime/terminal.h"

#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>

#include "spec/spec.h"
#include "unit.h"

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ck_abort_msg("%s: %m", path);
	close(fd);
}

static bool enter_namespaces(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
	return true;
}

/* A tmpfs with dev and dev/pts in it. Return: its fd; -1: this host allows no user
 * namespaces. */
static int make_root(bool with_devpts)
{
	int fd;

	if (!enter_namespaces())
		return -1;
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/mnt", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mkdir("/mnt/dev", 0755), 0);
	ck_assert_int_eq(mkdir("/mnt/dev/pts", 0755), 0);
	if (with_devpts)
		ck_assert_int_eq(mount("devpts", "/mnt/dev/pts", "devpts", 0,
				       "newinstance,ptmxmode=0666,mode=0620"),
				 0);
	fd = open("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(test_open)
{
	const struct spec_box size = {.width = 100, .height = 40};
	struct error err = ERROR_INIT;
	struct winsize w;
	int master, slave, root = make_root(true);
	char text[8] = "";

	if (root < 0)
		return;
	ck_assert_ok(terminal_open(root, &size, &master, &slave, &err), &err);
	ck_assert_int_eq(ioctl(slave, TIOCGWINSZ, &w), 0);
	ck_assert_uint_eq(w.ws_col, 100);
	ck_assert_uint_eq(w.ws_row, 40);
	ck_assert_int_eq(write(slave, "hi", 2), 2);
	ck_assert_int_eq(read(master, text, sizeof(text)), 2);
	ck_assert_str_eq(text, "hi");
	/* it is the container's own instance: number 0, whatever the host has */
	ck_assert_int_eq(access("/mnt/dev/pts/0", F_OK), 0);
	ck_assert_int_eq(fcntl(master, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(slave, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	/* no size is no error */
	ck_assert_ok(terminal_open(root, NULL, &master, &slave, &err), &err);
}
END_TEST

START_TEST(test_no_devpts)
{
	struct error err = ERROR_INIT;
	int master = -1, slave = -1, root = make_root(false);

	if (root < 0)
		return;
	ck_assert_int_lt(terminal_open(root, NULL, &master, &slave, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_ptr_nonnull(err.hint);
	ck_assert_int_eq(master, -1);
	error_release(&err);
}
END_TEST

START_TEST(test_devpts_behind_a_link)
{
	struct error err = ERROR_INIT;
	int master, slave, root = make_root(true);

	if (root < 0)
		return;
	ck_assert_int_eq(rename("/mnt/dev", "/mnt/elsewhere"), 0);
	ck_assert_int_eq(symlink("elsewhere", "/mnt/dev"), 0);
	ck_assert_int_lt(terminal_open(root, NULL, &master, &slave, &err), 0);
	error_release(&err);
}
END_TEST

START_TEST(test_too_large)
{
	const struct spec_box size = {.width = 70000, .height = 1};
	struct error err = ERROR_INIT;
	int master, slave, root = make_root(true);

	if (root < 0)
		return;
	ck_assert_int_lt(terminal_open(root, &size, &master, &slave, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
}
END_TEST

static void check_console(int root, int slave)
{
	struct error err = ERROR_INIT;
	struct stat want, got;

	ck_assert_ok(terminal_bind_console(root, slave, &err), &err);
	ck_assert_int_eq(fstat(slave, &want), 0);
	ck_assert_int_eq(stat("/mnt/dev/console", &got), 0);
	ck_assert(S_ISCHR(got.st_mode));
	ck_assert_uint_eq(got.st_rdev, want.st_rdev);
}

START_TEST(test_console_is_made)
{
	struct error err = ERROR_INIT;
	int master, slave, root = make_root(true);

	if (root < 0)
		return;
	ck_assert_ok(terminal_open(root, NULL, &master, &slave, &err), &err);
	check_console(root, slave);
	/* and over the one that is there now */
	check_console(root, slave);
}
END_TEST

START_TEST(test_console_link_is_refused)
{
	struct error err = ERROR_INIT;
	struct stat st;
	int master, slave, root = make_root(true);

	if (root < 0)
		return;
	ck_assert_ok(terminal_open(root, NULL, &master, &slave, &err), &err);
	close(open("/mnt/victim", O_WRONLY | O_CREAT, 0600));
	ck_assert_int_eq(symlink("../victim", "/mnt/dev/console"), 0);
	ck_assert_int_lt(terminal_bind_console(root, slave, &err), 0);
	error_release(&err);
	ck_assert_int_eq(stat("/mnt/victim", &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	/* a dangling one is no way out either */
	unlink("/mnt/dev/console");
	ck_assert_int_eq(symlink("/nowhere", "/mnt/dev/console"), 0);
	ck_assert_int_lt(terminal_bind_console(root, slave, &err), 0);
	error_release(&err);
	ck_assert_int_eq(access("/mnt/nowhere", F_OK), -1);
	/* nor is a directory */
	unlink("/mnt/dev/console");
	ck_assert_int_eq(mkdir("/mnt/dev/console", 0755), 0);
	ck_assert_int_lt(terminal_bind_console(root, slave, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
}
END_TEST

START_TEST(test_send_and_receive)
{
	struct error err = ERROR_INIT;
	int master, slave, got, root = make_root(true);
	int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

	if (root < 0)
		return;
	ck_assert_ok(terminal_open(root, NULL, &master, &slave, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int ends[2];

		ck_assert_int_eq(socketpair(AF_UNIX, types[i], 0, ends), 0);
		ck_assert_ok(terminal_send(ends[0], master, &err), &err);
		got = terminal_receive(ends[1], &err);
		ck_assert_ok(got, &err);
		ck_assert(isatty(got));
		ck_assert_int_eq(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	}
}
END_TEST

START_TEST(test_receive_something_else)
{
	struct error err = ERROR_INIT;
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	/* no terminal */
	ck_assert_ok(terminal_send(ends[0], ends[0], &err), &err);
	ck_assert_int_lt(terminal_receive(ends[1], &err), 0);
	error_release(&err);
	/* no fd */
	ck_assert_int_eq(write(ends[0], "x", 1), 1);
	ck_assert_int_lt(terminal_receive(ends[1], &err), 0);
	error_release(&err);
	/* end of file */
	close(ends[0]);
	ck_assert_int_lt(terminal_receive(ends[1], &err), 0);
	error_release(&err);
}
END_TEST

/* In a child: the terminal is taken, and what it now is, is told by the exit status. */
static int take_in_child(int slave, uid_t uid)
{
	struct error err = ERROR_INIT;
	struct stat a, b;

	if (fstat(slave, &a) < 0 || terminal_take(slave, uid, &err) < 0)
		return 1;
	for (int fd = 0; fd <= 2; fd++)
		if (fstat(fd, &b) < 0 || a.st_rdev != b.st_rdev)
			return 2;
	if (fcntl(slave, F_GETFD) >= 0)
		return 3;
	if (getsid(0) != getpid() || tcgetpgrp(0) != getpgrp())
		return 4;
	return open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 ? 5 : 0;
}

START_TEST(test_take)
{
	struct error err = ERROR_INIT;
	int master, slave, status, root = make_root(true);

	if (root < 0)
		return;
	ck_assert_ok(terminal_open(root, NULL, &master, &slave, &err), &err);
	/* 4242 is not mapped here: that is tolerated */
	for (uid_t uid = 0; uid <= 4242; uid += 4242) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(take_in_child(slave, uid));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

UNIT_MAIN("terminal", test_open, test_no_devpts, test_devpts_behind_a_link,
	  test_too_large, test_console_is_made, test_console_link_is_refused,
	  test_send_and_receive, test_receive_something_else, test_take)

/* SPDX-License-Identifier: Apache-2.0 */
#include "util/tty.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "unit.h"

static void open_pair(int *master, int *slave)
{
	ck_assert_int_eq(openpty(master, slave, NULL, NULL, NULL), 0);
}

static bool is_raw(int fd)
{
	struct termios t;

	ck_assert_int_eq(tcgetattr(fd, &t), 0);
	return !(t.c_lflag & (ICANON | ECHO | ISIG));
}

static bool becomes_cooked(int fd)
{
	for (int i = 0; i < 500; i++) {
		if (!is_raw(fd))
			return true;
		usleep(10000);
	}
	return false;
}

START_TEST(test_enter_and_leave)
{
	int master, slave;
	struct termios before, after;
	struct error err = ERROR_INIT;
	struct tty_raw t = TTY_RAW_INIT;

	open_pair(&master, &slave);
	ck_assert_int_eq(tcgetattr(slave, &before), 0);
	before.c_cc[VERASE] = 'Z';
	ck_assert_int_eq(tcsetattr(slave, TCSANOW, &before), 0);
	ck_assert_ok(tty_raw_enter(&t, slave, &err), &err);
	ck_assert(is_raw(slave));
	ck_assert_int_gt(t.guard_pid, 0);
	tty_raw_leave(&t);
	ck_assert_int_eq(tcgetattr(slave, &after), 0);
	ck_assert_int_eq(after.c_lflag, before.c_lflag);
	ck_assert_int_eq(after.c_cc[VERASE], 'Z');
	/* no guard is left, and leaving again is harmless */
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	tty_raw_leave(&t);
	tty_raw_leave(&t);
}
END_TEST

START_TEST(test_not_a_terminal)
{
	struct error err = ERROR_INIT;
	struct tty_raw t = TTY_RAW_INIT;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(tty_raw_enter(&t, ends[0], &err), -ENOTTY);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	tty_raw_leave(&t);
}
END_TEST

/* A child with a session of its own makes its controlling terminal raw and tells when. */
static pid_t raw_child(int slave, int *ret_ready, struct tty_raw *t)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct error err = ERROR_INIT;

		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		ck_assert_ok(tty_raw_enter(t, slave, &err), &err);
		ck_assert_int_eq(write(ends[1], &t->guard_pid, sizeof(t->guard_pid)),
				 sizeof(t->guard_pid));
		for (;;)
			pause();
	}
	close(ends[1]);
	*ret_ready = ends[0];
	return pid;
}

START_TEST(test_killed)
{
	int master, slave, ready, guard;
	struct tty_raw t = TTY_RAW_INIT;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	open_pair(&master, &slave);
	pid = raw_child(slave, &ready, &t);
	ck_assert_int_eq(read(ready, &guard, sizeof(guard)), sizeof(guard));
	ck_assert(is_raw(slave));
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(becomes_cooked(slave));
	/* the guard ends by itself */
	ck_assert_int_eq(waitpid(guard, NULL, 0), guard);
}
END_TEST

START_TEST(test_guard_outlives_signals)
{
	int master, slave, ready, guard;
	struct tty_raw t = TTY_RAW_INIT;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	open_pair(&master, &slave);
	pid = raw_child(slave, &ready, &t);
	ck_assert_int_eq(read(ready, &guard, sizeof(guard)), sizeof(guard));
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			kill(guard, sig);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(becomes_cooked(slave));
}
END_TEST

START_TEST(test_guard_killed)
{
	int master, slave;
	struct error err = ERROR_INIT;
	struct tty_raw t = TTY_RAW_INIT;

	open_pair(&master, &slave);
	ck_assert_ok(tty_raw_enter(&t, slave, &err), &err);
	kill(t.guard_pid, SIGKILL);
	usleep(20000);
	/* we neither die of SIGPIPE nor wait for it in vain */
	tty_raw_leave(&t);
	ck_assert(!is_raw(slave));
}
END_TEST

START_TEST(test_guard_holds_nothing_else)
{
	int master, slave, ends[2];
	struct error err = ERROR_INIT;
	struct tty_raw t = TTY_RAW_INIT;
	char byte;

	open_pair(&master, &slave);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_ok(tty_raw_enter(&t, slave, &err), &err);
	/* were the guard to hold the pipe's end, there would be no end of file */
	usleep(50000);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	tty_raw_leave(&t);
}
END_TEST

START_TEST(test_hang_up)
{
	int master, slave, ready, guard;
	struct tty_raw t = TTY_RAW_INIT;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	open_pair(&master, &slave);
	fcntl(master, F_SETFD, FD_CLOEXEC);
	pid = raw_child(slave, &ready, &t);
	ck_assert_int_eq(read(ready, &guard, sizeof(guard)), sizeof(guard));
	/* the child has the master too, so it must go: SIGSTOP keeps its pipe open */
	ck_assert_int_eq(is_raw(slave), true);
	close(slave);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(waitpid(guard, NULL, 0), guard);
	/* nobody holds the slave: the master sees the end */
	ck_assert_int_eq(read(master, &guard, 1), -1);
	ck_assert_int_eq(errno, EIO);
}
END_TEST

START_TEST(test_size)
{
	int master, slave;
	struct winsize w = {.ws_col = 132, .ws_row = 43};
	uint16_t columns = 0, rows = 0;

	open_pair(&master, &slave);
	ck_assert_int_eq(ioctl(master, TIOCSWINSZ, &w), 0);
	ck_assert(tty_size(slave, &columns, &rows));
	ck_assert_uint_eq(columns, 132);
	ck_assert_uint_eq(rows, 43);
	close(slave);
	ck_assert(!tty_size(-EBADF, &columns, &rows));
}
END_TEST

UNIT_MAIN("tty", test_enter_and_leave, test_not_a_terminal, test_killed,
	  test_guard_outlives_signals, test_guard_killed, test_guard_holds_nothing_else,
	  test_hang_up, test_size)

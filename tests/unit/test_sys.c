/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam exists in test builds only, so that this test compiles sys.c for itself with
 * the seam on; the rest of util is taken as it was built.
 */
#undef CUBBY_FAULT_INJECTION
#define CUBBY_FAULT_INJECTION 1
#include "util/sys.c" /* NOLINT(bugprone-suspicious-include) */

#include <sys/wait.h>

#include "unit.h"

static int open_root(void)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC};
	int fd = sys_openat2(AT_FDCWD, "/", &how);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void expect(const char *plan, const int *wanted, size_t n)
{
	setenv("CUBBY_FAIL", plan, 1);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(open_root() == wanted[i], "%s: call %zu", plan, i + 1);
}

START_TEST(test_no_plan)
{
	unsetenv("CUBBY_FAIL");
	ck_assert_int_eq(open_root(), 0);
	ck_assert_int_eq(sys_fault("anything"), 0);
	setenv("CUBBY_FAIL", "", 1);
	ck_assert_int_eq(open_root(), 0);
}
END_TEST

START_TEST(test_always)
{
	expect("openat2:ENOSYS", (const int[]){-ENOSYS, -ENOSYS, -ENOSYS}, 3);
}
END_TEST

START_TEST(test_nth)
{
	expect("openat2:EPERM@3", (const int[]){0, 0, -EPERM, 0, 0}, 5);
}
END_TEST

START_TEST(test_from_nth_on)
{
	expect("openat2:EMFILE@2+", (const int[]){0, -EMFILE, -EMFILE, -EMFILE}, 4);
}
END_TEST

START_TEST(test_several)
{
	expect("mount_setattr:EPERM, openat2:EIO@1,openat2:EAGAIN@2",
	       (const int[]){-EIO, -EAGAIN, 0}, 3);
	struct mount_attr attr = {0};
	ck_assert_int_eq(sys_mount_setattr(-1, "", 0, &attr), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

START_TEST(test_names_are_whole)
{
	expect("openat:EPERM,openat22:EPERM,openat2:NOTANERRNO,:,openat2",
	       (const int[]){0}, 1);
}
END_TEST

START_TEST(test_other_seams)
{
	setenv("CUBBY_FAIL", "fsync:ENOSPC@2", 1);
	ck_assert_int_eq(sys_fault("fsync"), 0);
	ck_assert_int_ne(sys_fault("fsync"), 0);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(sys_fault("fsync"), 0);
}
END_TEST

START_TEST(test_clone3_returns_twice)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	int status = 0;

	unsetenv("CUBBY_FAIL");
	pid_t pid = sys_clone3(&args);
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(7);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

UNIT_MAIN("sys", test_no_plan, test_always, test_nth, test_from_nth_on, test_several,
	  test_names_are_whole, test_other_seams, test_clone3_returns_twice)

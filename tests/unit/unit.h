/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test needs around Check: a main of one line, and a directory of its
 * own. */
#pragma once

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"

/* unit_run() - run the tests, each in a process of its own. Return: main's. */
static inline int unit_run(const char *name, const TTest *const *tests, size_t n_tests,
			   double timeout_sec)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, timeout_sec);
	for (size_t i = 0; i < n_tests; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* UNIT_MAIN("path", test_a, test_b) defines main(). */
#define UNIT_MAIN(name, ...) UNIT_MAIN_TIMEOUT(name, 30, __VA_ARGS__)
#define UNIT_MAIN_TIMEOUT(name, timeout_sec, ...)                                 \
	int main(void)                                                            \
	{                                                                         \
		const TTest *const tests_[] = {__VA_ARGS__};                      \
		return unit_run(name, tests_, sizeof(tests_) / sizeof(tests_[0]), \
				timeout_sec);                                     \
	}

static char unit_dir_path[4096];
static pid_t unit_dir_owner;

static inline void unit_dir_remove(void)
{
	struct error err = ERROR_INIT;

	if (getpid() == unit_dir_owner &&
	    fs_remove_tree(AT_FDCWD, unit_dir_path, &err) < 0)
		error_release(&err);
}

/* unit_dir() - a new empty directory for this test, removed when its process ends. */
static inline const char *unit_dir(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(unit_dir_path, sizeof(unit_dir_path), "%s/cubby-unit-XXXXXX",
		 base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(unit_dir_path));
	unit_dir_owner = getpid();
	atexit(unit_dir_remove);
	return unit_dir_path;
}

/* unit_dirfd() - the same as an O_PATH fd. */
static inline int unit_dirfd(void)
{
	int fd = open(unit_dir(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* ck_assert_ok(r, err) - r >= 0, or the test fails with the error's sentence. */
#define ck_assert_ok(r, err)                                                \
	do {                                                                \
		long r_ = (long)(r);                                        \
		if (r_ < 0)                                                 \
			ck_abort_msg("%s: %ld: %s", #r, r_,                 \
				     error_is_set(err) ? error_message(err) \
						       : "no error set");   \
	} while (0)

/* ck_assert_message(err, "text: reason") - the whole sentence; releases err. */
#define ck_assert_message(err, want)                 \
	do {                                         \
		char *message_ = error_message(err); \
		ck_assert_str_eq(message_, want);    \
		free(message_);                      \
		error_release(err);                  \
	} while (0)

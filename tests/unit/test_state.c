/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory of cubby-runtime: what is written is read again, and what a killed
 * process left is repaired. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/state.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

static char root[] = "/tmp/cubby-state-XXXXXX";

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void tear_down(void)
{
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_eq(fs_remove_tree(AT_FDCWD, root, &err), 0);
	strcpy(root, "/tmp/cubby-state-XXXXXX");
}

static struct state example(pid_t pid)
{
	cleanup_error struct error err = ERROR_INIT;
	struct state s = {
		.id = xstrdup("c1"),
		.bundle = xstrdup("/bundle"),
		.rootfs = xstrdup("/bundle/root \"fs\""),
		.created_usec = 1234567,
	};

	if (pid)
		ck_assert_int_eq(proc_id_get(pid, &s.init, &err), 0);
	return s;
}

static int make(const struct state *s)
{
	cleanup_error struct error err = ERROR_INIT;
	int fd = state_dir_create(root, "c1", &err);

	ck_assert_int_ge(fd, 0);
	if (s)
		ck_assert_int_eq(state_write(fd, s, &err), 0);
	return fd;
}

static size_t n_listed(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **ids = NULL;

	ck_assert_int_eq(state_list(root, &ids, &err), 0);
	return strv_len(ids);
}

START_TEST(what_was_written_is_read_again)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_state struct state s = example(getpid()), got = {0};
	cleanup_fd int fd = -EBADF;

	s.started = s.terminal = true;
	s.cgroup_path = xstrdup("/a/b");
	fd = make(&s);
	ck_assert_int_eq(state_read(fd, &got, &err), 0);
	ck_assert_str_eq(got.id, "c1");
	ck_assert_str_eq(got.rootfs, s.rootfs);
	ck_assert_str_eq(got.cgroup_path, "/a/b");
	ck_assert_ptr_null(got.owner);
	ck_assert_int_eq(got.created_usec, 1234567);
	ck_assert(got.started && got.terminal);
	ck_assert_int_eq(got.init.pid, getpid());
	ck_assert_int_eq(state_status(&got), STATE_RUNNING);
}
END_TEST

START_TEST(status_is_asked_of_the_process)
{
	cleanup_state struct state s = example(0);
	cleanup_error struct error err = ERROR_INIT;
	pid_t pid;

	ck_assert_int_eq(state_status(&s), STATE_CREATING);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	ck_assert_int_eq(proc_id_get(pid, &s.init, &err), 0);
	ck_assert_int_eq(state_status(&s), STATE_CREATED);
	s.started = true;
	ck_assert_int_eq(state_status(&s), STATE_RUNNING);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(state_status(&s), STATE_STOPPED);
	/* the same pid, an earlier process */
	s.init.pid = getpid();
	s.init.start_time = 1;
	ck_assert_int_eq(state_status(&s), STATE_STOPPED);
}
END_TEST

START_TEST(an_id_is_taken_only_once)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_state struct state s = example(getpid());
	cleanup_fd int fd = make(&s);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_lt(state_dir_create(root, "c1", &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_lt(state_dir_open(root, "c1", &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_int_lt(state_dir_view("/nonexistent/root", "c1", &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_str_eq(err.text, "container \"c1\" does not exist");
	ck_assert_uint_eq(n_listed(), 0);
}
END_TEST

/* Each way to meet what a killed `create` left: nothing written, or no process on record. */
enum meeting { LIST, OPEN, VIEW, CREATE };

START_TEST(what_a_killed_create_left_is_removed)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_state struct state s = example(0);
	enum meeting met_by = (enum meeting)(_i / 2);
	int fd = make(_i % 2 ? &s : NULL);

	close(fd); /* and with it the lock, as the end of the process would */
	if (met_by == LIST)
		ck_assert_uint_eq(n_listed(), 0);
	else if (met_by == OPEN)
		ck_assert_int_lt(state_dir_open(root, "c1", &err), 0);
	else if (met_by == VIEW)
		ck_assert_int_lt(state_dir_view(root, "c1", &err), 0);
	else
		close(make(&s));
	ck_assert(met_by == CREATE || met_by == LIST || err.kind == ERR_NOT_FOUND);
	if (met_by != CREATE)
		ck_assert(access(root, F_OK) == 0 && n_listed() == 0);
}
END_TEST

START_TEST(what_is_being_made_is_left_alone)
{
	cleanup_state struct state s = example(0);
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = make(&s), view_fd = -EBADF;

	ck_assert_uint_eq(n_listed(), 1);
	view_fd = state_dir_view(root, "c1", &err);
	ck_assert_int_ge(view_fd, 0);
	ck_assert(fs_exists(fd, "state.json"));
}
END_TEST

START_TEST(a_damaged_state_is_an_error_and_not_removed)
{
	static const char *const texts[] = {
		"", "{", "{}", "{\"id\": 1}",
		"{\"id\":\"c1\",\"bundle\":\"b\",\"rootfs\":\"r\",\"init\":\"nonsense\"}"};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_state struct state got = {0};
	cleanup_fd int fd = make(NULL);

	ck_assert_int_eq(fs_write_atomic(fd, "state.json", texts[_i], strlen(texts[_i]),
					 0600, 0, &err),
			 0);
	ck_assert_int_lt(state_read(fd, &got, &err), 0);
	ck_assert(error_is_set(&err));
	ck_assert_uint_eq(n_listed(), 1);
}
END_TEST

static const struct {
	const char *id;
	bool ok;
} ids[] = {
	{"web", true},   {"A_b+c-d.e", true}, {"0", true},    {"+x", true},
	{"-x", true},    {"", false},         {".", false},   {"..", false},
	{".web", false}, {"a/b", false},      {"a b", false}, {"a\nb", false},
	{"ü", false},    {"a:b", false},
};

START_TEST(ids_are_checked)
{
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_eq(state_id_check(ids[_i].id, &err) == 0, ids[_i].ok);
	ck_assert(ids[_i].ok || err.kind == ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state");
	TCase *tc = tcase_create("state");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_was_written_is_read_again);
	tcase_add_test(tc, status_is_asked_of_the_process);
	tcase_add_test(tc, an_id_is_taken_only_once);
	tcase_add_test(tc, what_is_not_there_is_not_found);
	tcase_add_loop_test(tc, what_a_killed_create_left_is_removed, 0, 8);
	tcase_add_test(tc, what_is_being_made_is_left_alone);
	tcase_add_loop_test(tc, a_damaged_state_is_an_error_and_not_removed, 0, 5);
	tcase_add_loop_test(tc, ids_are_checked, 0, ARRAY_SIZE(ids));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

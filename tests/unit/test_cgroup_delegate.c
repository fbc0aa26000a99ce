/* SPDX-License-Identifier: Apache-2.0 */
/* What of a cgroup is its root's, and where a process is, from the kernel's texts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup_delegate.h"
#include "util/mem.h"
#include "util/str.h"

static const struct {
	const char *text, *want;
} lists[] = {
	{NULL, "cgroup.procs cgroup.threads cgroup.subtree_control"},
	{"", "cgroup.procs cgroup.threads cgroup.subtree_control"},
	{"cgroup.procs\ncgroup.threads\ncgroup.subtree_control\nmemory.oom.group\nmemory.reclaim\n",
	 "cgroup.procs cgroup.threads cgroup.subtree_control memory.oom.group memory.reclaim"},
	{"../memory.max\n/etc/passwd\n..\n.\nprocs\ncgroup.procs\n.x\n",
	 "cgroup.procs cgroup.threads cgroup.subtree_control"},
};

START_TEST(only_names_of_files_are_delegated)
{
	cleanup_strv char **names = cgroup_delegate_names(lists[_i].text);
	cleanup_free char *got = strv_join(names, " ");

	ck_assert_str_eq(got, lists[_i].want);
}
END_TEST

static const struct {
	const char *text, *want;
} paths[] = {
	{"0::/a/b\n", "/a/b"},
	{"0::/\n", "/"},
	{"12:pids:/x\n1:name=systemd:/y\n0::/z", "/z"},
	{"12:pids:/0::/x\n", NULL},
	{"0::/../exec\n", NULL},
	{"0::\n", NULL},
	{"", NULL},
	{NULL, NULL},
};

START_TEST(cgroup_is_what_follows_the_second_colon)
{
	cleanup_free char *got = cgroup_of_text(paths[_i].text);

	ck_assert_pstr_eq(got, paths[_i].want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup_delegate");
	TCase *tc = tcase_create("texts");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, only_names_of_files_are_delegated, 0, ARRAY_SIZE(lists));
	tcase_add_loop_test(tc, cgroup_is_what_follows_the_second_colon, 0,
			    ARRAY_SIZE(paths));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

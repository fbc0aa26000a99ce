/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's cgroup goes, which scope a path lies in, and the sentences about limits that can't be kept. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup_group.h"
#include "runtime/cgroup_manager.h"
#include "runtime/cgroup_systemd.h"
#include "runtime/cgroup_tree.h"
#include "spec/spec.h"
#include "util/str.h"

#define USER_MANAGER "/user.slice/user-1000.slice/user@1000.service"

static char user_manager[] = USER_MANAGER, top[] = "/", slice[] = "user-batch.slice",
	    root_slice[] = "-.slice", machine[] = "machine.slice", why[] = "so it is",
	    remedy[] = "do this";

static const struct {
	struct cgroup_place place;
	const char *path, *group, *group_path;
} places[] = {
	{{.manager = CGROUP_MANAGER_SYSTEMD, .parent = user_manager, .slice = slice},
	 USER_MANAGER "/user.slice/user-batch.slice/cubby-1.scope/container",
	 "user-batch-pod_1.slice",
	 USER_MANAGER "/user.slice/user-batch.slice/user-batch-pod_1.slice"},
	{{.manager = CGROUP_MANAGER_SYSTEMD, .parent = top, .slice = machine},
	 "/machine.slice/cubby-1.scope/container",
	 "machine-pod_1.slice",
	 "/machine.slice/machine-pod_1.slice"},
	{{.manager = CGROUP_MANAGER_SYSTEMD,
	  .mode = CGROUP_NO_CONMON,
	  .parent = top,
	  .slice = root_slice},
	 "/cubby-1.scope/container",
	 "pod_1.slice",
	 "/pod_1.slice"},
	{{.manager = CGROUP_MANAGER_CGROUPFS, .parent = top},
	 "/cubby-1",
	 "/pod_1",
	 "/pod_1"},
	{{.manager = CGROUP_MANAGER_CGROUPFS, .parent = user_manager},
	 USER_MANAGER "/cubby-1",
	 USER_MANAGER "/pod_1",
	 USER_MANAGER "/pod_1"},
	{{.manager = CGROUP_MANAGER_NONE}, NULL, NULL, NULL},
};

START_TEST(test_paths)
{
	cleanup_free char *path = cgroup_place_path(&places[_i].place, "cubby-1");
	cleanup_free char *group = cgroup_group_parent(&places[_i].place, "pod_1");
	cleanup_free char *group_path = cgroup_group_path(&places[_i].place, "pod_1");

	ck_assert_pstr_eq(path, places[_i].path);
	ck_assert_pstr_eq(group, places[_i].group);
	ck_assert_pstr_eq(group_path, places[_i].group_path);
}
END_TEST

static const struct {
	const char *path, *unit, *scope, *below;
	bool user_manager;
} scopes[] = {
	{USER_MANAGER "/user.slice/cubby-1.scope/container", "cubby-1.scope",
	 USER_MANAGER "/user.slice/cubby-1.scope", "/container", true},
	{"/machine.slice/cubby-1.scope/container/inside/init.scope", "cubby-1.scope",
	 "/machine.slice/cubby-1.scope", "/container/inside/init.scope", false},
	{"/x.scope", "x.scope", "/x.scope", "/", false},
	{"/a.scopes/b.scope", "b.scope", "/a.scopes/b.scope", "/", false},
	{"/batch/cubby-1", NULL, NULL, NULL, false},
	{"/", NULL, NULL, NULL, false},
};

START_TEST(test_scopes)
{
	cleanup_cgroup_scope struct cgroup_scope s = {0};

	ck_assert_int_eq(cgroup_scope_of(scopes[_i].path, &s), scopes[_i].unit != NULL);
	ck_assert_pstr_eq(s.unit, scopes[_i].unit);
	ck_assert_pstr_eq(s.path, scopes[_i].scope);
	ck_assert_pstr_eq(s.below, scopes[_i].below);
	ck_assert_int_eq(s.user_manager, scopes[_i].user_manager);
}
END_TEST

/* controllers: "cpu pids", NULL: no manager at all */
static const struct {
	const char *controllers, *json, *option, *text, *hint;
} checks[] = {
	{"cpu pids", "{\"pids\": {\"limit\": 5}, \"cpu\": {\"shares\": 512}}", NULL, NULL,
	 NULL},
	{"cpu pids", "{\"memory\": {\"limit\": 5}}", "memory.limit",
	 "linux.resources.memory.limit: the memory controller can't be had: so it is",
	 "do this"},
	{"cpu pids", "{\"memory\": {\"limit\": -1}, \"cpu\": {\"quota\": -1}}", NULL,
	 NULL, NULL},
	{"cpu pids", "{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 1}]}",
	 "hugepageLimits",
	 "linux.resources.hugepageLimits: the hugetlb controller can't be had: so it is",
	 NULL},
	{NULL, "{\"pids\": {\"limit\": 5}}", "pids.limit",
	 "linux.resources.pids.limit: the pids controller can't be had: so it is",
	 "do this"},
	{NULL, "{\"pids\": {\"limit\": -1}}", NULL, NULL, NULL},
	{"memory", "{\"memory\": {\"limit\": 300, \"swap\": 100}}", NULL,
	 "linux.resources.memory.swap: memory and swap together is less than memory.limit",
	 NULL},
};

START_TEST(test_checks)
{
	cleanup(spec_resources_freep) struct spec_resources *res = NULL;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **controllers =
		checks[_i].controllers ? str_split(checks[_i].controllers, ' ') : NULL;
	const struct cgroup_place place = {
		.manager = controllers ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_NONE,
		.controllers = controllers,
		.why = why,
		.remedy = remedy,
	};
	const char *option = NULL;
	int r;

	ck_assert_int_eq(spec_resources_parse(checks[_i].json, strlen(checks[_i].json),
					      &res, &err),
			 0);
	r = cgroup_place_check(&place, res, &option, &err);
	ck_assert_int_eq(r < 0, checks[_i].text != NULL);
	ck_assert_pstr_eq(option, checks[_i].option);
	ck_assert_pstr_eq(err.text, checks[_i].text);
	ck_assert_pstr_eq(err.hint, checks[_i].hint);
}
END_TEST

START_TEST(test_below)
{
	ck_assert(cgroup_path_is_below("/a/b", "/a"));
	ck_assert(cgroup_path_is_below("/a", "/a"));
	ck_assert(cgroup_path_is_below("/a", "/"));
	ck_assert(!cgroup_path_is_below("/ab", "/a"));
	ck_assert(!cgroup_path_is_below("/b/a", "/a"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup_manager");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, test_paths, 0, ARRAY_SIZE(places));
	tcase_add_loop_test(tc, test_scopes, 0, ARRAY_SIZE(scopes));
	tcase_add_loop_test(tc, test_checks, 0, ARRAY_SIZE(checks));
	tcase_add_test(tc, test_below);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as files of version 2: the conversions, without touching any cgroup. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup.h"
#include "runtime/cgroup_plan.h"
#include "spec/spec.h"
#include "util/buf.h"
#include "util/str.h"

/* The plan as "file=value;file=value", or "error: sentence". */
static char *planned(const char *json)
{
	cleanup(spec_resources_freep) struct spec_resources *res = NULL;
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_error struct error err = ERROR_INIT;
	struct buf text;

	buf_init(&text, 65536);
	if (spec_resources_parse(json, strlen(json), &res, &err) < 0 ||
	    cgroup_plan_build(res, &plan, &err) < 0) {
		ck_assert_int_eq(buf_printf(&text, "error: %s", err.text), 0);
		return buf_take(&text);
	}
	for (size_t i = 0; i < plan.n_settings; i++)
		ck_assert_int_eq(buf_printf(&text, "%s%s=%s", i ? ";" : "",
					    plan.settings[i].file,
					    plan.settings[i].value),
				 0);
	return buf_take(&text);
}

static const struct {
	const char *json, *want;
} conversions[] = {
	{"{}", ""},
	{"{\"memory\": {\"limit\": 1048576}}", "memory.max=1048576"},
	{"{\"memory\": {\"limit\": -1}}", "memory.max=max;memory.swap.max=max"},
	{"{\"memory\": {\"limit\": 0}}", ""},
	{"{\"memory\": {\"limit\": 100, \"swap\": 300, \"reservation\": 50}}",
	 "memory.max=100;memory.low=50;memory.swap.max=200"},
	{"{\"memory\": {\"limit\": 100, \"swap\": 100}}",
	 "memory.max=100;memory.swap.max=0"},
	{"{\"memory\": {\"limit\": 100, \"swap\": -1}}",
	 "memory.max=100;memory.swap.max=max"},
	{"{\"memory\": {\"limit\": -1, \"swap\": 500}}",
	 "memory.max=max;memory.swap.max=500"},
	{"{\"memory\": {\"limit\": 300, \"swap\": 100}}",
	 "error: linux.resources.memory.swap: memory and swap together is less than memory.limit"},
	{"{\"memory\": {\"swap\": 100}}",
	 "error: linux.resources.memory.swap: a limit for memory and swap needs memory.limit"},
	{"{\"memory\": {\"swappiness\": 10}}",
	 "error: linux.resources.memory.swappiness: cgroup version 2 has no such limit"},
	{"{\"memory\": {\"kernel\": 1000}}",
	 "error: linux.resources.memory.kernel: cgroup version 2 has no such limit"},
	{"{\"memory\": {\"disableOOMKiller\": true}}",
	 "error: linux.resources.memory.disableOOMKiller: cgroup version 2 has no such limit"},
	{"{\"memory\": {\"disableOOMKiller\": false, \"useHierarchy\": true}}", ""},
	{"{\"cpu\": {\"shares\": 1024}}", "cpu.weight=39"},
	{"{\"cpu\": {\"shares\": 0}}", ""},
	{"{\"cpu\": {\"quota\": 50000}}", "cpu.max=50000 100000"},
	{"{\"cpu\": {\"quota\": 50000, \"period\": 200000, \"burst\": 1000}}",
	 "cpu.max=50000 200000;cpu.max.burst=1000"},
	{"{\"cpu\": {\"quota\": -1}}", "cpu.max=max 100000"},
	{"{\"cpu\": {\"period\": 50000}}", "cpu.max=max 50000"},
	{"{\"cpu\": {\"idle\": 1, \"shares\": 1024}}", "cpu.idle=1"},
	{"{\"cpu\": {\"cpus\": \"0-3,7\", \"mems\": \"0\"}}",
	 "cpuset.cpus=0-3,7;cpuset.mems=0"},
	{"{\"cpu\": {\"cpus\": \"0;1\"}}",
	 "error: linux.resources.cpu.cpus: expected a list such as 0-3,7"},
	{"{\"cpu\": {\"realtimeRuntime\": 1000}}",
	 "error: linux.resources.cpu.realtimePeriod: cgroup version 2 has no such limit"},
	{"{\"pids\": {\"limit\": 100}}", "pids.max=100"},
	{"{\"pids\": {\"limit\": -1}}", "pids.max=max"},
	{"{\"blockIO\": {\"weight\": 100}}", "io.bfq.weight=default 100"},
	{"{\"blockIO\": {\"weight\": 5}}",
	 "error: linux.resources.blockIO.weight: expected a number from 10 to 1000"},
	{"{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": 8, \"minor\": 0, \"rate\": 1000}],"
	 " \"throttleWriteIOPSDevice\": [{\"major\": 8, \"minor\": 16, \"rate\": 0}]}}",
	 "io.max=8:0 rbps=1000;io.max=8:16 wiops=max"},
	{"{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 4096}]}",
	 "hugetlb.2MB.max=4096;hugetlb.2MB.rsvd.max=4096"},
	{"{\"hugepageLimits\": [{\"pageSize\": \"../2MB\", \"limit\": 4096}]}",
	 "error: linux.resources.hugepageLimits: expected a page size such as 2MB or 1GB"},
	{"{\"rdma\": {\"mlx4_0\": {\"hcaHandles\": 3, \"hcaObjects\": 10}}}",
	 "rdma.max=mlx4_0 hca_handle=3 hca_object=10"},
	{"{\"network\": {\"classID\": 5}}",
	 "error: linux.resources.network: cgroup version 2 has no such limit"},
	{"{\"unified\": {\"memory.high\": \"1G\", \"cgroup.max.depth\": \"2\"}}",
	 "memory.high=1G;cgroup.max.depth=2"},
	{"{\"unified\": {\"memory.max\": \"1\\n2\"}}",
	 "error: linux.resources.unified.memory.max: control character in the value"},
};

START_TEST(limits_become_files)
{
	cleanup_free char *got = planned(conversions[_i].json);

	ck_assert_str_eq(got, conversions[_i].want);
}
END_TEST

static const char *const hostile_keys[] = {
	"../memory.max", "a/memory.max", "cgroup.procs",
	"cgroup.kill",   "memory",       ".memory.max",
	"memory..max",   "memory.max\n", ""};

/* The reader of config.json refuses most of them already; a spec may be built in C. */
START_TEST(hostile_unified_keys_are_refused)
{
	char key[32], value[] = "1";
	struct spec_key_value unified = {.key = key, .value = value};
	struct spec_resources res = {.unified = &unified, .n_unified = 1};
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_error struct error err = ERROR_INIT;

	strcpy(key, hostile_keys[_i]);
	ck_assert_int_lt(cgroup_plan_build(&res, &plan, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "linux.resources.unified"));
}
END_TEST

START_TEST(weights_span_the_whole_scale)
{
	static const struct {
		uint64_t shares, weight;
	} shares[] = {{0, 0},     {1, 1},          {2, 1},
		      {1024, 39}, {262144, 10000}, {999999999, 10000}};

	for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
		ck_assert_uint_eq(cgroup_weight_of_shares(shares[i].shares),
				  shares[i].weight);
	ck_assert_uint_eq(cgroup_io_weight(10), 1);
	ck_assert_uint_eq(cgroup_io_weight(500), 4950);
	ck_assert_uint_eq(cgroup_io_weight(1000), 10000);
}
END_TEST

static const struct {
	const char *json, *what;
} asked[] = {
	{"{}", NULL},
	{"{\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]}", NULL},
	{"{\"pids\": {\"limit\": -1}, \"memory\": {\"limit\": -1}, \"cpu\": {\"quota\": -1}}",
	 NULL},
	{"{\"memory\": {\"limit\": 1000}}", "memory.limit"},
	{"{\"pids\": {\"limit\": 5}}", "pids.limit"},
	{"{\"cpu\": {\"shares\": 512}}", "cpu.shares"},
	{"{\"unified\": {\"memory.high\": \"1\"}}", "unified"},
};

START_TEST(only_limits_need_a_cgroup)
{
	cleanup(spec_resources_freep) struct spec_resources *res = NULL;
	cleanup_error struct error err = ERROR_INIT;
	const char *what = NULL;

	ck_assert_int_eq(
		spec_resources_parse(asked[_i].json, strlen(asked[_i].json), &res, &err),
		0);
	ck_assert_int_eq(cgroup_asked(res, &what), asked[_i].what != NULL);
	ck_assert(str_eq(what, asked[_i].what));
}
END_TEST

START_TEST(no_resources_ask_for_nothing)
{
	const char *what = "";

	ck_assert(!cgroup_asked(NULL, &what));
	ck_assert_ptr_null(what);
}
END_TEST

static const struct {
	const char *path, *parent, *want; /* want NULL: refused */
} paths[] = {
	{NULL, "/", "/c1"},
	{"", "/user.slice", "/user.slice/c1"},
	{"/libpod_parent/libpod-1", "/user.slice", "/libpod_parent/libpod-1"},
	{"pods/one", "/system.slice", "/system.slice/pods/one"},
	{"/a//b/./c/", "/", "/a/b/c"},
	{"/", "/user.slice", NULL},
	{"/a/../..", "/", NULL},
	{"../escape", "/user.slice", NULL},
	{"/a\nb", "/", NULL},
	{"/a..b/c", "/", "/a..b/c"},
};

START_TEST(paths_stay_in_the_hierarchy)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *got = NULL;
	int r = cgroup_path_build(paths[_i].path, "c1", paths[_i].parent, &got, &err);

	ck_assert(paths[_i].want ? r == 0 && str_eq(got, paths[_i].want) : r < 0);
	if (!paths[_i].want)
		ck_assert_int_eq(err.kind, ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup_plan");
	TCase *tc = tcase_create("plan");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, limits_become_files, 0, ARRAY_SIZE(conversions));
	tcase_add_loop_test(tc, hostile_unified_keys_are_refused, 0,
			    ARRAY_SIZE(hostile_keys));
	tcase_add_test(tc, weights_span_the_whole_scale);
	tcase_add_loop_test(tc, only_limits_need_a_cgroup, 0, ARRAY_SIZE(asked));
	tcase_add_test(tc, no_resources_ask_for_nothing);
	tcase_add_loop_test(tc, paths_stay_in_the_hierarchy, 0, ARRAY_SIZE(paths));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as properties of a scope, names of slices, lists of processors. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup_systemd_plan.h"
#include "spec/spec.h"
#include "util/buf.h"
#include "util/str.h"

static void print_property(struct buf *text, const struct systemd_property *p)
{
	ck_assert_int_eq(buf_printf(text, "%s%s=", text->len ? ";" : "", p->name), 0);
	if (p->type == SYSTEMD_BITS)
		for (size_t i = 0; i < p->n_bytes; i++)
			ck_assert_int_eq(buf_printf(text, "%02x", p->bytes[i]), 0);
	else if (p->number == UINT64_MAX)
		ck_assert_int_eq(buf_printf(text, "max"), 0);
	else
		ck_assert_int_eq(buf_printf(text, "%" PRIu64, p->number), 0);
}

/* "MemoryMax=1;TasksMax=max", or "error: sentence" */
static char *planned(const char *json, bool with_monitor)
{
	cleanup(spec_resources_freep) struct spec_resources *res = NULL;
	cleanup_systemd_properties struct systemd_properties p = {0};
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_error struct error err = ERROR_INIT;
	struct buf text;

	buf_init(&text, 65536);
	ck_assert_int_eq(spec_resources_parse(json, strlen(json), &res, &err), 0);
	ck_assert_int_eq(cgroup_plan_build(res, &plan, &err), 0);
	cgroup_systemd_plan(&plan, with_monitor, &p);
	for (size_t i = 0; i < p.n; i++)
		print_property(&text, &p.list[i]);
	return p.n ? buf_take(&text) : strdup("");
}

static const struct {
	const char *json, *exact, *with_monitor;
} limits[] = {
	{"{}", "", ""},
	{"{\"memory\": {\"limit\": 1048576, \"swap\": 1048576}}",
	 "MemoryMax=1048576;MemorySwapMax=0",
	 "MemoryMax=68157440;MemorySwapMax=67108864"},
	{"{\"memory\": {\"limit\": -1}}", "MemoryMax=max;MemorySwapMax=max",
	 "MemoryMax=max;MemorySwapMax=max"},
	{"{\"memory\": {\"limit\": 9223372036854775807, \"reservation\": 5}}",
	 "MemoryMax=9223372036854775807;MemoryLow=5",
	 "MemoryMax=9223372036921884671;MemoryLow=5"},
	{"{\"pids\": {\"limit\": 50}}", "TasksMax=50", "TasksMax=114"},
	{"{\"cpu\": {\"shares\": 512}}", "CPUWeight=20", "CPUWeight=20"},
	{"{\"cpu\": {\"idle\": 1}}", "CPUWeight=0", "CPUWeight=0"},
	{"{\"cpu\": {\"quota\": 50000}}",
	 "CPUQuotaPerSecUSec=500000;CPUQuotaPeriodUSec=100000",
	 "CPUQuotaPerSecUSec=600000;CPUQuotaPeriodUSec=100000"},
	{"{\"cpu\": {\"quota\": 30000, \"period\": 20000}}",
	 "CPUQuotaPerSecUSec=1500000;CPUQuotaPeriodUSec=20000",
	 "CPUQuotaPerSecUSec=1600000;CPUQuotaPeriodUSec=20000"},
	{"{\"cpu\": {\"quota\": -1}}", "CPUQuotaPerSecUSec=max;CPUQuotaPeriodUSec=100000",
	 "CPUQuotaPerSecUSec=max;CPUQuotaPeriodUSec=100000"},
	{"{\"cpu\": {\"cpus\": \"0-2,9\", \"mems\": \"0\"}}",
	 "AllowedCPUs=0702;AllowedMemoryNodes=01",
	 "AllowedCPUs=0702;AllowedMemoryNodes=01"},
	{"{\"blockIO\": {\"weight\": 505}}", "IOWeight=5000", "IOWeight=5000"},
	{"{\"unified\": {\"memory.high\": \"100\", \"io.weight\": \"77\", "
	 "\"memory.oom.group\": \"1\"}}",
	 "MemoryHigh=100;IOWeight=77", "MemoryHigh=67108964;IOWeight=77"},
	{"{\"unified\": {\"memory.max\": \"12M\", \"cpu.max\": \"max\"}}",
	 "CPUQuotaPerSecUSec=max;CPUQuotaPeriodUSec=100000",
	 "CPUQuotaPerSecUSec=max;CPUQuotaPeriodUSec=100000"},
	{"{\"unified\": {\"cpu.max\": \"1 0\", \"io.max\": \"rubbish\"}}", "", ""},
};

START_TEST(test_limits)
{
	cleanup_free char *exact = planned(limits[_i].json, false);
	cleanup_free char *with_monitor = planned(limits[_i].json, true);

	ck_assert_str_eq(exact, limits[_i].exact);
	ck_assert_str_eq(with_monitor, limits[_i].with_monitor);
}
END_TEST

static const struct {
	const char *slice, *want;
} slices[] = {
	{"user.slice", "user.slice"},
	{"user-batch.slice", "user.slice/user-batch.slice"},
	{"a-b-c.slice", "a.slice/a-b.slice/a-b-c.slice"},
	{"-.slice", ""},
	{"a--b.slice", NULL},
	{"-a.slice", NULL},
	{"a-.slice", NULL},
	{".slice", NULL},
	{"a/b.slice", NULL},
	{"/batch", NULL},
	{"", NULL},
};

START_TEST(test_slices)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path = NULL;
	int r = cgroup_slice_path(slices[_i].slice, &path, &err);

	if (slices[_i].want) {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(path, slices[_i].want);
	} else {
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.kind, ERR_INVALID);
	}
}
END_TEST

START_TEST(test_lists_that_are_none)
{
	static const char *const lists[] = {"",     "-",   "1-",     "3-1",
					    "1,,2", "a-b", "0-8192", "8192"};
	uint8_t *bits = NULL;
	size_t n = 0;

	ck_assert(!cgroup_cpu_bits(lists[_i], &bits, &n));
	ck_assert_ptr_null(bits);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup_systemd_plan");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_limits, 0, ARRAY_SIZE(limits));
	tcase_add_loop_test(tc, test_slices, 0, ARRAY_SIZE(slices));
	tcase_add_loop_test(tc, test_lists_that_are_none, 0, 8);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

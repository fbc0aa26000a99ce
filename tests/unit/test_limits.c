/* SPDX-License-Identifier: Apache-2.0 */
/* Options of limits as OCI resources: every conversion, and the words of every refusal. */
#include "engine/limits.h"

#include <check.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/create_tables.h"
#include "engine/inspect_limits.h"
#include "engine/limits_device.h"
#include "runtime/cgroup_manager.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* As a shell would: words at blanks. What is not told is as in a new container. */
static int parse(const char *line, struct limit_options *o, char ***ret_words,
		 struct error *err)
{
	char *args[16];
	size_t n_args;
	enum help_wanted help = HELP_NONE;
	const struct options_parse p = {
		.table = limits_table,
		.values = o,
		.see = "cubby run",
		.ret_help = &help,
		.ret_args = args,
		.ret_n_args = &n_args,
	};

	*ret_words = *line ? str_split(line, ' ') : NULL;
	ck_assert_uint_lt(strv_len(*ret_words), ARRAY_SIZE(args));
	return options_parse(&p, (int)strv_len(*ret_words), *ret_words, err);
}

static char *text_of(const struct spec_resources *r)
{
	cleanup_json struct json_object *document = r ? spec_resources_to_json(r) : NULL;
	cleanup_free char *text = r ? json_text(document, false) : xstrdup("none");

	text[strcspn(text, "\n")] = '\0';
	return TAKE_PTR(text);
}

static const struct {
	const char *options, *resources;
} good[] = {
	{"", "none"},
	{"--memory 64m", "{\"memory\":{\"limit\":67108864,\"swap\":134217728}}"},
	{"-m 64MiB", "{\"memory\":{\"limit\":67108864,\"swap\":134217728}}"},
	{"-m 1", "{\"memory\":{\"limit\":1,\"swap\":2}}"},
	{"-m 64m --memory-swap 64m",
	 "{\"memory\":{\"limit\":67108864,\"swap\":67108864}}"},
	{"-m 64m --memory-swap 1g",
	 "{\"memory\":{\"limit\":67108864,\"swap\":1073741824}}"},
	{"-m 64m --memory-swap -1", "{\"memory\":{\"limit\":67108864,\"swap\":-1}}"},
	{"-m 64m --memory-swap 0",
	 "{\"memory\":{\"limit\":67108864,\"swap\":134217728}}"},
	{"-m 8388607t", "{\"memory\":{\"limit\":9223370937343148032,"
			"\"swap\":9223372036854775807}}"},
	{"-m 0", "none"},
	{"-m -1", "none"},
	{"--memory-swap -1", "none"},
	{"--memory-reservation 32m", "{\"memory\":{\"reservation\":33554432}}"},
	{"--memory-reservation 32m -m 64m --memory-swap=64m",
	 "{\"memory\":{\"limit\":67108864,\"reservation\":33554432,\"swap\":67108864}}"},
	{"--memory-reservation -1", "none"},
	{"--cpus 0.5", "{\"cpu\":{\"quota\":50000,\"period\":100000}}"},
	{"--cpus .5", "{\"cpu\":{\"quota\":50000,\"period\":100000}}"},
	{"--cpus 1.", "{\"cpu\":{\"quota\":100000,\"period\":100000}}"},
	{"--cpus 0.57", "{\"cpu\":{\"quota\":57000,\"period\":100000}}"},
	{"--cpus 2", "{\"cpu\":{\"quota\":200000,\"period\":100000}}"},
	{"--cpus 0.010000001", "{\"cpu\":{\"quota\":1000,\"period\":100000}}"},
	{"--cpus 0", "none"},
	{"--cpus -1", "none"},
	{"--cpus 0.5 --cpu-quota 0 --cpu-period 0",
	 "{\"cpu\":{\"quota\":50000,\"period\":100000}}"},
	{"--cpu-quota 50000", "{\"cpu\":{\"quota\":50000}}"},
	{"--cpu-quota 1000", "{\"cpu\":{\"quota\":1000}}"},
	{"--cpu-quota -1", "none"},
	{"--cpu-quota 0", "none"},
	{"--cpu-period 20000 --cpu-quota 50000",
	 "{\"cpu\":{\"quota\":50000,\"period\":20000}}"},
	{"--cpu-period 20000", "{\"cpu\":{\"period\":20000}}"},
	{"--cpu-shares 512", "{\"cpu\":{\"shares\":512}}"},
	{"-c 300000", "{\"cpu\":{\"shares\":300000}}"},
	{"-c 0", "none"},
	{"--cpuset-cpus 0", "{\"cpu\":{\"cpus\":\"0\"}}"},
	{"--cpuset-cpus 0-0,0 --cpuset-mems=0",
	 "{\"cpu\":{\"cpus\":\"0-0,0\",\"mems\":\"0\"}}"},
	{"--cpuset-cpus=", "none"},
	{"--pids-limit 10", "{\"pids\":{\"limit\":10}}"},
	{"--pids-limit 0", "none"},
	{"--pids-limit -1", "none"},
	{"--blkio-weight 10", "{\"blockIO\":{\"weight\":10}}"},
	{"--blkio-weight 0", "none"},
	{"--cgroup-conf memory.high=1g --cgroup-conf cpu.idle=1 --cgroup-conf memory.high=2g",
	 "{\"unified\":{\"memory.high\":\"2g\",\"cpu.idle\":\"1\"}}"},
	{"--cgroup-conf=io.latency=", "{\"unified\":{\"io.latency\":\"\"}}"},
	{"--memory-swappiness -1 --oom-kill-disable=false --cpu-rt-period 0", "none"},
	{"-m 8m --cpus 1 --pids-limit 7 --blkio-weight 1000",
	 "{\"memory\":{\"limit\":8388608,\"swap\":16777216},"
	 "\"cpu\":{\"quota\":100000,\"period\":100000},"
	 "\"pids\":{\"limit\":7},\"blockIO\":{\"weight\":1000}}"},
};

START_TEST(test_conversions)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup(spec_resources_freep) struct spec_resources *r = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **words = NULL;
		cleanup_free char *text = NULL;
		struct limit_options o = {0};

		ck_assert_ok(parse(good[i].options, &o, &words, &err), &err);
		ck_assert_ok(limits_build(&o, &r, &err), &err);
		text = text_of(r);
		ck_assert_msg(str_eq(text, good[i].resources), "%s: %s", good[i].options,
			      text);
		ck_assert_int_eq(limits_given(&o), *good[i].options != '\0');
		options_release(limits_table, &o);
	}
}
END_TEST

static const struct {
	const char *options, *message;
} bad[] = {
	{"-m x", "invalid value \"x\" for -m"},
	{"-m -2", "invalid value \"-2\" for -m"},
	{"-m 64m --memory-swap 32m",
	 "--memory-swap: minimum memoryswap limit should be larger than memory limit"},
	{"--memory-swap 32m", "--memory-swap: you should always set a memory limit when"},
	{"-m -1 --memory-swap 32m", "--memory-swap: you should always set"},
	{"-m 16m --memory-reservation 32m",
	 "--memory: minimum memory limit cannot be less than memory reservation limit"},
	{"--cpus x", "invalid argument \"x\" for \"--cpus\" flag"},
	{"--cpus=", "invalid argument \"\" for \"--cpus\" flag"},
	{"--cpus .", "invalid argument"},
	{"--cpus 1,5", "invalid argument"},
	{"--cpus 1e3", "invalid argument"},
	{"--cpus 0.x", "invalid argument"},
	{"--cpus 1.0000000001", "invalid argument"},
	{"--cpus 100000", "invalid argument"},
	{"--cpus 0.001", "--cpus: CPU cfs quota cannot be less than 1ms (i.e. 1000)"},
	{"--cpus 0.00000001", "--cpus: CPU cfs quota cannot be less"},
	{"--cpus 1 --cpu-quota 1000", "--cpu-quota and --cpus cannot be set together"},
	{"--cpus 1 --cpu-period 1000", "--cpu-period and --cpus cannot be set together"},
	{"--cpu-quota 999", "--cpu-quota: CPU cfs quota cannot be less than 1ms"},
	{"--cpu-quota -2", "invalid value \"-2\" for --cpu-quota"},
	{"--cpu-period 999", "--cpu-period: CPU cfs period cannot be less than 1ms"},
	{"--cpu-period 1000001", "--cpu-period: CPU cfs period cannot be less than 1ms"},
	{"--cpu-shares -1", "invalid value \"-1\" for --cpu-shares"},
	{"--cpuset-cpus x", "--cpuset-cpus: invalid value x for cpuset cpus"},
	{"--cpuset-cpus 1-0", "--cpuset-cpus: invalid value 1-0 for cpuset cpus"},
	{"--cpuset-cpus 0,", "--cpuset-cpus: invalid value 0, for"},
	{"--cpuset-cpus 0-1-2", "--cpuset-cpus: invalid value"},
	{"--cpuset-cpus 0-99999999", "--cpuset-cpus: invalid value"},
	{"--cpuset-cpus 0,8000", "--cpuset-cpus: requested CPUs are not available - "
				 "requested 0,8000, available: 0"},
	{"--cpuset-mems x", "--cpuset-mems: invalid value x for cpuset mems"},
	{"--pids-limit -2", "invalid value \"-2\" for --pids-limit"},
	{"--blkio-weight 9", "--blkio-weight: range of blkio weight is from 10 to 1000"},
	{"--blkio-weight 1001", "--blkio-weight: range of blkio weight is from 10"},
	{"--blkio-weight-device /dev/null",
	 "--blkio-weight-device: bad format: /dev/null"},
	{"--blkio-weight-device /dev/null:", "--blkio-weight-device: bad format"},
	{"--blkio-weight-device null:1",
	 "--blkio-weight-device: bad format for device path"},
	{"--device-read-bps /dev/null:1", "--device-read-bps: /dev/null is not a disk"},
	{"--device-write-bps /dev/no/such:1", "--device-write-bps /dev/no/such"},
	{"--device-read-iops x", "--device-read-iops: bad format: x"},
	{"--device-write-iops /etc/passwd:1",
	 "--device-write-iops: bad format for device"},
	{"--cgroup-conf x", "--cgroup-conf must be formatted KEY=VALUE, not x"},
	{"--cgroup-conf =x", "--cgroup-conf must be formatted KEY=VALUE, not =x"},
	{"--cgroup-conf ../memory.max=1", "--cgroup-conf: "},
	{"--cgroup-conf cgroup.procs=1",
	 "--cgroup-conf: \"cgroup.procs\" is not a limit"},
	{"--device-cgroup-rule x", "--device-cgroup-rule: invalid device cgroup rule"},
	{"--memory-swappiness 50", "--memory-swappiness: cgroups of version 2 cannot"},
	{"--memory-swappiness 0", "--memory-swappiness: cgroups of version 2 cannot"},
	{"--memory-swappiness 101", "invalid value \"101\" for --memory-swappiness"},
	{"--oom-kill-disable", "--oom-kill-disable: cgroups of version 2 cannot"},
	{"--cpu-rt-period 1", "--cpu-rt-period: cgroups of version 2 cannot"},
	{"--cpu-rt-runtime 1", "--cpu-rt-runtime: cgroups of version 2 cannot"},
};

START_TEST(test_refusals)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup(spec_resources_freep) struct spec_resources *r = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **words = NULL;
		struct limit_options o = {0};
		int n = parse(bad[i].options, &o, &words, &err);

		if (n >= 0)
			n = limits_build(&o, &r, &err);
		ck_assert_msg(n < 0, "%s is taken", bad[i].options);
		ck_assert_msg(str_starts(err.text, bad[i].message), "%s: %s",
			      bad[i].options, err.text);
		ck_assert_ptr_null(r);
		options_release(limits_table, &o);
	}
}
END_TEST

static const struct {
	const char *before, *options, *after, *change;
} changes[] = {
	{"{}", "-m 64m", "{\"memory\":{\"limit\":67108864,\"swap\":134217728}}",
	 "{\"memory\":{\"limit\":67108864,\"swap\":134217728}}"},
	/* swap follows, as podman has it */
	{"{\"memory\":{\"limit\":100,\"swap\":100}}", "-m 200",
	 "{\"memory\":{\"limit\":200,\"swap\":400}}",
	 "{\"memory\":{\"limit\":200,\"swap\":400}}"},
	{"{\"memory\":{\"limit\":100,\"swap\":200}}", "--memory-swap 300",
	 "{\"memory\":{\"limit\":100,\"swap\":300}}",
	 "{\"memory\":{\"limit\":100,\"swap\":300}}"},
	{"{\"memory\":{\"limit\":100,\"swap\":200},\"pids\":{\"limit\":5}}", "-m -1",
	 "{\"pids\":{\"limit\":5}}", "{\"memory\":{\"limit\":-1,\"swap\":-1}}"},
	{"{\"memory\":{\"limit\":100,\"swap\":200,\"reservation\":50}}",
	 "--memory-reservation -1", "{\"memory\":{\"limit\":100,\"swap\":200}}",
	 "{\"memory\":{\"limit\":100,\"swap\":200},\"unified\":{\"memory.low\":\"0\"}}"},
	{"{\"cpu\":{\"quota\":50000,\"period\":100000,\"shares\":512}}", "--cpus 0",
	 "{\"cpu\":{\"shares\":512}}",
	 "{\"cpu\":{\"shares\":512,\"quota\":-1,\"period\":100000}}"},
	{"{\"cpu\":{\"quota\":5000,\"period\":10000}}", "--cpus 2",
	 "{\"cpu\":{\"quota\":200000,\"period\":100000}}",
	 "{\"cpu\":{\"quota\":200000,\"period\":100000}}"},
	{"{\"cpu\":{\"quota\":5000,\"period\":10000}}", "--cpu-quota -1",
	 "{\"cpu\":{\"period\":10000}}", "{\"cpu\":{\"quota\":-1,\"period\":10000}}"},
	{"{\"cpu\":{\"cpus\":\"0\"},\"pids\":{\"limit\":5}}", "--pids-limit -1",
	 "{\"cpu\":{\"cpus\":\"0\"}}", "{\"pids\":{\"limit\":-1}}"},
	{"{\"pids\":{\"limit\":2048}}", "--pids-limit 7", "{\"pids\":{\"limit\":7}}",
	 "{\"pids\":{\"limit\":7}}"},
	{"{\"pids\":{\"limit\":2048}}", "-m 0", "{\"pids\":{\"limit\":2048}}", "none"},
	{"{\"pids\":{\"limit\":2048}}", "--cgroup-conf memory.high=1",
	 "{\"pids\":{\"limit\":2048},\"unified\":{\"memory.high\":\"1\"}}",
	 "{\"unified\":{\"memory.high\":\"1\"}}"},
	{"{\"unified\":{\"memory.high\":\"1\",\"cpu.idle\":\"1\"}}",
	 "--cgroup-conf memory.high=max",
	 "{\"unified\":{\"memory.high\":\"max\",\"cpu.idle\":\"1\"}}",
	 "{\"unified\":{\"memory.high\":\"max\",\"cpu.idle\":\"1\"}}"},
};

START_TEST(test_changes)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		cleanup(spec_resources_freep) struct spec_resources *before = NULL,
								    *after = NULL,
								    *change = NULL;
		cleanup_free char *after_text = NULL, *change_text = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **words = NULL;
		struct limit_options o = {0};

		ck_assert_ok(spec_resources_parse(changes[i].before,
						  strlen(changes[i].before), &before,
						  &err),
			     &err);
		ck_assert_ok(parse(changes[i].options, &o, &words, &err), &err);
		ck_assert_ok(limits_change(&o, before, &after, &change, &err), &err);
		after_text = text_of(after);
		change_text = text_of(change);
		ck_assert_msg(str_eq(after_text, changes[i].after), "%s: %s",
			      changes[i].options, after_text);
		ck_assert_msg(str_eq(change_text, changes[i].change), "%s: %s",
			      changes[i].options, change_text);
		options_release(limits_table, &o);
	}
}
END_TEST

START_TEST(test_change_is_checked_as_a_whole)
{
	static const char text[] = "{\"memory\":{\"reservation\":50,\"limit\":100}}";
	cleanup(spec_resources_freep) struct spec_resources *before = NULL, *after = NULL,
							    *change = NULL;
	cleanup_error struct error err = ERROR_INIT;
	const struct limit_options o = {.memory = 40, .memory_given = true};

	ck_assert_ok(spec_resources_parse(text, strlen(text), &before, &err), &err);
	ck_assert_int_lt(limits_change(&o, before, &after, &change, &err), 0);
	ck_assert(str_starts(err.text, "--memory: minimum memory limit"));
	ck_assert(!after && !change);
}
END_TEST

START_TEST(test_device_rules)
{
	static const struct {
		const char *text, *rule;
	} rules[] = {
		{"c 1:3 rwm", "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,"
			      "\"access\":\"rwm\"}"},
		{"b 8:* r",
		 "{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"r\"}"},
		{"a *:* m", "{\"allow\":true,\"type\":\"a\",\"access\":\"m\"}"},
		{"c 1:3", NULL},
		{"c 1 r", NULL},
		{"x 1:3 r", NULL},
		{"c 1:3 x", NULL},
		{"c 1:3 ", NULL},
		{"c -1:3 r", NULL},
		{"c 1:q r", NULL},
		{"c  1:3 r", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		cleanup(spec_resources_freep) struct spec_resources *r =
			xcalloc(1, sizeof(*r));
		struct spec_device_rule rule = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text = NULL, *expected = NULL;
		int n = limits_device_rule(rules[i].text, &rule, &err);

		ck_assert_msg((n >= 0) == !!rules[i].rule, "%s", rules[i].text);
		if (n < 0) {
			ck_assert(str_starts(err.text, "--device-cgroup-rule"));
			continue;
		}
		*SPEC_APPEND(&r->devices, &r->n_devices) = rule;
		text = text_of(r);
		expected = xasprintf("{\"devices\":[%s]}", rules[i].rule);
		ck_assert_str_eq(text, expected);
	}
}
END_TEST

/* A whole disk of this host; NULL: it has none. Caller frees. */
static char *find_disk(dev_t *ret)
{
	cleanup_dir DIR *dir = opendir("/sys/block");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		cleanup_free char *path = xasprintf("/dev/%s", entry->d_name);
		struct stat st;

		if (entry->d_name[0] != '.' && stat(path, &st) == 0 &&
		    S_ISBLK(st.st_mode)) {
			*ret = st.st_rdev;
			return TAKE_PTR(path);
		}
	}
	return NULL;
}

START_TEST(test_disks)
{
	static const struct {
		const char *option, *value, *rest;
	} cases[] = {
		{"--blkio-weight-device", "100",
		 "\"weightDevice\":[{\"major\":%u,\"minor\":%u,\"weight\":100}]"},
		{"--device-read-bps", "1mb",
		 "\"throttleReadBpsDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":1048576}]"},
		{"--device-write-bps", "1.5m",
		 "\"throttleWriteBpsDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":1572864}]"},
		{"--device-read-iops", "100",
		 "\"throttleReadIOPSDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":100}]"},
		{"--device-write-iops", "7",
		 "\"throttleWriteIOPSDevice\":[{\"major\":%u,\"minor\":%u,\"rate\":7}]"},
		{"--blkio-weight-device", "9", NULL},
		{"--device-read-iops", "1k", NULL},
		{"--device-read-bps", "-1", NULL},
		{"--device-write-bps", "x", NULL},
	};
	dev_t device = 0;
	cleanup_free char *path = find_disk(&device);

	for (size_t i = 0; path && i < ARRAY_SIZE(cases); i++) {
		/* given twice: one entry */
		cleanup_free char *line =
			xasprintf("%s %s:20 %s %s:%s", cases[i].option, path,
				  cases[i].option, path, cases[i].value);
		cleanup(spec_resources_freep) struct spec_resources *r = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **words = NULL;
		cleanup_free char *text = NULL, *major_minor = NULL;
		struct limit_options o = {0};
		int n;

		ck_assert_ok(parse(line, &o, &words, &err), &err);
		n = limits_build(&o, &r, &err);
		ck_assert_msg((n >= 0) == !!cases[i].rest, "%s", line);
		text = text_of(r);
		major_minor = xasprintf("\"major\":%u,\"minor\":%u", major(device),
					minor(device));
		if (cases[i].rest) {
			const char *head_end = strstr(cases[i].rest, "[{") + 2;
			const char *tail = strrchr(cases[i].rest, ',');
			cleanup_free char *expected =
				xasprintf("{\"blockIO\":{%.*s%s%s}}",
					  (int)(head_end - cases[i].rest), cases[i].rest,
					  major_minor, tail);

			ck_assert_str_eq(text, expected);
		} else {
			ck_assert_msg(strstr(err.text, "invalid "), "%s", err.text);
		}
		options_release(limits_table, &o);
	}
}
END_TEST

START_TEST(test_words_of_the_place)
{
	static const struct {
		const char *options, *message;
	} cases[] = {
		{"-m 64m", "--memory: "},
		{"--memory-reservation 1m", "--memory-reservation: "},
		{"--cpus 1", "--cpus: "},
		{"--cpu-quota 10000", "--cpu-quota: "},
		{"-c 5", "--cpu-shares: "},
		{"--cpuset-cpus 0", "--cpuset-cpus: "},
		{"--cpuset-mems 0", "--cpuset-mems: "},
		{"--pids-limit 5", "--pids-limit: "},
		{"--blkio-weight 10", "--blkio-weight: "},
		{"--cgroup-conf memory.high=1m", "--cgroup-conf: "},
		{"--pids-limit -1 --cpus 0", NULL},
	};
	const struct cgroup_place none = {.manager = CGROUP_MANAGER_NONE};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(spec_resources_freep) struct spec_resources *r = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **words = NULL;
		struct limit_options o = {0};
		int n;

		ck_assert_ok(parse(cases[i].options, &o, &words, &err), &err);
		ck_assert_ok(limits_build(&o, &r, &err), &err);
		n = limits_place_check(&none, r, &o, &err);
		ck_assert_msg((n < 0) == !!cases[i].message, "%s", cases[i].options);
		if (n < 0)
			ck_assert_msg(str_starts(err.text, cases[i].message), "%s: %s",
				      cases[i].options, err.text);
		options_release(limits_table, &o);
	}
	ck_assert_str_eq(limits_option_name("memory.limit"), "--memory");
	ck_assert_str_eq(limits_option_name("rdma"), "rdma");
}
END_TEST

/* As podman shows them. */
START_TEST(test_inspect)
{
	static const struct {
		const char *resources, *shown;
	} cases[] = {
		{"{}", "{}"},
		{"{\"memory\":{\"limit\":64,\"swap\":128}}",
		 "{\"Memory\":64,\"MemorySwap\":128,\"MemoryReservation\":0,"
		 "\"MemorySwappiness\":-1}"},
		{"{\"cpu\":{\"quota\":50000,\"period\":100000}}",
		 "{\"CpuShares\":0,\"CpuPeriod\":100000,\"CpuQuota\":50000,"
		 "\"NanoCpus\":500000000,\"CpusetCpus\":\"\",\"CpusetMems\":\"\"}"},
		{"{\"cpu\":{\"quota\":50000,\"cpus\":\"0-1\"}}",
		 "{\"CpuShares\":0,\"CpuPeriod\":0,\"CpuQuota\":50000,"
		 "\"CpusetCpus\":\"0-1\",\"CpusetMems\":\"\"}"},
		{"{\"pids\":{\"limit\":7},\"unified\":{\"memory.high\":\"1g\"}}",
		 "{\"PidsLimit\":7,\"CgroupConf\":{\"memory.high\":\"1g\"}}"},
		{"{\"blockIO\":{\"throttleReadIOPSDevice\":"
		 "[{\"major\":4095,\"minor\":9,\"rate\":5}]}}",
		 "{\"BlkioWeight\":0,\"BlkioWeightDevice\":[],\"BlkioDeviceReadBps\":[],"
		 "\"BlkioDeviceWriteBps\":[],\"BlkioDeviceReadIOps\":"
		 "[{\"Path\":\"4095:9\",\"Rate\":5}],\"BlkioDeviceWriteIOps\":[]}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(spec_resources_freep) struct spec_resources *r = NULL;
		cleanup_json struct json_object *host = json_object_new_object();
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text = NULL;

		ck_assert_ok(spec_resources_parse(cases[i].resources,
						  strlen(cases[i].resources), &r, &err),
			     &err);
		inspect_limits(r, host);
		text = json_text(host, false);
		text[strcspn(text, "\n")] = '\0';
		ck_assert_str_eq(text, cases[i].shown);
	}
}
END_TEST

UNIT_MAIN("limits", test_inspect, test_conversions, test_refusals, test_changes,
	  test_change_is_checked_as_a_whole, test_device_rules, test_disks,
	  test_words_of_the_place)

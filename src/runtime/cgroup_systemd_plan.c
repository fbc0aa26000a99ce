/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_systemd_plan.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "runtime/cgroup_place.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define CPU_MAX       8192 /* the kernel's own most */
#define USEC_PER_SEC  1000000
#define UEVENT_MAX    4096
#define SLICE_SUFFIX  ".slice"
#define UNIT_NAME_MAX 255

/* Files with a property that holds the same number. Weights count beside other scopes, so they are never left out. */
static const struct {
	const char *file, *property;
	uint64_t headroom;
} numbers[] = {
	{"memory.max", "MemoryMax", CGROUP_MONITOR_MEMORY},
	{"memory.high", "MemoryHigh", CGROUP_MONITOR_MEMORY},
	{"memory.swap.max", "MemorySwapMax", CGROUP_MONITOR_MEMORY},
	{"memory.low", "MemoryLow", 0},
	{"memory.min", "MemoryMin", 0},
	{"pids.max", "TasksMax", CGROUP_MONITOR_TASKS},
	{"cpu.weight", "CPUWeight", 0},
};

static const struct {
	const char *key, *property;
} rates[] = {
	{"rbps", "IOReadBandwidthMax"},
	{"wbps", "IOWriteBandwidthMax"},
	{"riops", "IOReadIOPSMax"},
	{"wiops", "IOWriteIOPSMax"},
};

bool cgroup_cpu_bits(const char *list, uint8_t **ret, size_t *ret_n)
{
	cleanup_free uint8_t *bits = xcalloc(CPU_MAX / 8, 1);
	cleanup_strv char **parts = str_split(list, ',');
	size_t n = 0;

	strv_foreach (part, parts) {
		char *dash = strchr(*part, '-');
		uint32_t first, last;

		if (dash)
			*dash = '\0';
		if (str_to_u32(*part, &first) < 0 ||
		    str_to_u32(dash ? dash + 1 : *part, &last) < 0 || first > last ||
		    last >= CPU_MAX)
			return false;
		for (uint32_t i = first; i <= last; i++)
			bits[i / 8] |= (uint8_t)(1 << (i % 8));
		n = last / 8 + 1 > n ? last / 8 + 1 : n;
	}
	*ret = TAKE_PTR(bits);
	*ret_n = n;
	return n > 0;
}

static void plan_bits(const char *property, const char *list,
		      struct systemd_properties *p)
{
	uint8_t *bits = NULL;
	size_t n = 0;
	struct systemd_property *one;

	if (!cgroup_cpu_bits(list, &bits, &n))
		return;
	one = systemd_add(p, property, SYSTEMD_BITS, 0);
	one->bytes = bits;
	one->n_bytes = n;
}

static bool plan_number(const struct cgroup_setting *s, bool with_monitor,
			struct systemd_properties *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t value, more = with_monitor ? numbers[i].headroom : 0;

		if (!str_eq(s->file, numbers[i].file))
			continue;
		if (str_eq(s->value, "max"))
			value = UINT64_MAX;
		else if (str_to_u64(s->value, &value) < 0)
			return true; /* the kernel will say what it is */
		else
			value = value > UINT64_MAX - 1 - more ? UINT64_MAX : value + more;
		systemd_add(p, numbers[i].property, SYSTEMD_U64, value);
		return true;
	}
	return false;
}

/* "QUOTA PERIOD": systemd counts the quota by the second. */
static void plan_quota(const char *value, bool with_monitor, struct systemd_properties *p)
{
	cleanup_strv char **words = str_split(value, ' ');
	uint64_t quota, period = CGROUP_CPU_PERIOD, per_sec = UINT64_MAX;

	if (strv_len(words) < 1 || (words[1] && str_to_u64(words[1], &period) < 0) ||
	    period == 0 || period > USEC_PER_SEC)
		return;
	if (!str_eq(words[0], "max")) {
		if (str_to_u64(words[0], &quota) < 0 || quota > UINT32_MAX)
			return;
		per_sec = quota * USEC_PER_SEC / period;
		per_sec += with_monitor ? CGROUP_MONITOR_CPU : 0;
	}
	systemd_add(p, "CPUQuotaPerSecUSec", SYSTEMD_U64, per_sec);
	systemd_add(p, "CPUQuotaPeriodUSec", SYSTEMD_U64, period);
}

/* "8:0" as systemd wants it: the path of a node. NULL: there is no such disk. Caller frees. */
static char *disk_path(const char *disk)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path = NULL, *text = NULL;
	char *name;

	if (strspn(disk, "0123456789:") != strlen(disk))
		return NULL;
	path = xasprintf("/sys/dev/block/%s/uevent", disk);
	if (fs_read(AT_FDCWD, path, UEVENT_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "no such disk");
		return NULL;
	}
	name = strstr(text, "DEVNAME=");
	if (!name)
		return NULL;
	name += strlen("DEVNAME=");
	name[strcspn(name, "\n")] = '\0';
	return xasprintf("/dev/%s", name);
}

static void plan_device(const char *property, const char *disk, const char *value,
			struct systemd_properties *p)
{
	cleanup_free char *path = disk_path(disk);
	uint64_t number = UINT64_MAX;

	if (path && (str_eq(value, "max") || str_to_u64(value, &number) == 0))
		systemd_add(p, property, SYSTEMD_DEVICE, number)->text = TAKE_PTR(path);
}

/* "default 100" or "8:0 100" */
static void plan_io_weight(const char *value, struct systemd_properties *p)
{
	cleanup_strv char **words = str_split(value, ' ');
	uint64_t weight;

	if (strv_len(words) == 1 && str_to_u64(words[0], &weight) == 0)
		systemd_add(p, "IOWeight", SYSTEMD_U64, weight);
	else if (strv_len(words) == 2 && str_eq(words[0], "default") &&
		 str_to_u64(words[1], &weight) == 0)
		systemd_add(p, "IOWeight", SYSTEMD_U64, weight);
	else if (strv_len(words) == 2)
		plan_device("IODeviceWeight", words[0], words[1], p);
}

/* "8:0 rbps=1024 wiops=max" */
static void plan_rates(const char *value, struct systemd_properties *p)
{
	cleanup_strv char **words = str_split(value, ' ');

	for (char **word = words + 1; words[0] && *word; word++) {
		char *equals = strchr(*word, '=');

		if (!equals)
			continue;
		*equals = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
			if (str_eq(*word, rates[i].key))
				plan_device(rates[i].property, words[0], equals + 1, p);
	}
}

void cgroup_systemd_plan(const struct cgroup_plan *plan, bool with_monitor,
			 struct systemd_properties *p)
{
	for (size_t i = 0; i < plan->n_settings; i++) {
		const struct cgroup_setting *s = &plan->settings[i];

		if (plan_number(s, with_monitor, p))
			continue;
		if (str_eq(s->file, "cpu.max"))
			plan_quota(s->value, with_monitor, p);
		else if (str_eq(s->file, "cpu.idle") && str_eq(s->value, "1"))
			systemd_add(p, "CPUWeight", SYSTEMD_U64, 0); /* "idle" */
		else if (str_eq(s->file, "cpuset.cpus"))
			plan_bits("AllowedCPUs", s->value, p);
		else if (str_eq(s->file, "cpuset.mems"))
			plan_bits("AllowedMemoryNodes", s->value, p);
		else if (str_eq(s->file, "io.weight"))
			plan_io_weight(s->value, p);
		else if (str_eq(s->file, "io.bfq.weight"))
			plan_io_weight(s->else_value, p);
		else if (str_eq(s->file, "io.max") && !with_monitor)
			plan_rates(s->value, p);
	}
}

static bool is_slice_name(const char *slice)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\";
	size_t len = strlen(slice), stem = len - strlen(SLICE_SUFFIX);

	if (!str_ends(slice, SLICE_SUFFIX) || stem == 0 || len > UNIT_NAME_MAX ||
	    strspn(slice, allowed) != len)
		return false;
	if (str_eq(slice, "-" SLICE_SUFFIX))
		return true;
	return slice[0] != '-' && slice[stem - 1] != '-' && !strstr(slice, "--");
}

int cgroup_slice_path(const char *slice, char **ret, struct error *err)
{
	cleanup_free char *path = xstrdup(""), *quoted = NULL;

	if (!is_slice_name(slice)) {
		quoted = str_quote(slice);
		error_set(err, ERR_INVALID, 0, "%s is not the name of a slice of systemd",
			  quoted);
		return error_hint(err, "expected a name such as user-batch.slice");
	}
	for (const char *dash = strchr(slice + 1, '-'); dash && slice[0] != '-';
	     dash = strchr(dash + 1, '-')) {
		char *longer = xasprintf("%s%.*s" SLICE_SUFFIX "/", path,
					 (int)(dash - slice), slice);

		free(path);
		path = longer;
	}
	*ret = str_eq(slice, "-" SLICE_SUFFIX) ? xstrdup("")
					       : xasprintf("%s%s", path, slice);
	return 0;
}

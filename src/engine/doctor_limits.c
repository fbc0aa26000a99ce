/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that containers can be given, and limits that they run into. */
#include <inttypes.h>

#include "engine/doctor_rules.h"
#include "runtime/cgroup_place.h"
#include "util/mem.h"
#include "util/str.h"

#define LIMIT_NONE UINT64_MAX

/* Of one user, for all containers; what kernels and distributions start with. */
#define ENOUGH_INOTIFY 128
#define ENOUGH_KEYS    200

static void judge_cgroup(const struct doctor_facts *f, struct doctor_check *c)
{
	static const char *const words[] = {
		[PROBE_CGROUP_NONE] = "there are none here",
		[PROBE_CGROUP_V1] = "version 1, which cubby does not use",
		[PROBE_CGROUP_HYBRID] =
			"hybrid: the controllers are with version 1, which cubby does not use",
		[PROBE_CGROUP_V2] = "version 2",
	};
	const struct probe *p = &f->probes[PROBE_CGROUP];

	if (check_probe(c, p, DOCTOR_MISSING)) {
		check_set(c, DOCTOR_OK, "%s", words[PROBE_CGROUP_V2]);
		return;
	}
	if (p->number < PROBE_CGROUP_V2)
		check_set(c, DOCTOR_MISSING, "%s", words[p->number]);
	check_remedy(
		c,
		f->systemd
			? "Boot with the kernel parameter systemd.unified_cgroup_hierarchy=1."
			: "Boot with the kernel parameter cgroup_no_v1=all, and mount cgroup2 "
			  "on /sys/fs/cgroup.");
}

static void how_to_get_cgroup(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->user_manager)
		check_remedy(
			c,
			"Start cubby by systemd-run --user --scope -- cubby ..., in whose "
			"cgroup you may make others.");
	else if (f->systemd && f->rootless)
		check_command(c, true, "loginctl enable-linger %s",
			      f->user ? f->user : "USER");
	else
		check_remedy(c, "Start cubby in a cgroup whose parent belongs to uid %u.",
			     f->uid);
}

static void how_to_delegate(const struct doctor_facts *f, const char *place,
			    struct doctor_check *c)
{
	if (f->systemd && f->rootless) {
		check_command(
			c, true,
			"mkdir -p /etc/systemd/system/user@.service.d && printf "
			"'[Service]\\nDelegate=cpu cpuset io memory pids\\n' > "
			"/etc/systemd/system/user@.service.d/delegate.conf && systemctl "
			"daemon-reload");
		check_remedy(c, "Then log in anew.");
		return;
	}
	check_remedy(
		c,
		"Write the controllers to cgroup.subtree_control of %s and of the cgroups "
		"above it, as root.",
		place);
}

/* All that there are limits for; what is not handed to us is told apart. */
static void judge_controllers(const struct doctor_facts *f, struct doctor_check *c)
{
	static const char *const wanted[] = {"cpu", "cpuset", "io", "memory", "pids"};
	const struct probe *make = &f->probes[PROBE_CGROUP_MAKE],
			   *have = &f->probes[PROBE_CGROUP_CONTROLLERS],
			   *start = &f->probes[PROBE_CGROUP_START];
	cleanup_strv char **there = NULL, **lacking = NULL, **usable = NULL;
	cleanup_free char *list = NULL;

	if (!check_probe(c, make, DOCTOR_MISSING)) {
		if (c->status == DOCTOR_MISSING)
			how_to_get_cgroup(f, c);
		return;
	}
	if (!check_probe(c, have, DOCTOR_MISSING))
		return;
	there = str_split(have->text, ' ');
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		strv_add(strv_has(there, wanted[i]) ? &usable : &lacking, wanted[i]);
	if (lacking) {
		list = strv_join(lacking, ", ");
		check_set(c, usable ? DOCTOR_DEGRADED : DOCTOR_MISSING, "none for %s",
			  list);
		how_to_delegate(f, make->text, c);
		return;
	}
	list = strv_join(usable, ", ");
	check_set(c, DOCTOR_OK, "%s%s", list,
		  make->number == CGROUP_MANAGER_SYSTEMD ? ", by systemd" : "");
	(void)check_probe(c, start, DOCTOR_DEGRADED);
}

static char *limit_word(uint64_t limit, bool in_bytes)
{
	if (limit == LIMIT_NONE)
		return xstrdup("unlimited");
	return in_bytes ? doctor_size(limit) : xasprintf("%" PRIu64, limit);
}

static const struct limit_rule {
	const char *name, *option; /* of limits.conf(5), of ulimit */
	uint64_t enough, unit;     /* unit: of ulimit and limits.conf, in bytes */
} limit_rules[] = {
	[DOCTOR_NOFILE] = {"nofile", "-n", 1024, 1},
	[DOCTOR_NPROC] = {"nproc", "-u", 1024, 1},
	[DOCTOR_MEMLOCK] = {"memlock", "-l", 65536, 1024},
};

static void how_to_raise(const struct doctor_facts *f, size_t i, struct doctor_check *c)
{
	uint64_t wanted = limit_rules[i].enough / limit_rules[i].unit;

	if (f->limits[i].hard >= limit_rules[i].enough) {
		check_command(c, false, "ulimit %s %" PRIu64, limit_rules[i].option,
			      wanted);
		return;
	}
	check_command(c, true,
		      "echo '%s - %s %" PRIu64 "' >> /etc/security/limits.d/cubby.conf",
		      f->user ? f->user : "*", limit_rules[i].name, wanted);
	check_remedy(c, "Then log in anew.");
}

static void judge_rlimits(const struct doctor_facts *f, struct doctor_check *c)
{
	cleanup_strv char **all = NULL, **small = NULL;
	cleanup_free char *list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(limit_rules); i++) {
		cleanup_free char *word =
			limit_word(f->limits[i].soft, i == DOCTOR_MEMLOCK);

		strv_addf(&all, "%s %s", limit_rules[i].name, word);
		if (f->limits[i].soft >= limit_rules[i].enough)
			continue;
		strv_addf(&small, "%s %s is small", limit_rules[i].name, word);
		if (!c->command)
			how_to_raise(f, i, c);
	}
	list = strv_join(small ? small : all, ", ");
	check_set(c, small ? DOCTOR_DEGRADED : DOCTOR_OK, "%s", list);
}

static void judge_inotify(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->inotify_instances == DOCTOR_UNKNOWN) {
		check_set(c, DOCTOR_OK, "not limited");
		return;
	}
	check_set(c, f->inotify_instances < ENOUGH_INOTIFY ? DOCTOR_DEGRADED : DOCTOR_OK,
		  "%" PRId64 " for all that one user runs", f->inotify_instances);
	if (c->status == DOCTOR_DEGRADED)
		check_sysctl(c, "fs.inotify.max_user_instances", "1024");
}

static void judge_keys(const struct doctor_facts *f, struct doctor_check *c)
{
	if (f->maxkeys == DOCTOR_UNKNOWN) {
		check_set(c, DOCTOR_OK, "not limited");
		return;
	}
	check_set(c, f->maxkeys < ENOUGH_KEYS ? DOCTOR_DEGRADED : DOCTOR_OK,
		  "%" PRId64 " for all that one user runs", f->maxkeys);
	if (c->status == DOCTOR_DEGRADED)
		check_sysctl(c, "kernel.keys.maxkeys", "2000");
}

static const struct doctor_rule rules[] = {
	{"cgroup", "control groups",
	 "Limits and statistics are those of a control group.", "without limits",
	 judge_cgroup},
	{"cgroup-controllers", "limits for containers",
	 "--memory, --cpus, --pids-limit and their like need these controllers.",
	 "without limits", judge_controllers, "control groups of version 2"},
	{"resource-limits", "your own limits",
	 "Containers inherit them, and can't exceed them.", "", judge_rlimits},
	{"inotify", "inotify instances",
	 "All containers with the same host ids share them; programs that watch files fail "
	 "when they are used up.",
	 "", judge_inotify},
	{"keys", "kernel keys",
	 "Each container has a keyring; they are counted by host id.", "", judge_keys},
};
const struct doctor_subject doctor_limits = {"Limits", rules, ARRAY_SIZE(rules)};

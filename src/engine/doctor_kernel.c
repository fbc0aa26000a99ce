/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel: its age, its calls, namespaces, file systems, and ways to confine. */
#include <inttypes.h>

#include "engine/doctor_rules.h"
#include "util/str.h"

#define MADE_FOR_MAJOR 6
#define MADE_FOR_MINOR 1

static void judge_version(const struct doctor_facts *f, struct doctor_check *c)
{
	if (doctor_kernel_has(f, MADE_FOR_MAJOR, MADE_FOR_MINOR)) {
		check_set(c, DOCTOR_OK, "%s", f->kernel);
		return;
	}
	check_set(c, DOCTOR_DEGRADED, "%s is older than %d.%d", f->kernel, MADE_FOR_MAJOR,
		  MADE_FOR_MINOR);
	check_remedy(c, "Boot a newer kernel.");
}

static void judge_calls(const struct doctor_facts *f, struct doctor_check *c)
{
	static const struct doctor_part parts[] = {
		{PROBE_CLONE3, "clone3", DOCTOR_MISSING},
		{PROBE_OPENAT2, "openat2", DOCTOR_MISSING},
		{PROBE_PIDFD, "pidfd", DOCTOR_MISSING},
		{PROBE_CLOSE_RANGE, "close_range", DOCTOR_MISSING},
		{PROBE_MOUNT_API, "mount calls", DOCTOR_MISSING},
	};

	c->essential = true;
	if (check_parts(f, c, parts, ARRAY_SIZE(parts)) || c->status == DOCTOR_UNTRIED)
		return;
	/* who answers for a kernel that has them is a filter */
	check_remedy(
		c,
		doctor_kernel_has(f, MADE_FOR_MAJOR, MADE_FOR_MINOR)
			? "A seccomp filter hides them, as in a container; start that one by "
			  "cubby run --nested (others: --security-opt seccomp=unconfined)."
			: "Boot Linux 6.1 or newer.");
}

static void judge_namespaces(const struct doctor_facts *f, struct doctor_check *c)
{
	static const struct doctor_part parts[] = {
		{PROBE_MNTNS, "mount", DOCTOR_MISSING},
		{PROBE_PIDNS, "pid", DOCTOR_MISSING},
		{PROBE_NETNS, "network", DOCTOR_MISSING},
		{PROBE_IPCNS, "ipc", DOCTOR_MISSING},
		{PROBE_UTSNS, "uts", DOCTOR_MISSING},
		{PROBE_CGROUPNS, "cgroup", DOCTOR_DEGRADED},
		{PROBE_TIMENS, "time", DOCTOR_DEGRADED},
	};

	c->essential = true;
	(void)check_parts(f, c, parts, ARRAY_SIZE(parts));
}

static void judge_file_systems(const struct doctor_facts *f, struct doctor_check *c)
{
	static const struct doctor_part parts[] = {
		{PROBE_PROC, "proc", DOCTOR_MISSING},
		{PROBE_TMPFS, "tmpfs", DOCTOR_MISSING},
		{PROBE_DEVPTS, "devpts", DOCTOR_MISSING},
		{PROBE_SYSFS, "sysfs", DOCTOR_DEGRADED},
		{PROBE_MQUEUE, "mqueue", DOCTOR_MISSING},
	};

	c->essential = true;
	if (check_parts(f, c, parts, ARRAY_SIZE(parts)) || c->status == DOCTOR_UNTRIED)
		return;
	/* the kernel wants /proc and /sys of the outer namespace to be without covers */
	if (f->probes[PROBE_PROC].code == EPERM || f->probes[PROBE_SYSFS].code == EPERM)
		check_remedy(
			c,
			"Parts of /proc or /sys are covered here, as in a container; start "
			"that one by cubby run --nested (podman: --security-opt unmask=ALL, "
			"Docker: systempaths=unconfined).");
}

static void judge_seccomp(const struct doctor_facts *f, struct doctor_check *c)
{
	static const struct doctor_part parts[] = {
		{PROBE_SECCOMP, "filters", DOCTOR_MISSING},
		{PROBE_SECCOMP_NOTIFY, "user notification", DOCTOR_DEGRADED},
	};

	(void)check_parts(f, c, parts, ARRAY_SIZE(parts));
}

static void judge_landlock(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *p = &f->probes[PROBE_LANDLOCK];

	if (check_probe(c, p, DOCTOR_DEGRADED)) {
		check_set(c, DOCTOR_OK, "version %" PRIu64 " of its interface",
			  p->number);
		return;
	}
	if (p->code == EOPNOTSUPP)
		check_remedy(
			c,
			"Boot with landlock in the kernel parameter lsm=, as in lsm=landlock,%s.",
			f->security ? f->security : "yama,apparmor");
	else if (p->code == ENOSYS)
		check_remedy(c,
			     "The kernel must be built with CONFIG_SECURITY_LANDLOCK.");
}

/* What they forbid shows in the other checks. */
static void judge_security(const struct doctor_facts *f, struct doctor_check *c)
{
	check_set(c, DOCTOR_OK, "%s",
		  f->security ? f->security : "not to be seen from here");
}

static const struct doctor_rule rules[] = {
	{"kernel-version", "version", "Cubby is made for Linux 6.1 and newer.",
	 "on an old kernel", judge_version},
	{"system-calls", "system calls",
	 "Containers are made with these calls; there is no other way that is as safe.",
	 "without some system calls", judge_calls, "a user namespace"},
	{"namespaces", "namespaces", "A container is a process in namespaces of its own.",
	 "without some namespaces", judge_namespaces, "a user namespace"},
	{"file-systems", "own file systems",
	 "Each container gets these of its own, not the host's.",
	 "without some file systems", judge_file_systems, "a user namespace"},
	{"seccomp", "seccomp",
	 "It keeps containers from system calls that they have no use for.",
	 "with --security-opt seccomp=unconfined only", judge_seccomp},
	{"landlock", "landlock",
	 "It keeps who reads images of strangers away from your files, besides seccomp.",
	 "without landlock", judge_landlock},
	{"security-modules", "security modules",
	 "They may forbid what the kernel allows; then another check fails.", "",
	 judge_security},
};
const struct doctor_subject doctor_kernel = {"Kernel", rules, ARRAY_SIZE(rules)};

/* SPDX-License-Identifier: Apache-2.0 */
/* What this runtime can do, for engines that ask. Source: runtime-spec 1.2 features.md.
 */
#include "cli/runtime/rt.h"
#include "runtime/process.h"
#include "util/json.h"
#include "util/str.h"

static const char *const hooks[] = {"prestart",
				    "createRuntime",
				    "createContainer",
				    "startContainer",
				    "poststart",
				    "poststop",
				    NULL};

static const char *const mount_options[] = {"async",
					    "atime",
					    "bind",
					    "defaults",
					    "dev",
					    "diratime",
					    "dirsync",
					    "exec",
					    "idmap",
					    "iversion",
					    "lazytime",
					    "loud",
					    "mand",
					    "noatime",
					    "nodev",
					    "nodiratime",
					    "noexec",
					    "noiversion",
					    "nolazytime",
					    "nomand",
					    "norelatime",
					    "nostrictatime",
					    "nosuid",
					    "nosymfollow",
					    "private",
					    "ratime",
					    "rbind",
					    "rdev",
					    "rdiratime",
					    "relatime",
					    "remount",
					    "rexec",
					    "ridmap",
					    "rnoatime",
					    "rnodev",
					    "rnodiratime",
					    "rnoexec",
					    "rnorelatime",
					    "rnostrictatime",
					    "rnosuid",
					    "rnosymfollow",
					    "ro",
					    "rprivate",
					    "rrelatime",
					    "rro",
					    "rrw",
					    "rshared",
					    "rslave",
					    "rstrictatime",
					    "rsuid",
					    "rsymfollow",
					    "runbindable",
					    "rw",
					    "shared",
					    "silent",
					    "slave",
					    "src-nofollow",
					    "strictatime",
					    "suid",
					    "symfollow",
					    "sync",
					    "tmpcopyup",
					    "unbindable",
					    NULL};

static const char *const namespaces[] = {"cgroup", "ipc",  "mount", "network", "pid",
					 "time",   "user", "uts",   NULL};

static const char *const seccomp_actions[] = {
	"SCMP_ACT_ALLOW",       "SCMP_ACT_ERRNO",
	"SCMP_ACT_KILL",        "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",      "SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP",        NULL};

static const char *const seccomp_operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE",        "SCMP_CMP_GT", "SCMP_CMP_LE",
	"SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL};

static const char *const seccomp_archs[] = {
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",    "SCMP_ARCH_PPC64LE",
	"SCMP_ARCH_RISCV64", "SCMP_ARCH_S390X",  "SCMP_ARCH_X32",
	"SCMP_ARCH_X86",     "SCMP_ARCH_X86_64", NULL};

static const char *const seccomp_flags[] = {
	"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};

static void add_list(struct json_object *o, const char *key, const char *const *words)
{
	json_add_strv(o, key, (char *const *)words);
}

static struct json_object *enabled(bool yes)
{
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "enabled", yes);
	return o;
}

static struct json_object *cgroup_features(void)
{
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "v1", false);
	json_add_bool(o, "v2", true);
	json_add_bool(o, "systemd", false);
	json_add_bool(o, "systemdUser", false);
	json_add_bool(o, "rdma", true);
	return o;
}

static struct json_object *seccomp_features(void)
{
	struct json_object *o = enabled(true);

	add_list(o, "actions", seccomp_actions);
	add_list(o, "operators", seccomp_operators);
	add_list(o, "archs", seccomp_archs);
	add_list(o, "knownFlags", seccomp_flags);
	add_list(o, "supportedFlags", seccomp_flags);
	return o;
}

static struct json_object *linux_features(void)
{
	struct json_object *o = json_object_new_object(),
			   *mounts = json_object_new_object();
	cleanup_strv char **capabilities = NULL;

	for (int i = 0; i <= capability_last(); i++)
		if (capability_name(i))
			strv_add(&capabilities, capability_name(i));
	add_list(o, "namespaces", namespaces);
	json_add_strv(o, "capabilities", capabilities);
	json_add(o, "cgroup", cgroup_features());
	json_add(o, "seccomp", seccomp_features());
	json_add(o, "apparmor", enabled(true));
	json_add(o, "selinux", enabled(true));
	json_add(o, "intelRdt", enabled(false));
	json_add(mounts, "idmap", enabled(true));
	json_add(o, "mountExtensions", mounts);
	return o;
}

static int run(const struct command_call *call _unused_, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "ociVersionMin", "1.0.0");
	json_add_str(o, "ociVersionMax", "1.2.0");
	add_list(o, "hooks", hooks);
	add_list(o, "mountOptions", mount_options);
	json_add(o, "linux", linux_features());
	json_add(o, "annotations", json_object_new_object());
	return rt_print_json(o, true, err);
}

const struct command rt_features = {
	.name = "features",
	.group = "Help with bundles",
	.usage = "",
	.summary = "print what this runtime supports as JSON",
	.run = run,
};

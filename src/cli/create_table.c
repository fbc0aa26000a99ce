/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create_table.h"

#include "util/str.h"

#define O struct create_options

static const char *const log_drivers[] = {"json-file", "none", NULL};
static const char *const net_alias[] = {"net", NULL};

static const struct option_spec process_table[] = {
	OPT_GROUP("Program"),
	OPT_STRING(O, entrypoint, "entrypoint", 0, "PROGRAM",
		   "run this, with the command as its arguments"),
	OPT_STRV(O, env, "env", 'e', "NAME=VALUE", "set an environment variable"),
	OPT_STRV(O, env_files, "env-file", 0, "FILE",
		 "read environment variables from a file"),
	OPT_BOOL(O, env_host, "env-host", 0, "pass all of your environment on"),
	OPT_STRV(O, unset_env, "unsetenv", 0, "NAME",
		 "leave out a default environment variable"),
	OPT_BOOL(O, unset_env_all, "unsetenv-all", 0,
		 "leave out all default environment variables"),
	OPT_STRING(O, workdir, "workdir", 'w', "DIR",
		   "working directory in the container"),
	OPT_BOOL(O, init, "init", 0, "run a small init that forwards signals and reaps"),
	OPT_STRING(O, init_path, "init-path", 0, "FILE",
		   "that init, instead of Cubby's own"),
	OPT_BOOL(O, interactive, "interactive", 'i', "keep stdin open"),
	OPT_BOOL(O, terminal, "tty", 't', "give it a terminal"),
	OPT_STRING(O, detach_keys, "detach-keys", 0, "KEYS",
		   "keys that detach (default ctrl-p,ctrl-q)"),
	OPT_INT(O, preserve_fds, "preserve-fds", 0, "N",
		"pass on N file descriptors after 2", .max = 1000),
	OPT_END,
};

static const struct option_spec user_table[] = {
	OPT_GROUP("User and ids"),
	OPT_STRING(O, user, "user", 'u', "USER[:GROUP]",
		   "run as this user, by name or number"),
	OPT_STRV(O, group_add, "group-add", 0, "GROUP", "one more supplementary group"),
	OPT_STRING(O, umask, "umask", 0, "MASK", "umask, octal (default 0022)"),
	OPT_STRING(O, userns, "userns", 0, "MODE",
		   "auto (ids of its own), keep-id (you stay you), nomap, private, host, "
		   "container:NAME, ns:PATH"),
	OPT_STRV(O, uidmap, "uidmap", 0, "CONTAINER:HOST:COUNT",
		 "map user ids in a user namespace"),
	OPT_STRV(O, gidmap, "gidmap", 0, "CONTAINER:HOST:COUNT",
		 "map group ids (default: as --uidmap)"),
	OPT_STRING(O, subuidname, "subuidname", 0, "NAME",
		   "map the ids that this name has in /etc/subuid"),
	OPT_STRING(O, subgidname, "subgidname", 0, "NAME",
		   "the same of groups, in /etc/subgid"),
	OPT_END,
};

static const struct option_spec files_table[] = {
	OPT_GROUP("Files"),
	OPT_BOOL(O, rootfs_given, "rootfs", 0,
		 "the first argument is a directory: the root file system"),
	OPT_STRV(
		O, volumes, "volume", 'v', "HOST:CONTAINER[:OPTIONS]",
		"mount a host directory or file; options: ro, U (give it to the container's user), "
		"idmap, noexec, rslave ..."),
	OPT_STRV(O, tmpfs, "tmpfs", 0, "DIR[:OPTIONS]",
		 "mount an empty file system in memory"),
	OPT_BOOL(O, read_only, "read-only", 0, "make the root file system read-only"),
	OPT_BOOL(O, read_only_tmpfs, "read-only-tmpfs", 0,
		 "with --read-only: /run, /tmp, /var/tmp stay writable (default true)"),
	OPT_SIZE(O, shm_size, "shm-size", 0, "SIZE", "size of /dev/shm (default 64m)"),
	OPT_LIST(O, devices, "device", 0, "HOST[:CONTAINER]",
		 "give it a device of the host"),
	OPT_END,
};

static const struct option_spec network_table[] = {
	OPT_GROUP("Network and names"),
	OPT_STRING(O, network, "network", 0, "MODE", "none (default) or host",
		   .aliases = net_alias),
	OPT_STRING(O, hostname, "hostname", 'h', "NAME",
		   "host name in the container (default: its short ID)"),
	OPT_STRING(O, domainname, "domainname", 0, "NAME", "NIS domain name"),
	OPT_STRV(O, add_hosts, "add-host", 0, "NAME:ADDRESS", "a line for /etc/hosts"),
	OPT_BOOL(O, no_hosts, "no-hosts", 0, "leave /etc/hosts as it is"),
	OPT_BOOL(O, no_hostname, "no-hostname", 0, "leave /etc/hostname as it is"),
	OPT_END,
};

static const struct option_spec security_table[] = {
	OPT_GROUP("Security and limits"),
	OPT_BOOL(O, privileged, "privileged", 0,
		 "all capabilities and devices, no filter, nothing masked"),
	OPT_BOOL(O, nested, "nested", 0, "let it run containers of its own"),
	OPT_LIST(O, cap_add, "cap-add", 0, "CAPABILITY", "add a capability, or ALL"),
	OPT_LIST(O, cap_drop, "cap-drop", 0, "CAPABILITY", "drop a capability, or ALL"),
	OPT_STRV(O, security_opt, "security-opt", 0, "OPTION",
		 "seccomp=FILE|unconfined, no-new-privileges, mask=, unmask=, apparmor="),
	OPT_STRV(O, ulimits, "ulimit", 0, "NAME=SOFT[:HARD]", "set a resource limit"),
	OPT_STRV(O, sysctls, "sysctl", 0, "NAME=VALUE",
		 "set a kernel parameter of its namespaces"),
	OPT_INT(O, oom_score_adj, "oom-score-adj", 0, "N",
		"which to kill first when memory runs out", .min = -1000, .max = 1000,
		.given = OPT_GIVEN(O, oom_score_adj_given)),
	OPT_STRING(O, personality, "personality", 0, "DOMAIN",
		   "execution domain: LINUX or LINUX32"),
	OPT_END,
};

static const struct option_spec life_table[] = {
	OPT_GROUP("Life and record"),
	OPT_STRING(O, name, "name", 0, "NAME", "name of the container"),
	OPT_BOOL(O, replace, "replace", 0, "remove another container of that name first"),
	OPT_BOOL(O, auto_remove, "rm", 0, "remove it when it has ended"),
	OPT_STRING(O, stop_signal, "stop-signal", 0, "SIGNAL",
		   "what stop sends first (default SIGTERM)"),
	OPT_I64(O, stop_timeout_sec, "stop-timeout", 0, "SECONDS",
		"when stop kills it (default 10)", .max = 1000000000),
	OPT_I64(O, timeout_sec, "timeout", 0, "SECONDS", "kill it after this time",
		.max = 1000000000),
	OPT_STRV(O, labels, "label", 'l', "KEY=VALUE", "a label"),
	OPT_STRV(O, label_files, "label-file", 0, "FILE",
		 "labels from a file, a line each"),
	OPT_STRV(O, annotations, "annotation", 0, "KEY=VALUE",
		 "an annotation of the OCI spec"),
	OPT_STRING(O, cidfile, "cidfile", 0, "FILE", "write the container's ID here"),
	OPT_STRING(O, pidfile, "pidfile", 0, "FILE",
		   "write the process ID of its first process here"),
	OPT_STRING(O, monitor_pidfile, "conmon-pidfile", 0, "FILE",
		   "write the process ID of its monitor here"),
	OPT_WORD(O, log_driver, "log-driver", 0, log_drivers, "how its output is kept"),
	OPT_STRV(O, log_opts, "log-opt", 0, "OPTION", "max-size=SIZE, max-file=NUMBER"),
	OPT_END,
};

/* podman's and Docker's, not here yet. */
static const struct option_spec later_table[] = {
	OPT_NOT_YET("attach", 'a'),
	OPT_NOT_YET("blkio-weight", 0),
	OPT_NOT_YET("blkio-weight-device", 0),
	OPT_NOT_YET("cgroup-conf", 0),
	OPT_NOT_YET("cgroup-parent", 0),
	OPT_NOT_YET("cgroupns", 0),
	OPT_NOT_YET("cgroups", 0),
	OPT_NOT_YET("chrootdirs", 0),
	OPT_NOT_YET("cpu-period", 0),
	OPT_NOT_YET("cpu-quota", 0),
	OPT_NOT_YET("cpu-rt-period", 0),
	OPT_NOT_YET("cpu-rt-runtime", 0),
	OPT_NOT_YET("cpu-shares", 'c'),
	OPT_NOT_YET("cpus", 0),
	OPT_NOT_YET("cpuset-cpus", 0),
	OPT_NOT_YET("cpuset-mems", 0),
	OPT_NOT_YET("decryption-key", 0),
	OPT_NOT_YET("device-cgroup-rule", 0),
	OPT_NOT_YET("device-read-bps", 0),
	OPT_NOT_YET("device-read-iops", 0),
	OPT_NOT_YET("device-write-bps", 0),
	OPT_NOT_YET("device-write-iops", 0),
	OPT_NOT_YET("disable-content-trust", 0),
	OPT_NOT_YET("dns", 0),
	OPT_NOT_YET("dns-option", 0),
	OPT_NOT_YET("dns-search", 0),
	OPT_NOT_YET("env-merge", 0),
	OPT_NOT_YET("expose", 0),
	OPT_NOT_YET("gpus", 0),
	OPT_NOT_YET("group-entry", 0),
	OPT_NOT_YET("health-cmd", 0),
	OPT_NOT_YET("health-interval", 0),
	OPT_NOT_YET("health-log-destination", 0),
	OPT_NOT_YET("health-max-log-count", 0),
	OPT_NOT_YET("health-max-log-size", 0),
	OPT_NOT_YET("health-on-failure", 0),
	OPT_NOT_YET("health-retries", 0),
	OPT_NOT_YET("health-start-interval", 0),
	OPT_NOT_YET("health-start-period", 0),
	OPT_NOT_YET("health-startup-cmd", 0),
	OPT_NOT_YET("health-startup-interval", 0),
	OPT_NOT_YET("health-startup-retries", 0),
	OPT_NOT_YET("health-startup-success", 0),
	OPT_NOT_YET("health-startup-timeout", 0),
	OPT_NOT_YET("health-timeout", 0),
	OPT_NOT_YET("hosts-file", 0),
	OPT_NOT_YET("hostuser", 0),
	OPT_NOT_YET("http-proxy", 0),
	OPT_NOT_YET("image-volume", 0),
	OPT_NOT_YET("ip", 0),
	OPT_NOT_YET("ip6", 0),
	OPT_NOT_YET("ipc", 0),
	OPT_NOT_YET("isolation", 0),
	OPT_NOT_YET("kernel-memory", 0),
	OPT_NOT_YET("link", 0),
	OPT_NOT_YET("link-local-ip", 0),
	OPT_NOT_YET("mac-address", 0),
	OPT_NOT_YET("memory", 'm'),
	OPT_NOT_YET("memory-reservation", 0),
	OPT_NOT_YET("memory-swap", 0),
	OPT_NOT_YET("memory-swappiness", 0),
	OPT_NOT_YET("mount", 0),
	OPT_NOT_YET("network-alias", 0),
	OPT_NOT_YET("no-healthcheck", 0),
	OPT_NOT_YET("oom-kill-disable", 0),
	OPT_NOT_YET("passwd", 0),
	OPT_NOT_YET("passwd-entry", 0),
	OPT_NOT_YET("permissive", 0),
	OPT_NOT_YET("pid", 0),
	OPT_NOT_YET("pids-limit", 0),
	OPT_NOT_YET("pod", 0),
	OPT_NOT_YET("pod-id-file", 0),
	OPT_NOT_YET("preserve-fd", 0),
	OPT_NOT_YET("publish", 'p'),
	OPT_NOT_YET("publish-all", 'P'),
	OPT_NOT_YET("rdt-class", 0),
	OPT_NOT_YET("requires", 0),
	OPT_NOT_YET("restart", 0),
	OPT_NOT_YET("rmi", 0),
	OPT_NOT_YET("runtime", 0),
	OPT_NOT_YET("sdnotify", 0),
	OPT_NOT_YET("seccomp-policy", 0),
	OPT_NOT_YET("secret", 0),
	OPT_NOT_YET("shm-size-systemd", 0),
	OPT_NOT_YET("storage-opt", 0),
	OPT_NOT_YET("systemd", 0),
	OPT_NOT_YET("tz", 0),
	OPT_NOT_YET("uts", 0),
	OPT_NOT_YET("volume-driver", 0),
	OPT_NOT_YET("volumes-from", 0),
	OPT_END,
};

const struct option_spec create_table[] = {
	OPT_INCLUDE(process_table),  OPT_INCLUDE(user_table),
	OPT_INCLUDE(files_table),    OPT_INCLUDE(network_table),
	OPT_INCLUDE(security_table), OPT_INCLUDE(life_table),
	OPT_INCLUDE(later_table),    OPT_END,
};

void create_table_defaults(struct create_options *o)
{
	o->network = "none";
	o->read_only_tmpfs = true;
	o->shm_size = 64 << 20;
	o->stop_timeout_sec = 10;
	o->log_driver = LOG_DRIVER_JSON_FILE;
}

int create_table_arguments(struct create_options *o, char *const *args, char *const *argv,
			   struct error *err)
{
	if (o->rootfs_given)
		o->rootfs = args[0];
	else
		o->image_name = args[0];
	o->command = args + 1;
	o->create_command = argv;
	return 0;
}

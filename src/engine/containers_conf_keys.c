/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of containers.conf that mean something here. docs/settings.md and cubby.conf(5) say the same. */
#include "engine/containers_conf.h"

#define CONTAINERS(k, t, o, h, ...)                                           \
	{                                                                     \
		"containers", k, t, .option = (o), .help = (h), ##__VA_ARGS__ \
	}
#define ENGINE(k, t, o, h, ...)                                           \
	{                                                                 \
		"engine", k, t, .option = (o), .help = (h), ##__VA_ARGS__ \
	}

#define NETWORK(k, t, h)                                     \
	{                                                    \
		"network", k, t, .option = NULL, .help = (h) \
	}

/* one a line, however many there are */
/* clang-format off */
const struct conf_key conf_keys[] = {
	CONTAINERS("annotations", CONF_LIST, "annotation", "annotations of the OCI spec, KEY=VALUE"),
	CONTAINERS("apparmor_profile", CONF_STRING, "security-opt", "AppArmor profile", .prefix = "apparmor="),
	CONTAINERS("base_hosts_file", CONF_STRING, ".hosts-file", "what /etc/hosts begins with: a path, image or none"),
	CONTAINERS("cgroup_conf", CONF_LIST, "cgroup-conf", "files of the cgroup, FILE=VALUE"),
	CONTAINERS("cgroupns", CONF_STRING, "cgroupns", "private or host"),
	CONTAINERS("cgroups", CONF_STRING, "cgroups", "enabled, disabled, no-conmon or split"),
	CONTAINERS("container_name_as_hostname", CONF_BOOL, ".name-as-hostname", "the host name inside is the container's name"),
	CONTAINERS("default_capabilities", CONF_LIST, ".capability", "capabilities of a container, instead of the usual ones"),
	CONTAINERS("default_sysctls", CONF_LIST, ".sysctl", "kernel parameters, NAME=VALUE"),
	CONTAINERS("default_ulimits", CONF_LIST, "ulimit", "limits, NAME=SOFT:HARD"),
	CONTAINERS("devices", CONF_LIST, "device", "devices of the host"),
	CONTAINERS("dns_options", CONF_LIST, ".dns-option", "options in /etc/resolv.conf"),
	CONTAINERS("dns_searches", CONF_LIST, ".dns-search", "search domains in /etc/resolv.conf"),
	CONTAINERS("dns_servers", CONF_LIST, ".dns", "name servers in /etc/resolv.conf"),
	CONTAINERS("env", CONF_LIST, ".env", "environment, NAME=VALUE; the image's and --env go before"),
	CONTAINERS("env_host", CONF_BOOL, "env-host", "pass all of your environment on"),
	CONTAINERS("http_proxy", CONF_BOOL, "http-proxy", "pass http_proxy, no_proxy ... on"),
	CONTAINERS("init", CONF_BOOL, "init", "run a small init"),
	CONTAINERS("init_path", CONF_STRING, "init-path", "that init, instead of Cubby's own"),
	CONTAINERS("ipcns", CONF_STRING, "ipc", "mode of the IPC namespace"),
	CONTAINERS("label", CONF_BOOL, NULL, "false: --security-opt label=disable"),
	CONTAINERS("log_driver", CONF_STRING, "log-driver", "how output is kept"),
	CONTAINERS("log_size_max", CONF_NUMBER, ".log-opt", "bytes of a log; negative: no limit", .prefix = "max-size="),
	CONTAINERS("log_tag", CONF_STRING, ".log-opt", "tag of lines in the journal", .prefix = "tag="),
	CONTAINERS("mounts", CONF_LIST, "mount", "as --mount"),
	CONTAINERS("netns", CONF_STRING, ".network", "mode of the network; others than these are for podman", .only = "bridge host none pasta private slirp4netns"),
	CONTAINERS("no_hosts", CONF_BOOL, "no-hosts", "leave /etc/hosts as it is"),
	CONTAINERS("oom_score_adj", CONF_NUMBER, "oom-score-adj", "which to kill first when memory runs out"),
	CONTAINERS("pidns", CONF_STRING, "pid", "mode of the PID namespace"),
	CONTAINERS("pids_limit", CONF_NUMBER, ".pids-limit", "number of processes, where they can be counted; 0: no limit"),
	CONTAINERS("privileged", CONF_BOOL, "privileged", "all capabilities and devices, nothing masked"),
	CONTAINERS("read_only", CONF_BOOL, "read-only", "the root file system is read-only"),
	CONTAINERS("seccomp_profile", CONF_STRING, "security-opt", "seccomp profile: a path, or unconfined", .prefix = "seccomp="),
	CONTAINERS("shm_size", CONF_STRING, "shm-size", "size of /dev/shm"),
	CONTAINERS("tz", CONF_STRING, "tz", "time zone, or local"),
	CONTAINERS("umask", CONF_STRING, "umask", "umask, octal"),
	CONTAINERS("userns", CONF_STRING, NULL, "mode of the user namespace; cubby's own key of that name goes before"),
	CONTAINERS("utsns", CONF_STRING, "uts", "mode of the UTS namespace"),
	CONTAINERS("volumes", CONF_LIST, "volume", "as --volume"),
	ENGINE("cgroup_manager", CONF_STRING, NULL, "who makes cgroups, where it can: systemd or cgroupfs"),
	ENGINE("compression_format", CONF_STRING, "compression-format", "of layers that are pushed"),
	ENGINE("compression_level", CONF_NUMBER, "compression-level", "of layers that are pushed"),
	ENGINE("detach_keys", CONF_STRING, "detach-keys", "keys that leave a terminal"),
	ENGINE("env", CONF_LIST, NULL, "environment of cubby itself, NAME=VALUE: proxies"),
	ENGINE("events_logfile_max_size", CONF_STRING, NULL, "size at which the file of events is put aside: 1m"),
	ENGINE("events_logger", CONF_STRING, NULL, "file, journald or none: --events-backend"),
	ENGINE("healthcheck_events", CONF_BOOL, NULL, "false: checks of health are not on record"),
	ENGINE("pull_policy", CONF_STRING, "pull", "always, missing, newer or never"),
	ENGINE("retry", CONF_NUMBER, "retry", "attempts after the first, at registries"),
	ENGINE("retry_delay", CONF_STRING, "retry-delay", "time between them"),
	ENGINE("stop_timeout", CONF_NUMBER, "stop-timeout", "seconds from the stop signal to SIGKILL"),
	NETWORK("default_network", CONF_STRING, "what the default network is called: bridge, if nobody says it"),
	NETWORK("default_rootless_network_cmd", CONF_STRING, "an ordinary user's way out of its networks: own or slirp4netns; pasta is for podman"),
	NETWORK("default_subnet", CONF_STRING, "its subnet, if neither the host nor another network has it"),
	NETWORK("default_subnet_pools", CONF_TABLES, "where subnets of networks come from: {\"base\" = \"10.89.0.0/16\", \"size\" = 24}"),
	{NULL},
};
/* clang-format on */

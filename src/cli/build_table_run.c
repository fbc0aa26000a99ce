/* SPDX-License-Identifier: Apache-2.0 */
/* What RUN's containers get: those options of `run` that a build has too. The rows fill a struct create_options. */
#include "cli/build_table.h"
#include "cli/create_tables.h"

#define O struct create_options

static const char *const net_alias[] = {"net", NULL};

const struct option_spec build_table_run[] = {
	OPT_GROUP("What RUN gets"),
	OPT_STRV(O, net.networks, "network", 0, "NETWORK",
		 "none, host, or a network, as of cubby run", .aliases = net_alias,
		 .common = true),
	OPT_INCLUDE(create_table_names),
	OPT_BOOL(O, inside.http_proxy, "http-proxy", 0,
		 "pass your http_proxy, no_proxy ... on (default true)"),
	OPT_STRV(O, volumes, "volume", 'v', "SOURCE:DIR[:OPTS]",
		 "mount a directory of the host, or a volume, meanwhile"),
	OPT_STRV(O, mount.mounts, "mount", 0, "TYPE,KEY=VALUE,...", "the same in words"),
	OPT_LIST(O, devices, "device", 0, "HOST[:CONTAINER]", "a device of the host"),
	OPT_SIZE(O, shm_size, "shm-size", 0, "SIZE", "size of /dev/shm (default 64m)"),
	OPT_STRV(O, ulimits, "ulimit", 0, "NAME=SOFT[:HARD]", "a resource limit"),
	OPT_INCLUDE_AT(O, limits, limits_table_of_steps),
	OPT_STRING(O, cgroup.parent, "cgroup-parent", 0, "PARENT",
		   "make its cgroup below this slice, or this cgroup"),
	OPT_LIST(O, cap_add, "cap-add", 0, "CAPABILITY", "add a capability, or ALL"),
	OPT_LIST(O, cap_drop, "cap-drop", 0, "CAPABILITY", "drop a capability, or ALL"),
	OPT_STRV(O, security_opt, "security-opt", 0, "OPTION",
		 "seccomp=FILE|unconfined, apparmor=, label= ..."),
	OPT_STRV(O, group_add, "group-add", 0, "GROUP", "one more supplementary group"),
	OPT_STRING(O, namespaces.ipc, "ipc", 0, "MODE",
		   "shared memory: private (default), host"),
	OPT_STRING(O, namespaces.pid, "pid", 0, "MODE",
		   "processes: private (default), host"),
	OPT_STRING(O, namespaces.uts, "uts", 0, "MODE",
		   "host name: private (default), host"),
	OPT_BOOL(O, interactive, "stdin", 0, "let it read your stdin"),
	OPT_INCLUDE(create_table_settings_of_steps),
	OPT_END,
};

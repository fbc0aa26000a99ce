/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, and sharing them. */
#include "cli/create_tables.h"

#define O struct create_options

const struct option_spec create_table_namespaces[] = {
	OPT_GROUP("Namespaces"),
	OPT_STRING(O, namespaces.pid, "pid", 0, "MODE",
		   "processes: private (default), host, container:NAME, ns:PATH"),
	OPT_STRING(
		O, namespaces.ipc, "ipc", 0, "MODE",
		"shared memory: shareable (default), private, none, host, container:NAME, "
		"ns:PATH"),
	OPT_STRING(O, namespaces.uts, "uts", 0, "MODE",
		   "host name: private (default), host, container:NAME, ns:PATH"),
	OPT_STRING(O, cgroup.ns, "cgroupns", 0, "MODE",
		   "cgroups: private (default), host, container:NAME, ns:PATH"),
	OPT_LIST(O, namespaces.requires, "requires", 0, "CONTAINER",
		 "containers that are started before it"),
	OPT_STRING(O, namespaces.pod, "pod", 0, "POD",
		   "be in this pod, and share its namespaces; new:NAME makes one"),
	OPT_STRING(O, namespaces.pod_id_file, "pod-id-file", 0, "FILE",
		   "read the pod's ID from a file"),
	OPT_END,
};

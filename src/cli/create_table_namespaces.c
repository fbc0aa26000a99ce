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
	OPT_LIST(O, namespaces.requires, "requires", 0, "CONTAINER",
		 "containers that are started before it"),
	OPT_NOT_YET("pod", 0),
	OPT_NOT_YET("pod-id-file", 0),
	OPT_END,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, and sharing them. */
#include "cli/create_tables.h"

#define O struct create_options

const struct option_spec create_table_namespaces[] = {
	OPT_NOT_YET("ipc", 0),
	OPT_NOT_YET("pid", 0),
	OPT_NOT_YET("pod", 0),
	OPT_NOT_YET("pod-id-file", 0),
	OPT_NOT_YET("requires", 0),
	OPT_NOT_YET("uts", 0),
	OPT_END,
};

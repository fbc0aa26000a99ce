/* SPDX-License-Identifier: Apache-2.0 */
/* Life and record. */
#include "cli/create_tables.h"

#define O struct create_options

static int set_restart(const struct option_match *m, struct error *err)
{
	return restart_policy_parse(m->value, m->target, err);
}

const struct option_spec create_table_life[] = {
	OPT_GROUP("Life and record"),
	OPT_STRING(O, name, "name", 0, "NAME", "name of the container", .common = true),
	OPT_BOOL(O, replace, "replace", 0, "remove another container of that name first"),
	OPT_BOOL(O, auto_remove, "rm", 0, "remove it when it has ended", .common = true),
	OPT_STRING(O, stop_signal, "stop-signal", 0, "SIGNAL",
		   "what stop sends first (default SIGTERM)"),
	OPT_I64(O, stop_timeout_sec, "stop-timeout", 0, "SECONDS",
		"when stop kills it (default 10)", .max = 1000000000),
	OPT_I64(O, timeout_sec, "timeout", 0, "SECONDS", "kill it after this time",
		.max = 1000000000),
	OPT_CUSTOM(O, restart, "restart", 0, "POLICY", set_restart,
		   "again when it ends: no, on-failure[:N], always, unless-stopped",
		   .common = true),
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
	OPT_END,
};

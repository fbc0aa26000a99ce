/* SPDX-License-Identifier: Apache-2.0 */
/* Not options that anybody types: the places for what containers.conf says of new containers (engine/containers_conf.h
 * has their names). */
#include "cli/create_tables.h"

#define O struct create_options

/* Those that a build has too. */
const struct option_spec create_table_settings_of_steps[] = {
	OPT_STRV(O, conf.capabilities, ".capability", 0, NULL, NULL, .hidden = true),
	OPT_STRV(O, conf.dns, ".dns", 0, NULL, NULL, .hidden = true),
	OPT_STRV(O, conf.dns_options, ".dns-option", 0, NULL, NULL, .hidden = true),
	OPT_STRV(O, conf.dns_searches, ".dns-search", 0, NULL, NULL, .hidden = true),
	OPT_STRING(O, conf.hosts_file, ".hosts-file", 0, NULL, NULL, .hidden = true),
	OPT_STRING(O, conf.network, ".network", 0, NULL, NULL, .hidden = true),
	OPT_I64(O, conf.pids_limit, ".pids-limit", 0, NULL, NULL, .hidden = true,
		.given = OPT_GIVEN(O, conf.pids_limit_given)),
	OPT_END,
};

const struct option_spec create_table_settings[] = {
	OPT_INCLUDE(create_table_settings_of_steps),
	OPT_STRV(O, conf.env, ".env", 0, NULL, NULL, .hidden = true),
	OPT_STRV(O, conf.sysctls, ".sysctl", 0, NULL, NULL, .hidden = true),
	OPT_STRV(O, conf.log_opts, ".log-opt", 0, NULL, NULL, .hidden = true),
	OPT_BOOL(O, conf.name_as_hostname, ".name-as-hostname", 0, NULL, .hidden = true),
	OPT_END,
};

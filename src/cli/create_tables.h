/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of create_table, by subject: one file each. They fill a struct create_options. */
#pragma once

#include "cli/options.h"
#include "engine/create_options.h"

extern const struct option_spec create_table_process[], create_table_user[],
	create_table_files[], create_table_names[], create_table_namespaces[],
	create_table_network[], create_table_security[], create_table_settings[],
	create_table_settings_of_steps[], create_table_life[], create_table_monitor[],
	create_table_health[], create_table_limits[], create_table_refused[];

/* Limits alone, and those that a build has too: they fill a struct limit_options. */
extern const struct option_spec limits_table[], limits_table_of_steps[],
	pod_limits_table[];

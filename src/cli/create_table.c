/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create_table.h"

#include "cli/create_tables.h"
#include "engine/log_option.h"
#include "util/str.h"

/* one a line, however many there are */
/* clang-format off */
const struct option_spec create_table[] = {
	OPT_INCLUDE(create_table_process),
	OPT_INCLUDE(create_table_user),
	OPT_INCLUDE(create_table_files),
	OPT_INCLUDE(create_table_network),
	OPT_INCLUDE(create_table_namespaces),
	OPT_INCLUDE(create_table_security),
	OPT_INCLUDE(create_table_limits),
	OPT_INCLUDE(create_table_health),
	OPT_INCLUDE(create_table_life),
	OPT_INCLUDE(create_table_monitor),
	OPT_INCLUDE(create_table_refused),
	OPT_END,
};
/* clang-format on */

void create_table_defaults(struct create_options *o)
{
	o->network = "none";
	o->read_only_tmpfs = true;
	o->shm_size = 64 << 20;
	o->stop_timeout_sec = 10;
	o->log_driver = LOG_DRIVER_JSON_FILE;
	o->inside.passwd = true;
	o->inside.http_proxy = true;
	o->inside.content_trust = true;
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

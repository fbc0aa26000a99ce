/* SPDX-License-Identifier: Apache-2.0 */
/* What the container's monitor does: log, notification. */
#include "cli/create_tables.h"

#define O struct create_options

static const char *const log_drivers[] = {"json-file", "none", NULL};

const struct option_spec create_table_monitor[] = {
	OPT_GROUP("Log"),
	OPT_WORD(O, log_driver, "log-driver", 0, log_drivers, "how its output is kept"),
	OPT_STRV(O, log_opts, "log-opt", 0, "OPTION", "max-size=SIZE, max-file=NUMBER"),
	OPT_NOT_YET("sdnotify", 0),
	OPT_END,
};

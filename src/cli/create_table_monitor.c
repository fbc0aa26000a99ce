/* SPDX-License-Identifier: Apache-2.0 */
/* What the container's monitor does: log, notification. */
#include "cli/create_tables.h"
#include "engine/log_option.h"
#include "engine/sdnotify.h"

#define O struct create_options

const struct option_spec create_table_monitor[] = {
	OPT_GROUP("Log"),
	OPT_WORD(O, log_driver, "log-driver", 0, log_driver_words,
		 "how its output is kept"),
	OPT_STRV(O, log_opts, "log-opt", 0, "NAME=VALUE",
		 "max-size=SIZE, max-file=NUMBER, path=FILE; with journald tag=TEXT, "
		 "label=FIELD=VALUE"),
	OPT_WORD(O, sdnotify, "sdnotify", 0, sdnotify_words,
		 "who tells systemd that it is ready (default container)"),
	OPT_END,
};

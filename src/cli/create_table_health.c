/* SPDX-License-Identifier: Apache-2.0 */
/* Health checks. */
#include "cli/create_tables.h"

#define O struct create_options

const struct option_spec create_table_health[] = {
	OPT_GROUP("Health check"),
	OPT_STRING(
		O, health.cmd, "health-cmd", 0, "COMMAND",
		"what succeeds while it is healthy; for its shell, a JSON array, or none",
		.common = true),
	OPT_STRING(O, health.interval, "health-interval", 0, "TIME",
		   "between two checks (default 30s), or disable"),
	OPT_STRING(O, health.timeout, "health-timeout", 0, "TIME",
		   "longer means failed (default 30s)"),
	OPT_I64(O, health.retries, "health-retries", 0, "N",
		"unhealthy after N failures (default 3)", .max = 1000000),
	OPT_STRING(O, health.start_period, "health-start-period", 0, "TIME",
		   "failures don't count so long (default 0s)"),
	OPT_STRING(O, health.start_interval, "health-start-interval", 0, "TIME",
		   "between two checks so long"),
	OPT_STRING(O, health.on_failure, "health-on-failure", 0, "ACTION",
		   "none (default), kill, restart, stop"),
	OPT_STRING(O, health.startup_cmd, "health-startup-cmd", 0, "COMMAND",
		   "must succeed before the checks begin"),
	OPT_STRING(O, health.startup_interval, "health-startup-interval", 0, "TIME",
		   "between two of them (default 30s)"),
	OPT_I64(O, health.startup_retries, "health-startup-retries", 0, "N",
		"restart after N failures (default 0: never)", .max = 1000000),
	OPT_I64(O, health.startup_success, "health-startup-success", 0, "N",
		"N times in a row (default once)", .max = 1000000),
	OPT_STRING(O, health.startup_timeout, "health-startup-timeout", 0, "TIME",
		   "longer means failed (default 30s)"),
	OPT_STRING(O, health.log_destination, "health-log-destination", 0, "WHERE",
		   "local (default), events_logger, a directory"),
	OPT_I64(O, health.max_log_count, "health-max-log-count", 0, "N",
		"results that are kept (default 5, 0: all)", .max = 1000000),
	OPT_I64(O, health.max_log_size, "health-max-log-size", 0, "N",
		"characters of each (default 500, 0: all)", .max = 1000000000),
	OPT_BOOL(O, health.none, "no-healthcheck", 0, "leave out the image's check"),
	OPT_END,
};

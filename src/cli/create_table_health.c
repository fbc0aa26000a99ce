/* SPDX-License-Identifier: Apache-2.0 */
/* Health checks. */
#include "cli/create_tables.h"

#define O struct create_options

const struct option_spec create_table_health[] = {
	OPT_NOT_YET("health-cmd", 0),
	OPT_NOT_YET("health-interval", 0),
	OPT_NOT_YET("health-log-destination", 0),
	OPT_NOT_YET("health-max-log-count", 0),
	OPT_NOT_YET("health-max-log-size", 0),
	OPT_NOT_YET("health-on-failure", 0),
	OPT_NOT_YET("health-retries", 0),
	OPT_NOT_YET("health-start-interval", 0),
	OPT_NOT_YET("health-start-period", 0),
	OPT_NOT_YET("health-startup-cmd", 0),
	OPT_NOT_YET("health-startup-interval", 0),
	OPT_NOT_YET("health-startup-retries", 0),
	OPT_NOT_YET("health-startup-success", 0),
	OPT_NOT_YET("health-startup-timeout", 0),
	OPT_NOT_YET("health-timeout", 0),
	OPT_NOT_YET("no-healthcheck", 0),
	OPT_END,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cubby.h"
#include "engine/health.h"

#define STATUS_UNHEALTHY 1 /* podman's */

struct healthcheck_values {
	bool ignore_result, from_monitor;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct healthcheck_values, ignore_result, "ignore-result", 0,
		 "exit 0 whatever the check says"),
	OPT_BOOL(struct healthcheck_values, from_monitor, "from-monitor", 0,
		 "print when to check again, in milliseconds", .hidden = true),
	OPT_END,
};

/* It asked for this check, and goes by the one line. */
static int tell_monitor(const struct health_outcome *outcome, int r, struct error *err)
{
	printf("%" PRId64 "\n", outcome->next_usec / 1000);
	if (r < 0)
		error_drop(err, "nobody hears it");
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct healthcheck_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct health_outcome outcome = {0};
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	if (r < 0)
		return r;
	r = health_run(&e, &c, &outcome, err);
	if (v->from_monitor)
		return tell_monitor(&outcome, r, err);
	if (r < 0 || outcome.success)
		return r;
	/* of this check: how many failures it takes is shown by ps */
	printf("%s\n",
	       health_status_word(outcome.startup ? HEALTH_STARTING : HEALTH_UNHEALTHY));
	return v->ignore_result ? 0 : STATUS_UNHEALTHY;
}

static const struct command run_command = {
	.name = "run",
	.group = "Containers",
	.usage = "[options] CONTAINER",
	.summary = "run a container's health check now",
	.description =
		"The exit status is 0 if the check succeeds, 1 if it fails, and 125 if the container "
		"does not run or has no check.",
	.examples = "cubby healthcheck run web\n"
		    "cubby healthcheck run web || cubby logs --tail 20 web",
	.options = options,
	.values_size = sizeof(struct healthcheck_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

static const struct command *const commands[] = {&run_command, NULL};

const struct command cmd_healthcheck = {
	.name = "healthcheck",
	.group = "Containers",
	.usage = "COMMAND",
	.summary = "whether a container is healthy",
	.description =
		"A container that was made with --health-cmd, or whose image has a health check, is "
		"checked by itself from time to time; 'cubby ps' shows the result.",
	.examples =
		"cubby run -d --health-cmd 'curl -f http://localhost/' --name web httpd\n"
		"cubby healthcheck run web",
	.commands = commands,
};

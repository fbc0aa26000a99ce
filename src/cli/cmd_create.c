/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/configure.h"
#include "cli/create_table.h"
#include "cli/cubby.h"
#include "cli/pod_new.h"
#include "cli/progress.h"
#include "engine/run.h"

static void defaults(void *values)
{
	create_values_defaults(values);
}

static int run(const struct command_call *call, struct error *err)
{
	struct create_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_run_result struct run_result result = RUN_RESULT_INIT;
	cleanup_progress struct progress *progress =
		progress_new(PROGRESS_FETCH, v->quiet);
	struct run_request request = {
		.engine = &e,
		.options = &v->create,
		.progress = progress_callbacks(progress),
		.warn = v->quiet ? NULL : cubby_warn,
	};
	int r;

	v->create.at_rest = true;
	r = create_values_fill(v, call, err);
	if (r >= 0)
		r = cubby_open_dirs(call, &e, err);
	if (r >= 0)
		r = pod_new(&e, &v->create, err);
	if (r >= 0)
		r = container_run(&request, &result, err);
	create_values_clear(v);
	if (r < 0)
		return r;
	printf("%s\n", result.id);
	return 0;
}

const struct command cmd_create = {
	.name = "create",
	.group = "Containers",
	.usage = "[options] IMAGE [COMMAND [ARG...]]",
	.summary = "create a container without starting it",
	.description =
		"The options are those of run. The container's ID is printed; start "
		"sets it in motion.",
	.examples = "cubby create --name web -v ./site:/srv:ro localhost:5000/httpd\n"
		    "cubby create -it --name box debian:12 bash && cubby start -ai box",
	.settings = SETTINGS_FOR_CONTAINERS,
	.options = create_values_table,
	.values_size = sizeof(struct create_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};

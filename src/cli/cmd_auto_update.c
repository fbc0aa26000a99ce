/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/auto_update.h"
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/progress.h"
#include "cli/registry_table.h"
#include "util/json.h"
#include "util/mem.h"

#define STATUS_FAILED 125

struct auto_update_values {
	struct registry_values registry;
	bool dry_run, rollback, quiet;
	const char *format;
};

#define V struct auto_update_values
static const struct option_spec options[] = {
	OPT_BOOL(V, dry_run, "dry-run", 0, "only look whether there are newer images"),
	OPT_BOOL(V, rollback, "rollback", 0,
		 "back to the old image if the new one is not well (default true)"),
	OPT_STRING(V, format, "format", 0, "FORMAT", "json, or a Go template"),
	OPT_BOOL(V, quiet, "quiet", 'q', "show no progress of downloads"),
	OPT_INCLUDE_AT(V, registry, registry_table),
	OPT_END,
};
#undef V

static void defaults(void *values)
{
	struct auto_update_values *v = values;

	registry_values_defaults(&v->registry);
	v->rollback = true;
}

static const char *const words[] = {
	[UPDATE_NONE] = "false",
	[UPDATE_PENDING] = "pending",
	[UPDATE_DONE] = "true",
	[UPDATE_FAILED] = "failed",
	[UPDATE_ROLLED_BACK] = "rolled back",
};

static struct json_object *row(const struct update_task *t)
{
	struct json_object *o = json_object_new_object();
	const struct container *c = t->container;
	const char *unit = container_config_label(&c->config, AUTO_UPDATE_UNIT_LABEL);
	char short_id[13];
	cleanup_free char *both = xasprintf(
		"%s (%s)", container_short_id(c->record.id, short_id), c->record.name);

	json_add_str(o, "Unit", unit ? unit : "");
	json_add_str(o, "Container", both);
	json_add_str(o, "ContainerName", c->record.name);
	json_add_str(o, "ContainerID", c->record.id);
	json_add_str(o, "Image", c->config.image ? c->config.image : "");
	json_add_str(o, "Policy", auto_policy_word(t->policy));
	json_add_str(o, "Updated", words[t->status]);
	return o;
}

static int show(const struct auto_update_values *v, const struct update_tasks *tasks,
		struct error *err)
{
	cleanup_json struct json_object *rows = json_object_new_array();
	const struct format_list list = {
		.format = v->format,
		.table =
			"{{.Unit}}\t{{.Container}}\t{{.Image}}\t{{.Policy}}\t{{.Updated}}",
	};

	for (size_t i = 0; i < tasks->n; i++)
		json_object_array_add(rows, row(&tasks->items[i]));
	return format_is_json(v->format) ? format_print_json(rows, err)
					 : format_print_list(&list, rows, err);
}

static void say_failure(const struct error *err)
{
	(void)!fflush(stdout);
	cli_print_error(stderr, err);
}

static bool has_failed(const struct update_tasks *tasks)
{
	for (size_t i = 0; i < tasks->n; i++)
		if (tasks->items[i].status == UPDATE_FAILED ||
		    tasks->items[i].status == UPDATE_ROLLED_BACK)
			return true;
	return false;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct auto_update_values *v = call->values;
	cleanup_update_tasks struct update_tasks tasks = {0};
	cleanup_progress struct progress *progress =
		progress_new(PROGRESS_FETCH, v->quiet || v->dry_run);
	cleanup_engine struct engine e = ENGINE_INIT;
	struct update_job job = {
		.call = call,
		.engine = &e,
		.only_look = v->dry_run,
		.rollback = v->rollback,
		.progress = progress_callbacks(progress),
		.failed = say_failure,
	};
	int r;

	/* what is made anew belongs to no unit, and this command is not its main process */
	(void)!unsetenv(AUTO_UPDATE_UNIT_LABEL);
	(void)!unsetenv("NOTIFY_SOCKET");
	(void)!unsetenv("SYSTEMD_EXEC_PID");
	registry_values_fill(&v->registry, &job.registry);
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = update_tasks_run(&job, &tasks, err);
	progress_end(progress, r >= 0);
	if (r >= 0)
		r = show(v, &tasks, err);
	return r < 0 ? r : has_failed(&tasks) ? STATUS_FAILED : 0;
}

const struct command cmd_auto_update = {
	.name = "auto-update",
	.group = "Containers",
	.usage = "[options]",
	.summary = "give containers the newer images that their labels ask for",
	.description =
		"Running containers with the label io.containers.autoupdate: with registry their image's name is looked up in "
		"its registry, with local among the images here. If it means another image by now, the unit of systemd that made "
		"the container is restarted; one of no unit is stopped, made anew by the same command line, and started. If the "
		"new one ends, or is unhealthy, everything is as before. cubby-auto-update.timer does this every day.",
	.examples = "cubby auto-update --dry-run\n"
		    "cubby auto-update\n"
		    "systemctl --user enable --now cubby-auto-update.timer",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.arguments = ARGUMENTS_NONE,
	.values_size = sizeof(struct auto_update_values),
	.defaults = defaults,
	.max_args = 0,
	.run = run,
};

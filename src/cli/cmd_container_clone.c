/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/configure.h"
#include "cli/create_tables.h"
#include "cli/cubby.h"
#include "cli/pod_new.h"
#include "cli/progress.h"
#include "cli/recreate.h"
#include "engine/container_start.h"
#include "engine/remove.h"
#include "engine/run.h"
#include "util/mem.h"
#include "util/str.h"

#define NAMES_MAX 1000

struct clone_values {
	bool destroy, force, run;
	const char *name, *pod;
	struct limit_options limits;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct clone_values, destroy, "destroy", 0,
		 "remove the original when the clone is there"),
	OPT_BOOL(struct clone_values, force, "force", 'f',
		 "with --destroy: also if it is running"),
	OPT_STRING(struct clone_values, name, "name", 0, "NAME",
		   "name of the clone (default: ORIGINAL-clone)"),
	OPT_STRING(struct clone_values, pod, "pod", 0, "POD", "make it in this pod"),
	OPT_BOOL(struct clone_values, run, "run", 0, "start it in the background"),
	OPT_GROUP("Limits"),
	OPT_INCLUDE_AT(struct clone_values, limits, limits_table),
	OPT_END,
};

/* web-clone, web-clone1, ... */
static char *free_name(const struct engine *e, const char *original)
{
	char *name = xasprintf("%s-clone", original);

	for (int i = 1; i < NAMES_MAX; i++) {
		cleanup_container struct container c = {0};
		cleanup_error struct error err = ERROR_INIT;

		if (container_find(e, name, &c, &err) < 0)
			break;
		free(name);
		name = xasprintf("%s-clone%d", original, i);
	}
	return name;
}

static int change(const struct command_call *call, const struct container *c,
		  struct create_options *o, struct error *err)
{
	const struct clone_values *v = call->values;
	cleanup_error struct error tolerated = ERROR_INIT;

	o->at_rest = true;
	o->replace = false;
	o->cidfile = NULL;
	if (v->pod)
		o->namespaces.pod = v->pod;
	/* `update` may have changed it */
	if (restart_policy_parse(c->config.restart ? c->config.restart : "no",
				 &o->restart, &tolerated) < 0)
		error_drop(&tolerated, "that of the command line stays");
	if (call->n_args < 3)
		return 0;
	if (o->rootfs_given)
		return error_set(
			err, ERR_INVALID, 0,
			"container %s was made from a directory: its clone can't have "
			"an image",
			c->record.name);
	o->image_name = call->args[2];
	return 0;
}

static int finish(const struct engine *e, const struct clone_values *v,
		  const struct container *original, const char *id, struct error *err)
{
	const struct remove_options remove = {.force = v->force,
					      .timeout_sec = STOP_TIMEOUT_OWN};
	const struct start_options start = {.talk = {NULL, cubby_warn}};
	cleanup_container struct container c = {0};
	int exit_code, r = 0;

	if (v->destroy)
		r = container_remove(e, original, &remove, err);
	if (r >= 0 && v->run)
		r = container_find(e, id, &c, err);
	if (r >= 0 && v->run)
		r = container_start(e, &c, &start, &exit_code, err);
	return r;
}

static int clone_it(const struct command_call *call, struct engine *e,
		    const struct container *original, struct error *err)
{
	const struct clone_values *v = call->values;
	cleanup_recreation struct recreation again = {0};
	cleanup_run_result struct run_result result = RUN_RESULT_INIT;
	cleanup_progress struct progress *progress = progress_new(PROGRESS_FETCH, false);
	cleanup_free char *name = NULL;
	struct run_request request = {
		.engine = e,
		.progress = progress_callbacks(progress),
		.warn = cubby_warn,
	};
	int r = recreate(call, original, &again, err);

	if (r >= 0)
		r = recreate_limits(e, original, &v->limits, &again, err);
	if (r >= 0)
		r = change(call, original, &again.create->create, err);
	if (r < 0)
		return r;
	if (!v->name && call->n_args < 2)
		name = free_name(e, original->record.name);
	request.options = &again.create->create;
	again.create->create.name = name ? name : v->name ? v->name : call->args[1];
	r = pod_new(e, &again.create->create, err);
	if (r >= 0)
		r = container_run(&request, &result, err);
	if (r >= 0)
		r = finish(e, v, original, result.id, err);
	if (r >= 0)
		printf("%s\n", result.id);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct clone_values *v = call->values;
	cleanup_container struct container original = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->force && !v->destroy)
		return error_set(
			err, ERR_INVALID, 0,
			"cannot set --force without --destroy: invalid argument");
	if (v->name && call->n_args > 1)
		return error_set(err, ERR_INVALID, 0,
				 "cannot set --name and the name as a second argument");
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = container_find(&e, call->args[0], &original, err);
	if (r >= 0 && v->destroy && !v->force && status_is_up(original.status))
		r = error_set(err, ERR_CONFLICT, 0,
			      "container %s is %s: it can't be removed without --force: "
			      "container state improper",
			      original.record.name, status_word(original.status));
	return r < 0 ? r : clone_it(call, &e, &original, err);
}

const struct command cmd_container_clone = {
	.name = "clone",
	.group = "Containers",
	.usage = "[options] CONTAINER [NAME [IMAGE]]",
	.summary = "make a container once more, by the command line that made it",
	.description =
		"The clone has the options of the original, not what it has written: its files are those of the "
		"image. Limits are what they are now, with those given here on top. Paths mean what they meant "
		"where the original was made.",
	.examples = "cubby container clone web\n"
		    "cubby container clone --memory 1g web bigger\n"
		    "cubby container clone --destroy -f --run web web2 debian:13",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct clone_values),
	.min_args = 1,
	.max_args = 3,
	.run = run,
};

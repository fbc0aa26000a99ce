/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/create_tables.h"
#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/limits.h"
#include "engine/update.h"

/* The options of a new container that can be changed later; of `create` nothing else is used. */
struct update_values {
	struct create_options create;
	bool has_restart;
};

static int set_restart(const struct option_match *m, struct error *err)
{
	return restart_policy_parse(m->value, m->target, err);
}

static const struct option_spec options[] = {
	OPT_CUSTOM(struct update_values, create.restart, "restart", 0, "POLICY",
		   set_restart,
		   "again when it ends: no, on-failure[:N], always, unless-stopped",
		   .given = OPT_GIVEN(struct update_values, has_restart), .common = true),
	OPT_INCLUDE_AT(struct update_values, create, create_table_health),
	OPT_GROUP("Limits"),
	OPT_INCLUDE_AT(struct update_values, create.limits, limits_table),
	OPT_END,
};

static void defaults(void *values)
{
	((struct update_values *)values)->create.health = HEALTH_OPTIONS_INIT;
}

/* Whether any of the health options was given. */
static bool has_health(const struct health_options *o)
{
	return o->cmd || o->interval || o->start_period || o->timeout ||
	       o->retries >= 0 || o->startup_cmd || o->startup_interval ||
	       o->startup_timeout || o->startup_retries >= 0 || o->startup_success >= 0 ||
	       o->on_failure || o->log_destination || o->max_log_count >= 0 ||
	       o->max_log_size >= 0 || o->none;
}

static int update_one(const struct engine *e, const char *name,
		      const struct container_update *update, struct error *err)
{
	cleanup_container struct container c = {0};
	int r = container_find(e, name, &c, err);

	if (r >= 0)
		r = container_update(e, &c, update, err);
	if (r >= 0)
		printf("%s\n", c.record.id);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct update_values *v = call->values;
	const struct container_update update = {
		.restart = v->has_restart ? &v->create.restart : NULL,
		.health = has_health(&v->create.health) ? &v->create.health : NULL,
		.limits = limits_given(&v->create.limits) ? &v->create.limits : NULL,
	};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (!update.restart && !update.health && !update.limits) {
		error_set(err, ERR_INVALID, 0, "nothing to change was given");
		return error_hint(err, "For example: cubby update --restart always %s",
				  call->args[0]);
	}
	r = cubby_open(call, &e, err);
	for (size_t i = 0; r >= 0 && i < call->n_args; i++)
		r = update_one(&e, call->args[i], &update, err);
	return r;
}

const struct command cmd_update = {
	.name = "update",
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "change a container's limits, restart policy or health check",
	.description =
		"What is not given stays, but swap, which follows --memory. Limits count at once, and for later starts; -1 (of --cpus: 0) "
		"lifts one. A health check where there was none begins with the container's next "
		"start.",
	.examples =
		"cubby update --memory 1g --cpus 1.5 web\n"
		"cubby update --restart on-failure:3 web\n"
		"cubby update --health-cmd 'wget -q localhost' --health-interval 10s web",
	.options = options,
	.values_size = sizeof(struct update_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run,
};

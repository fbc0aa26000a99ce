/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/auto_update.h"

#include <stdlib.h>

#include "engine/event.h"
#include "runtime/systemd_bus.h"
#include "store/image_record.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* Start and stop of a unit have limits of their own. */
#define JOB_USEC (1800 * USEC_PER_SEC)

void update_tasks_release(struct update_tasks *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i].new_image);
	free(t->items);
	containers_release(&t->containers);
	*t = (struct update_tasks){0};
}

static void fail(const struct update_job *job, struct update_task *t, struct error *err)
{
	t->status = UPDATE_FAILED;
	error_wrap(err, "auto-update container %s", t->container->record.name);
	job->failed(err);
	error_release(err);
}

/* Those that run and have a policy. */
static int collect(const struct update_job *job, struct update_tasks *t,
		   struct error *err)
{
	bool has_systemd = systemd_bus_reachable(job->engine->rootless);
	int r = container_list(job->engine, &t->containers, err);

	if (r < 0)
		return r;
	t->items = xcalloc(t->containers.n + 1, sizeof(*t->items));
	for (size_t i = 0; i < t->containers.n; i++) {
		struct container *c = &t->containers.items[i];
		struct update_task task = {.container = c};
		const char *unit =
			container_config_label(&c->config, AUTO_UPDATE_UNIT_LABEL);

		if (!status_is_up(c->status) || c->config.is_infra)
			continue;
		r = auto_policy_parse(
			container_config_label(&c->config, AUTO_UPDATE_LABEL),
			&task.policy, err);
		if (r < 0) {
			fail(job, &task, err);
		} else if (task.policy == AUTO_NONE) {
			continue;
		}
		task.unit = has_systemd && !str_empty(unit) ? unit : NULL;
		t->items[t->n++] = task;
	}
	return 0;
}

static void look(const struct update_job *job, struct update_task *t)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *own =
		container_config_label(&t->container->config, AUTO_UPDATE_AUTH_LABEL);
	const struct auto_image a = {
		.container = t->container,
		.policy = t->policy,
		.authfile = own ? own : job->authfile,
		.registry = job->registry,
		.progress = job->progress,
		.only_look = job->only_look,
	};
	int r;

	if (t->status == UPDATE_FAILED)
		return;
	r = auto_image_newer(job->engine, &a, &t->new_image, &err);
	if (r < 0)
		fail(job, t, &err);
	else if (r > 0)
		t->status = UPDATE_PENDING;
}

static void done(const struct update_job *job, struct update_task *t)
{
	t->status = UPDATE_DONE;
	event_container(job->engine, &t->container->record, &t->container->config,
			EVENT_AUTO_UPDATE);
}

/* ------------------------------------------------------------------------ with units */

static int restart_unit(const struct update_job *job, const char *unit, struct error *err)
{
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	int r = systemd_bus_open(job->engine->rootless, &bus, err);

	return r < 0 ? r : systemd_unit_do(bus, "RestartUnit", unit, JOB_USEC, err);
}

static bool belongs_to(const struct container *c, const char *unit)
{
	return status_is_up(c->status) && !c->config.is_infra &&
	       str_eq(container_config_label(&c->config, AUTO_UPDATE_UNIT_LABEL), unit);
}

/* Its containers have the new image, and are well. */
static int check_unit(const struct update_job *job, const struct update_task *t,
		      struct error *err)
{
	cleanup_containers struct containers all = {0};
	int r = container_list(job->engine, &all, err);
	bool found = false;

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const struct container *c = &all.items[i];

		if (!belongs_to(c, t->unit))
			continue;
		found = true;
		if (str_eq(c->record.id, t->container->record.id)) {
			error_set(
				err, ERR_UNSUPPORTED, 0,
				"unit %s starts the container that exists, with the image that it has",
				t->unit);
			return error_hint(err,
					  "A unit that makes it anew: cubby generate "
					  "systemd --new, or a Quadlet file");
		}
		r = auto_update_wait(job->engine, c->record.id, err);
	}
	if (r < 0 || found)
		return r;
	return error_set(err, ERR_CONFLICT, 0, "no container of unit %s runs", t->unit);
}

/* The names of a unit's images mean the new ones (another task may have moved them back), or the old ones. */
static int name_images(const struct update_job *job, const struct update_tasks *tasks,
		       const char *unit, bool is_new, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < tasks->n; i++) {
		const struct update_task *t = &tasks->items[i];

		if (t->status == UPDATE_PENDING && str_eq(t->unit, unit))
			r = image_record_add_name(job->engine->store,
						  is_new ? t->new_image
							 : t->container->record.image,
						  t->container->config.image, err);
	}
	return r;
}

/* What was there before. */
static int go_back(const struct update_job *job, const struct update_tasks *tasks,
		   const struct update_task *t, struct error *err)
{
	int r = name_images(job, tasks, t->unit, false, err);

	if (r >= 0)
		r = restart_unit(job, t->unit, err);
	if (r >= 0)
		r = check_unit(job, t, err);
	return r < 0 ? error_wrap(err, "roll back") : 0;
}

/* One restart for all containers of the unit; all of them have one fate. */
static void update_unit(const struct update_job *job, struct update_tasks *tasks,
			struct update_task *first)
{
	cleanup_error struct error err = ERROR_INIT, again = ERROR_INIT;
	const char *unit = first->unit;
	int r = name_images(job, tasks, unit, true, &err), back = -1;

	if (r >= 0)
		r = restart_unit(job, unit, &err);
	if (r >= 0)
		r = check_unit(job, first, &err);
	/* not if it did not come to a start of the new image */
	if (r < 0 && (err.kind == ERR_CONFLICT || err.kind == ERR_SYSTEM) &&
	    job->rollback)
		back = go_back(job, tasks, first, &again);
	for (struct update_task *t = tasks->items; t < tasks->items + tasks->n; t++) {
		if (t->status != UPDATE_PENDING || !str_eq(t->unit, unit))
			continue;
		if (r >= 0)
			done(job, t);
		else
			t->status = back >= 0 ? UPDATE_ROLLED_BACK : UPDATE_FAILED;
	}
	if (r < 0) {
		error_wrap(&err, "auto-update unit %s", unit);
		job->failed(&err);
	}
	if (error_is_set(&again)) {
		error_wrap(&again, "auto-update unit %s", unit);
		job->failed(&again);
	}
}

/* -------------------------------------------------------------------- without systemd */

static void replace(const struct update_job *job, struct update_task *t)
{
	cleanup_error struct error err = ERROR_INIT;
	bool rolled_back = false;

	if (image_record_add_name(job->engine->store, t->new_image,
				  t->container->config.image, &err) < 0 ||
	    update_replace(job, t->container, &rolled_back, &err) < 0)
		fail(job, t, &err);
	else
		done(job, t);
	if (rolled_back)
		t->status = UPDATE_ROLLED_BACK;
}

int update_tasks_run(const struct update_job *job, struct update_tasks *ret,
		     struct error *err)
{
	int r = collect(job, ret, err);

	for (size_t i = 0; r >= 0 && i < ret->n; i++)
		look(job, &ret->items[i]);
	for (size_t i = 0; r >= 0 && !job->only_look && i < ret->n; i++) {
		struct update_task *t = &ret->items[i];

		if (t->status == UPDATE_PENDING && t->unit)
			update_unit(job, ret, t);
		else if (t->status == UPDATE_PENDING)
			replace(job, t);
	}
	return r;
}

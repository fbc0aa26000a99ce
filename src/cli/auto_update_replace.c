/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * The old container is stopped and steps aside by name, the new one is made by the old one's command line and started.
 * Only when it is well the old one is removed: what it has written, and its image, are there up to that moment. If it is
 * not the new one is removed, and the old one gets its name back and is started.
 */
#include "cli/auto_update.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/recreate.h"
#include "engine/container_start.h"
#include "engine/dependents.h"
#include "engine/remove.h"
#include "engine/rename.h"
#include "engine/run.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

struct replacement {
	const struct update_job *job;
	const struct container *old;
	struct recreation again;
	struct run_result made;
	int kept; /* the old one would go at its end */
	bool aside;
};

static void replacement_release(struct replacement *x)
{
	recreation_release(&x->again);
	run_result_release(&x->made);
}

static int check(const struct replacement *x, struct error *err)
{
	if (!dependents_exist(x->job->engine, x->old->record.id))
		return 0;
	error_set(err, ERR_CONFLICT, 0,
		  "other containers share its namespaces, or need it");
	return error_hint(err,
			  "Containers that belong together are updated as a unit of "
			  "systemd, for instance as a pod: cubby generate systemd --new");
}

/* As it was made, with the settings of today. */
static int plan(struct replacement *x, struct error *err)
{
	cleanup_error struct error tolerated = ERROR_INIT;
	int r = recreate(x->job->call, x->old, &x->again, err);
	struct create_options *o;

	if (r >= 0)
		r = recreate_limits(x->job->engine, x->old, NULL, &x->again, err);
	if (r < 0)
		return r;
	o = &x->again.create->create;
	o->at_rest = true;
	o->replace = false;
	o->name = x->old->record.name;
	o->image_name = x->old->config.image;
	o->pull_policy = PULL_NEVER;
	/* `update` may have changed it */
	if (restart_policy_parse(x->old->config.restart ? x->old->config.restart : "no",
				 &o->restart, &tolerated) < 0)
		error_drop(&tolerated, "that of the command line stays");
	return 0;
}

static int step_aside(struct replacement *x, struct error *err)
{
	const struct engine *e = x->job->engine;
	cleanup_free char *name =
		xasprintf("%s-%.12s", x->old->record.name, x->old->record.id);
	int r = x->kept = container_keep(e, x->old, err);

	if (r >= 0)
		r = container_stop(e, x->old, STOP_TIMEOUT_OWN, err);
	if (r >= 0)
		r = container_rename(e, x->old, name, err);
	x->aside = r >= 0;
	return r;
}

static int make_and_start(struct replacement *x, struct error *err)
{
	const struct create_options *o = &x->again.create->create;
	const struct run_request request = {
		.engine = x->job->engine,
		.options = o,
		.progress = x->job->progress,
	};
	const struct start_options start = {.talk = {.progress = x->job->progress}};
	cleanup_container struct container c = {0};
	int exit_code, r;

	if (o->cidfile)
		(void)!unlink(o->cidfile);
	r = container_run(&request, &x->made, err);
	if (r >= 0)
		r = container_find(x->job->engine, x->made.id, &c, err);
	if (r >= 0)
		r = container_start(x->job->engine, &c, &start, &exit_code, err);
	return r < 0 ? r : auto_update_wait(x->job->engine, x->made.id, err);
}

static int remove_one(const struct replacement *x, const char *id, struct error *err)
{
	const struct remove_options remove = {.force = true,
					      .timeout_sec = STOP_TIMEOUT_OWN};
	cleanup_container struct container c = {0};
	int r = container_find(x->job->engine, id, &c, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) { /* --rm */
		error_release(err);
		return 0;
	}
	return r < 0 ? r : container_remove(x->job->engine, &c, &remove, err);
}

static int write_cidfile(const struct replacement *x, struct error *err)
{
	const char *path = x->again.create->create.cidfile, *id = x->old->record.id;

	return path ? fs_write_atomic(AT_FDCWD, path, id, strlen(id), 0644, 0, err) : 0;
}

/* What was there before. */
static int go_back(const struct replacement *x, struct error *err)
{
	const struct engine *e = x->job->engine;
	const struct start_options start = {.talk = {.progress = x->job->progress}};
	cleanup_container struct container c = {0};
	int exit_code, r = x->made.id ? remove_one(x, x->made.id, err) : 0;

	if (r >= 0)
		r = image_record_add_name(e->store, x->old->record.image,
					  x->old->config.image, err);
	if (r >= 0)
		r = container_find(e, x->old->record.id, &c, err);
	if (r >= 0 && x->aside)
		r = container_rename(e, &c, x->old->record.name, err);
	if (r >= 0)
		r = write_cidfile(x, err);
	if (r >= 0)
		r = container_start(e, &c, &start, &exit_code, err);
	if (r >= 0 && x->kept > 0)
		r = container_pass(e, &c, err);
	return r < 0 ? error_wrap(err, "roll back") : 0;
}

int update_replace(const struct update_job *job, const struct container *c,
		   bool *ret_rolled_back, struct error *err)
{
	cleanup(replacement_release) struct replacement x = {.job = job, .old = c};
	cleanup_error struct error again = ERROR_INIT;
	int r = check(&x, err);

	if (r >= 0)
		r = plan(&x, err);
	if (r < 0)
		return r;
	r = step_aside(&x, err);
	if (r >= 0)
		r = make_and_start(&x, err);
	if (r >= 0 || (x.made.id && !job->rollback))
		return r < 0 ? r : remove_one(&x, c->record.id, err);
	if (go_back(&x, &again) >= 0)
		*ret_rolled_back = true;
	else
		job->failed(&again);
	return r;
}

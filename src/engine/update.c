/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/update.h"

#include <stdlib.h>

#include <fcntl.h>
#include <string.h>

#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/event.h"
#include "engine/limits.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/str.h"

static int set_restart(const struct container *c, const struct restart_policy *policy,
		       struct container_config *config, struct error *err)
{
	if (c->record.auto_remove && policy->when != RESTART_NO)
		return error_set(
			err, ERR_CONFLICT, 0,
			"container %s is removed when it has ended (--rm), so it "
			"can't have a restart policy",
			c->record.name);
	free(config->restart);
	config->restart = restart_policy_text(policy);
	return 0;
}

static bool has_process(const struct container *c)
{
	return c->status == CONTAINER_RUNNING || c->status == CONTAINER_PAUSED;
}

/* Where the next start will put it. */
static int check_at_rest(const struct engine *e, const struct container *c,
			 const struct spec_resources *change,
			 const struct limit_options *o, struct error *err)
{
	const struct cgroup_options wish = {
		.mode = (int)c->config.cgroup_mode,
		.parent = c->config.cgroup_parent,
	};
	cleanup_cgroup_place struct cgroup_place place = {0};
	int r = limits_place_find(e, &wish, &place, err);

	return r < 0 ? r : limits_place_check(&place, change, o, err);
}

static int change_running(const struct engine *e, const struct container *c,
			  const struct spec_resources *change,
			  const struct limit_options *o, struct error *err)
{
	cleanup_free char *path = container_cgroup_path(e, c->record.id);
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	int r;

	if (!path) {
		r = check_at_rest(e, c, change, o, err);
		if (r < 0)
			return r;
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"it runs without a cgroup of its own, so it can't be limited now");
		return error_hint(err, "Limits that it is started with: cubby restart %s",
				  c->record.name);
	}
	r = cgroup_open(path, &group, err);
	if (r >= 0)
		r = cgroup_change(&group, change, err);
	return r < 0 ? limits_as_options(NULL, o, err) : 0;
}

static int write_spec(const struct engine *e, const struct container *c,
		      const struct spec *spec, struct error *err)
{
	cleanup_json struct json_object *document = spec_to_json(spec);
	cleanup_free char *text = json_text(document, true);
	cleanup_free char *data = container_data_path(e, c->record.id, CONFIG_FILE);
	cleanup_free char *run = container_dir_path(e, c->record.id, CONFIG_FILE);

	return fs_write_atomic(AT_FDCWD, fs_exists(AT_FDCWD, data) ? data : run, text,
			       strlen(text), 0600, 0, err);
}

/* The cgroup first: what it refuses is not on record. */
static int set_limits(const struct engine *e, const struct container *c,
		      const struct limit_options *o, struct error *err)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	cleanup(spec_resources_freep) struct spec_resources *after = NULL, *change = NULL;
	cleanup_fd int lock_fd = -EBADF;
	int r = 0;

	if (o->device_rules && (e->rootless || c->config.privileged))
		return error_set(err, ERR_UNSUPPORTED, 0, "--device-cgroup-rule: %s",
				 e->rootless ? "only root can limit devices"
					     : "--privileged allows all devices");
	if (has_process(c))
		r = lock_fd = container_dir_lock(e, c->record.id, 0, err);
	if (r >= 0)
		r = container_dir_spec(e, c->record.id, &spec, err);
	if (r >= 0)
		r = limits_change(o, spec->linux->resources, &after, &change, err);
	if (r < 0 || !change)
		return r;
	r = has_process(c) ? change_running(e, c, change, o, err)
			   : check_at_rest(e, c, change, o, err);
	if (r < 0)
		return r;
	spec_resources_free(spec->linux->resources);
	spec->linux->resources = TAKE_PTR(after);
	return write_spec(e, c, spec, err);
}

int container_update(const struct engine *e, const struct container *c,
		     const struct container_update *update, struct error *err)
{
	cleanup_container_config struct container_config config = {0};
	cleanup_free char *text = NULL;
	int r = container_config_parse(c->record.config, &config, err);

	if (r >= 0 && update->restart)
		r = set_restart(c, update->restart, &config, err);
	if (r >= 0 && update->health)
		r = health_config_update(update->health, &config.health, err);
	if (r >= 0 && update->limits)
		r = set_limits(e, c, update->limits, err);
	if (r < 0)
		return r;
	text = container_config_text(&config);
	r = container_record_config(e->store, c->record.id, text, err);
	if (r < 0)
		return r;
	event_container(e, &c->record, &config, EVENT_UPDATE);
	return 0;
}

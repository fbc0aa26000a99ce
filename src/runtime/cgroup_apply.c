/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_apply.h"

#include <string.h>
#include <unistd.h>

#include "runtime/cgroup_device.h"
#include "runtime/cgroup_files.h"
#include "runtime/cgroup_place.h"
#include "runtime/cgroup_tree.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/str.h"

struct target {
	int fd;
	const char *path;
};

static int missing_controller(const struct target *c, const struct cgroup_setting *s,
			      struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "linux.resources.%s: the %s controller is not available in cgroup %s",
		  s->option, s->controller, c->path);
	if (geteuid() != 0)
		error_hint(err, CGROUP_DELEGATE_REMEDY, geteuid());
	else
		error_hint(
			err,
			"see cgroup.controllers and cgroup.subtree_control in the cgroups "
			"above it");
	return -EOPNOTSUPP;
}

static bool has_controller(int dirfd, const char *controller)
{
	cleanup_strv char **have = *controller ? cgroup_controllers(dirfd) : NULL;

	return !*controller || strv_has(have, controller);
}

static int apply_setting(const struct target *c, const struct cgroup_setting *s,
			 struct error *err)
{
	const char *file = s->file, *value = s->value;
	int r = cgroup_file_write(c->fd, file, value);

	if (r == -ENOENT && s->else_file && !*s->else_file)
		return 0;
	if (r == -ENOENT && s->else_file) {
		file = s->else_file;
		value = s->else_value;
		r = cgroup_file_write(c->fd, file, value);
	}
	if (r == 0)
		return 0;
	if (r == -ENOENT && !has_controller(c->fd, s->controller))
		return missing_controller(c, s, err);
	if (r == -ENOENT)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"linux.resources.%s: this kernel's cgroups have no file %s",
			s->option, file);
	return error_set(err, r == -EINVAL || r == -ERANGE ? ERR_INVALID : ERR_SYSTEM, -r,
			 "linux.resources.%s: write \"%s\" to %s", s->option, value,
			 file);
}

/* Lifting a limit where there is no controller to set one is done already. */
static bool is_moot(const struct target *c, const struct cgroup_setting *s)
{
	return str_starts(s->value, "max") && !has_controller(c->fd, s->controller);
}

int cgroup_apply(int dirfd, const char *path, const struct cgroup_plan *plan,
		 const struct spec_resources *resources, struct error *err)
{
	const struct target target = {dirfd, path}, *c = &target;

	for (size_t i = 0; i < plan->n_settings; i++) {
		const struct cgroup_setting *s = &plan->settings[i];
		int r = is_moot(c, s) ? 0 : apply_setting(c, s, err);

		if (r < 0)
			return r;
		log_debug("cgroup %s: %s = %s", c->path, s->file, s->value);
	}
	if (!resources)
		return 0;
	return cgroup_device_apply(c->fd, resources->devices, resources->n_devices, err);
}

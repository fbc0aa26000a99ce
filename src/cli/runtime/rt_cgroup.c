/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt_cgroup.h"

#include <string.h>
#include <unistd.h>

#include "runtime/cgroup_manager.h"
#include "runtime/cgroup_plan.h"
#include "runtime/own_map.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define NAME_PREFIX  "cubby"
#define SCOPE_SUFFIX ".scope"
#define NAME_MAX_LEN 200

void rt_cgroup_release(struct rt_cgroup *g)
{
	cgroup_place_release(&g->place);
	free(g->name);
	*g = (struct rt_cgroup){0};
}

static bool is_unit_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@+";
	size_t len = strlen(name);

	return len > 0 && len <= NAME_MAX_LEN && name[0] != '.' &&
	       strspn(name, allowed) == len;
}

static int refuse_form(const char *path, struct error *err)
{
	cleanup_free char *quoted = str_quote(path);

	error_set(err, ERR_INVALID, 0,
		  "linux.cgroupsPath: %s is not of the form SLICE:PREFIX:NAME, which "
		  "systemd needs",
		  quoted);
	return error_hint(err, "such as user.slice:" NAME_PREFIX ":web");
}

int rt_cgroup_parse(const char *path, const char *id, char **ret_slice, char **ret_name,
		    struct error *err)
{
	cleanup_strv char **parts = str_empty(path) ? NULL : str_split(path, ':');
	cleanup_free char *name = NULL;

	*ret_slice = NULL;
	if (parts && strv_len(parts) != 3)
		return refuse_form(path, err);
	if (!parts)
		name = xasprintf(NAME_PREFIX "-%s", id);
	else if (*parts[1])
		name = xasprintf("%s-%s", parts[1], parts[2]);
	else
		name = xstrdup(parts[2]);
	if (str_ends(name, SCOPE_SUFFIX))
		name[strlen(name) - strlen(SCOPE_SUFFIX)] = '\0';
	if (!is_unit_name(name) || (parts && !*parts[2]))
		return refuse_form(parts ? path : id, err);
	if (parts && *parts[0])
		*ret_slice = xstrdup(parts[0]);
	*ret_name = TAKE_PTR(name);
	return 0;
}

static int plan_systemd(const struct spec *spec, const char *id, struct rt_cgroup *g,
			struct error *err)
{
	cleanup_free char *slice = NULL;
	struct cgroup_wish wish = {
		.manager = CGROUP_MANAGER_SYSTEMD,
		.mode = CGROUP_NO_CONMON,
		.user_manager = geteuid() != 0 || !own_map_is_host(),
	};
	int r = rt_cgroup_parse(spec->linux->cgroups_path, id, &slice, &g->name, err);

	if (r < 0)
		return r;
	wish.parent = slice ? slice : wish.user_manager ? NULL : "system.slice";
	r = cgroup_place_find(&wish, &g->place, err);
	if (r == 0)
		r = cgroup_place_check(&g->place, spec->linux->resources, NULL, err);
	return r;
}

int rt_cgroup_plan(const struct rt_globals *globals, const struct spec *spec,
		   const char *id, struct rt_cgroup *ret, char **ret_path,
		   struct error *err)
{
	cleanup_error struct error ignored = ERROR_INIT;
	int r;

	*ret_path = NULL;
	ret->manager = globals->systemd_cgroup
			       ? RT_CGROUP_SYSTEMD
			       : (enum rt_cgroup_manager)globals->cgroup_manager;
	switch (ret->manager) {
	case RT_CGROUP_DISABLED:
		return 0;
	case RT_CGROUP_SYSTEMD:
		r = plan_systemd(spec, id, ret, err);
		if (r == 0)
			*ret_path = cgroup_place_path(&ret->place, ret->name);
		return r < 0 ? error_wrap(err, "--systemd-cgroup") : 0;
	case RT_CGROUPFS:
		break;
	}
	if (cgroup_path_find(spec->linux->cgroups_path, id, ret_path, &ignored) < 0)
		error_drop(&ignored, "cgroup_create() says whether that matters");
	return 0;
}

int rt_cgroup_make(const struct rt_cgroup *g, const struct spec *spec, const char *id,
		   struct cgroup *ret, struct error *err)
{
	const struct cgroup_request request = {
		.place = &g->place,
		.name = g->name,
		.description = id,
		.resources = spec->linux->resources,
	};
	const char *what = NULL;

	*ret = CGROUP_INIT;
	if (g->manager == RT_CGROUP_SYSTEMD)
		return cgroup_make(&request, ret, err);
	if (g->manager == RT_CGROUPFS)
		return cgroup_create(spec->linux->cgroups_path, id,
				     spec->linux->resources, ret, err);
	if (!cgroup_asked(spec->linux->resources, &what))
		return 0;
	return error_set(
		err, ERR_INVALID, 0,
		"linux.resources.%s cannot be set with --cgroup-manager disabled", what);
}

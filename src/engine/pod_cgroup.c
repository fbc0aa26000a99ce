/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_cgroup.h"

#include <string.h>
#include <unistd.h>

#include "engine/create_options.h"
#include "engine/limits.h"
#include "engine/start_plan.h"
#include "runtime/cgroup_group.h"
#include "runtime/cgroup_manager.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define NAME_PREFIX "cubby_pod_"

/* With cgroupfs the place depends on who asks: the next one goes where the first one was. */
static char *above(const struct cgroup_place *place, const char *asked)
{
	if (place->manager == CGROUP_MANAGER_SYSTEMD)
		return str_empty(asked) ? NULL : xstrdup(asked);
	return xstrdup(place->parent);
}

static int check_parent(const struct cgroup_place *place, const char *asked,
			struct error *err)
{
	if (place->manager != CGROUP_MANAGER_NONE || str_empty(asked))
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "--cgroup-parent: the pod cannot have a cgroup%s%s",
		  place->why ? ": " : "", place->why ? place->why : "");
	return place->remedy ? error_hint(err, "%s", place->remedy) : -EOPNOTSUPP;
}

static int find_place(const struct engine *e, const struct cgroup_options *where,
		      struct cgroup_place *ret, struct error *err)
{
	int r = limits_place_find(e, where, ret, err);

	return r < 0 && !str_empty(where->parent)
		       ? error_wrap(err, "--cgroup-parent %s", where->parent)
		       : r;
}

int pod_cgroup_plan(const struct engine *e, const struct cgroup_options *where,
		    const struct limit_options *limits, const char *pod_id,
		    struct pod_cgroup_config *ret, struct error *err)
{
	cleanup(spec_resources_freep) struct spec_resources *resources = NULL;
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_json struct json_object *document = NULL;
	int r = limits_build(limits, &resources, err);

	if (r >= 0)
		r = find_place(e, where, &place, err);
	if (r >= 0)
		r = check_parent(&place, where->parent, err);
	if (r >= 0)
		r = limits_place_check(&place, resources, limits, err);
	if (r < 0 || place.manager == CGROUP_MANAGER_NONE)
		return r < 0 ? r : 0;
	ret->name = xasprintf(NAME_PREFIX "%s", pod_id);
	ret->above = above(&place, where->parent);
	ret->parent = cgroup_group_parent(&place, ret->name);
	ret->path = cgroup_group_path(&place, ret->name);
	ret->manager = place.manager;
	if (resources) {
		document = spec_resources_to_json(resources);
		ret->limits = json_text(document, false);
	}
	return 0;
}

char *pod_cgroup_above(const struct pod_cgroup_config *c)
{
	const char *name = c->parent && c->name ? strstr(c->parent, c->name) : NULL;

	if (!name || name == c->parent)
		return xstrdup("");
	return xasprintf("%.*s%s", (int)(name - c->parent - 1), c->parent,
			 *c->parent == '/' ? "" : ".slice");
}

void pod_cgroup_join(const struct pod_cgroup_config *c, struct create_options *o)
{
	if (!c->parent || !str_empty(o->cgroup.parent) ||
	    (o->cgroup.mode != CGROUP_ENABLED && o->cgroup.mode != CGROUP_NO_CONMON))
		return;
	o->cgroup.parent = c->parent;
	o->cgroup.pod = c;
}

static int make(const struct start_plan *p, const struct cgroup_place *place,
		struct error *err)
{
	cleanup(spec_resources_freep) struct spec_resources *resources = NULL;
	struct cgroup_request wanted = {
		.place = place,
		.name = p->pod_cgroup,
		.description = "Pod of containers",
	};
	int r = p->pod_limits ? spec_resources_parse(p->pod_limits, strlen(p->pod_limits),
						     &resources, err)
			      : 0;

	wanted.resources = resources;
	return r < 0 ? r : cgroup_group_make(&wanted, err);
}

int pod_cgroup_make(const struct start_plan *p, struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	struct cgroup_wish wish;
	int r;

	if (!p->pod_cgroup)
		return 0;
	start_plan_cgroup(p, &wish);
	wish.parent = p->pod_above;
	r = cgroup_place_find(&wish, &place, err);
	if (r >= 0)
		r = make(p, &place, err);
	return r < 0 ? error_wrap(err, "the pod's cgroup") : 0;
}

int pod_cgroup_remove(const struct pod_cgroup_config *c, struct error *err)
{
	const struct cgroup_group g = {
		.parent = c->parent,
		.path = c->path,
		.manager = (enum cgroup_manager)c->manager,
		.user_manager = geteuid() != 0,
	};

	return c->parent ? cgroup_group_unmake(&g, err) : 0;
}

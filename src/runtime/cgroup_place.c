/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_place.h"

#include <string.h>

#include "runtime/cgroup_plan.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

const char *const cgroup_mode_words[] = {"enabled", "disabled", "no-conmon", "split",
					 NULL};

void cgroup_place_release(struct cgroup_place *p)
{
	free(p->slice);
	free(p->parent);
	strv_free(p->controllers);
	free(p->why);
	free(p->remedy);
	*p = (struct cgroup_place){0};
}

static int refuse(const struct cgroup_place *p, const struct cgroup_setting *s,
		  struct error *err)
{
	static const char *const delegated[] = {"cpu", "cpuset", "io", "memory", "pids"};
	bool is_usual = false;

	error_set(err, ERR_UNSUPPORTED, 0,
		  "linux.resources.%s: the %s controller can't be had%s%s", s->option,
		  s->controller, p->why ? ": " : "", p->why ? p->why : "");
	for (size_t i = 0; i < ARRAY_SIZE(delegated); i++)
		is_usual = is_usual || str_eq(s->controller, delegated[i]);
	if (p->remedy && (is_usual || p->manager == CGROUP_MANAGER_NONE))
		return error_hint(err, "%s", p->remedy);
	return -EOPNOTSUPP;
}

static bool can_be_kept(const struct cgroup_place *p, const struct cgroup_setting *s)
{
	if (str_eq(s->value, "max") || str_starts(s->value, "max "))
		return true; /* no limit */
	if (p->manager == CGROUP_MANAGER_NONE)
		return false;
	return !*s->controller || strv_has(p->controllers, s->controller);
}

int cgroup_place_check(const struct cgroup_place *p,
		       const struct spec_resources *resources, const char **ret_option,
		       struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	int r = cgroup_plan_build(resources, &plan, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < plan.n_settings; i++) {
		if (can_be_kept(p, &plan.settings[i]))
			continue;
		if (ret_option)
			*ret_option = plan.settings[i].option;
		return refuse(p, &plan.settings[i], err);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of create_plan_build(): what the container's root may do with its own cgroup. It may write where it runs
 * containers or services of its own; and where it could mount a cgroup file system itself, or make a namespace
 * that can, its cgroup lies a level below the limits just as well (runtime/cgroup_delegate.h).
 */
#include "engine/create_plan.h"
#include "engine/create_steps.h"

#include <linux/capability.h>

#include "runtime/cgroup_manager.h"

#define SYS_ADMIN (UINT64_C(1) << CAP_SYS_ADMIN)

static int check_systemd(const struct create_plan *p, struct error *err)
{
	const struct cgroup_place *place = &p->cgroup_place;

	if (place->manager != CGROUP_MANAGER_NONE)
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "--systemd=always: the container cannot have a cgroup%s%s",
		  place->why ? ": " : "", place->why ? place->why : "");
	return place->remedy ? error_hint(err, "%s", place->remedy) : -EOPNOTSUPP;
}

int create_plan_inside(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	bool own = p->sharing.options[NS_CGROUP].mode == NAMESPACE_PRIVATE &&
		   o->cgroup.mode != CGROUP_DISABLED;

	(void)e;
	p->writes_cgroup = own && (p->is_systemd || o->nested || o->privileged ||
				   security_is_unmasked(&p->security, "/sys/fs/cgroup"));
	p->owns_cgroup = own && (p->writes_cgroup || (p->security.bounding & SYS_ADMIN) ||
				 p->security.seccomp != SECCOMP_CHOICE_DEFAULT);
	return p->is_systemd && o->inside.systemd == SYSTEMD_ALWAYS
		       ? check_systemd(p, err)
		       : 0;
}

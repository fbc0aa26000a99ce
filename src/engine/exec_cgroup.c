/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/exec_cgroup.h"

#include "engine/container_cgroup.h"
#include "runtime/cgroup_delegate.h"
#include "util/mem.h"

int exec_cgroup_open(const struct engine *e, const struct container *c,
		     struct cgroup *ret, struct error *err)
{
	cleanup_free char *path = container_cgroup_path(e, c->record.id);

	*ret = CGROUP_INIT;
	return path ? cgroup_open_near(path, c->init.pid, c->config.systemd, ret, err)
		    : 0;
}

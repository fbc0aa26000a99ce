/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/start_cgroup.h"

#include <stdlib.h>

#include "engine/container_cgroup.h"
#include "engine/limits.h"
#include "engine/pod_cgroup.h"
#include "monitor/protocol.h"
#include "runtime/cgroup_manager.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

/* What its stop takes besides the container's own time-out: the clean-up. */
#define STOP_MARGIN_SEC 10

/* Where a test ends this process. */
static int may_go_on(const char *step, struct error *err)
{
	return sys_fault(step) ? error_set(err, ERR_SYSTEM, errno, "make the cgroup") : 0;
}

/* A limit that nobody asked for is none where there is nothing to keep it. Caller owns; NULL: they stay as they are. */
static struct spec_resources *without_default(const struct start_plan *p,
					      const struct cgroup_place *place,
					      const struct spec_resources *limits)
{
	struct spec_resources *rest;

	if (!limits || !limits->pids || limits->pids->limit != p->pids_default ||
	    (place->manager != CGROUP_MANAGER_NONE &&
	     strv_has(place->controllers, "pids")))
		return NULL;
	rest = spec_resources_copy(limits);
	free(TAKE_PTR(rest->pids));
	return rest;
}

static int record_and_make(const struct start_plan *p, int run_dirfd,
			   struct cgroup_request *wanted, struct cgroup *ret,
			   struct error *err)
{
	cleanup_free char *name = xasprintf("cubby-%s", p->id);
	cleanup_free char *description = xasprintf("Container %s", p->name);
	cleanup_free char *path = cgroup_place_path(wanted->place, name);
	int r = container_cgroup_record(run_dirfd, path, err);

	wanted->name = name;
	wanted->description = description;
	wanted->stop_signal = MONITOR_STOP_SIGNAL;
	if (p->stop_timeout_sec > 0)
		wanted->stop_timeout_usec =
			(p->stop_timeout_sec + STOP_MARGIN_SEC) * USEC_PER_SEC;
	if (r >= 0)
		r = may_go_on("cgroup_record", err);
	if (r >= 0)
		r = cgroup_make(wanted, ret, err);
	return r < 0 ? r : may_go_on("cgroup_make", err);
}

int start_cgroup(const struct start_plan *p, const struct spec_resources *limits,
		 int run_dirfd, struct cgroup *ret, struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup(spec_resources_freep) struct spec_resources *rest = NULL;
	struct cgroup_request wanted = {.place = &place, .resources = limits};
	struct cgroup_wish wish;
	int r;

	*ret = CGROUP_INIT;
	start_plan_cgroup(p, &wish);
	r = cgroup_place_find(&wish, &place, err);
	if (r < 0)
		return r;
	rest = without_default(p, &place, limits);
	if (rest)
		wanted.resources = rest;
	/* limits were checked when the container was created, on this host or another */
	if (wanted.resources)
		r = limits_place_check(&place, wanted.resources, NULL, err);
	if (r < 0)
		return r;
	if (place.manager == CGROUP_MANAGER_NONE) {
		log_debug("no cgroup: %s", place.why ? place.why : "none is wanted");
		return 0;
	}
	r = pod_cgroup_make(p, err);
	if (r >= 0)
		r = record_and_make(p, run_dirfd, &wanted, ret, err);
	return r < 0 ? limits_as_options(NULL, NULL, err) : r;
}

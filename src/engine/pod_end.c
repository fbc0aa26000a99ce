/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_end.h"

#include "engine/pod.h"
#include "engine/remove.h"
#include "util/str.h"

/* NULL: something else runs. */
static const struct container *last_one(const struct pod *p)
{
	const struct container *infra = NULL;

	for (size_t i = 0; i < p->members.n; i++) {
		const struct container *c = &p->members.items[i];

		if (!status_is_up(c->status))
			continue;
		if (!pod_is_infra(p, c))
			return NULL;
		infra = c;
	}
	return infra;
}

void pod_member_ended(const struct engine *e, const char *pod_id)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_pod struct pod p = {0};
	const struct container *infra;
	int r = pod_id ? pod_find(e, pod_id, &p, &err) : 0;

	if (r < 0)
		error_drop(&err, "the pod is gone");
	if (r < 0 || !str_eq(p.config.exit_policy, "stop"))
		return;
	infra = last_one(&p);
	if (infra && container_stop(e, infra, -1, &err) < 0)
		error_drop(&err, "the infra container stays");
}

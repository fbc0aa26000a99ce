/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/dependents.h"

#include "store/dependency_record.h"
#include "store/pod_record.h"
#include "util/mem.h"
#include "util/str.h"

bool dependents_exist(const struct engine *e, const char *id)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **ids = NULL;

	if (dependency_dependents(e->store, id, &ids, &err) < 0)
		error_drop(&err, "whoever removes it will see");
	return ids != NULL;
}

int dependents_refuse_infra(const struct engine *e, const struct container *c,
			    struct error *err)
{
	cleanup_pod_record struct pod_record pod = {0};
	cleanup_error struct error ignored = ERROR_INIT;

	if (!c->config.is_infra || !c->record.pod)
		return 0;
	if (pod_record_find(e->store, c->record.pod, &pod, &ignored) < 0) {
		error_drop(&ignored, "its pod is gone");
		return 0;
	}
	error_set(
		err, ERR_INVALID, 0,
		"container %s is the infra container of pod %s and cannot be removed without removing the pod",
		c->record.id, c->record.pod);
	return error_hint(err, "cubby pod rm -f %s", pod.name);
}

int dependents_refuse(const struct engine *e, const struct container *c,
		      struct error *err)
{
	cleanup_strv char **ids = NULL;
	cleanup_free char *list = NULL;
	int r = dependency_dependents(e->store, c->record.id, &ids, err);

	if (r < 0 || !ids)
		return r < 0 ? r : 0;
	list = strv_join(ids, ", ");
	error_set(
		err, ERR_INVALID, 0,
		"container %s has dependent containers which must be removed before it: %s",
		c->record.id, list);
	return error_hint(err, "All of them: cubby rm --depend %s", c->record.name);
}

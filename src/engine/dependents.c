/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/dependents.h"

#include "store/dependency_record.h"
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/remove_dependents.h"

#include "store/dependency_record.h"
#include "util/str.h"

/* Each was made after what it needs, so there is no circle. */
int container_remove_dependents(const struct engine *e, const struct container *c,
				const struct remove_options *options, char ***ret_removed,
				struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = dependency_dependents(e->store, c->record.id, &ids, err);

	strv_foreach (id, ids) {
		cleanup_container struct container other = {0};

		if (r >= 0)
			r = container_find(e, *id, &other, err);
		if (r < 0 && err->kind == ERR_NOT_FOUND) {
			error_drop(err, "gone meanwhile");
			r = 0;
			continue;
		}
		if (r >= 0)
			r = container_remove_dependents(e, &other, options, ret_removed,
							err);
		if (r >= 0)
			r = container_remove(e, &other, options, err);
		if (r < 0)
			return r;
		strv_add(ret_removed, *id);
	}
	return r < 0 ? r : 0;
}

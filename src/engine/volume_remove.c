/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_remove.h"

#include <stdlib.h>

#include "engine/container.h"
#include "engine/remove.h"
#include "engine/settle.h"
#include "engine/volume_store.h"
#include "util/mem.h"
#include "util/str.h"

int volume_find(const struct engine *e, const char *name, struct volume_record *ret,
		struct error *err)
{
	return volume_record_find(e->store, name, ret, err);
}

/* Finding a container repairs it: one that is gone uses nothing afterwards. */
static int look_at_users(const struct engine *e, const char *name,
			 const struct volume_removal *how, struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = volume_use_containers(e->store, name, &ids, err);

	strv_foreach (id, ids) {
		cleanup_error struct error gone = ERROR_INIT;
		cleanup_container struct container c = {0};
		const struct remove_options o = {.force = true,
						 .timeout_sec = how->timeout_sec};

		if (r < 0)
			break;
		if (container_reload(e, *id, &c, &gone) < 0) {
			if (gone.kind != ERR_NOT_FOUND)
				return error_move(err, &gone);
			r = container_sweep(e, err);
		} else if (how->force) {
			r = container_remove(e, &c, &o, err);
		}
	}
	return r;
}

int volume_remove(const struct engine *e, const struct volume_record *r,
		  const struct volume_removal *how, struct error *err)
{
	int k = volume_erase(e, r->name, err);

	if (k != -EBUSY)
		return k;
	error_release(err);
	k = look_at_users(e, r->name, how, err);
	return k < 0 ? k : volume_erase(e, r->name, err);
}

int volume_prune(const struct engine *e, const struct volume_filters *filters,
		 char ***ret, int64_t *ret_freed, struct error *err)
{
	cleanup_volume_records struct volume_records all = {0};
	cleanup_free int64_t *sizes = NULL;
	int r = container_sweep(e, err);

	if (r >= 0)
		r = volume_record_list(e->store, &all, err);
	if (r < 0)
		return r;
	sizes = xcalloc(all.n + 1, sizeof(*sizes));
	r = volume_sizes(e, &all, sizes, err);
	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		cleanup_error struct error busy = ERROR_INIT;
		const struct volume_record *v = &all.items[i];

		if (v->n_users || !volume_filters_match(filters, v))
			continue;
		r = volume_erase(e, v->name, &busy);
		if (r == -EBUSY) {
			error_drop(&busy, "somebody has begun to use it");
			r = 0;
		} else if (r < 0) {
			return error_move(err, &busy);
		} else {
			strv_add(ret, v->name);
			*ret_freed += sizes[i];
		}
	}
	return r < 0 ? r : volumes_sweep(e, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_prune.h"

#include <string.h>

#include "engine/container.h"
#include "engine/filter.h"
#include "engine/remove.h"
#include "util/str.h"

static bool is_known(const char *filter)
{
	static const char *const keys[] = {"label=", "label!=", "until="};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_starts(filter, keys[i]))
			return true;
	return false;
}

int container_prune_check(char *const *filters, struct error *err)
{
	strv_foreach (filter, filters) {
		if (!strchr(*filter, '=') || is_known(*filter))
			continue;
		error_set(err, ERR_INVALID, 0, "%.*s is an invalid filter",
			  (int)strcspn(*filter, "="), *filter);
		return error_hint(err, "Known: label label! until");
	}
	return filter_check(filters, err);
}

/* Another may have been quicker. */
static int remove_one(const struct engine *e, const struct container *c,
		      struct error *err)
{
	const struct remove_options o = {.timeout_sec = -1};
	int r = container_remove(e, c, &o, err);

	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r < 0 ? r : 1;
	error_drop(err, "it is gone");
	return 0;
}

int container_prune(const struct engine *e, char *const *filters,
		    void (*removed)(void *data, const char *id), void *data,
		    struct error *err)
{
	cleanup_containers struct containers all = {0};
	int r = container_prune_check(filters, err);

	if (r >= 0)
		r = container_list(e, &all, err);
	if (r < 0)
		return r;
	/* newest first: those that need others were made after them */
	for (size_t i = all.n; i-- > 0;) {
		cleanup_error struct error failure = ERROR_INIT;
		const struct container *c = &all.items[i];

		if (status_is_up(c->status) || c->config.is_infra ||
		    !filter_matches(filters, c, &all))
			continue;
		r = remove_one(e, c, &failure);
		if (r > 0)
			removed(data, c->record.id);
		if (r < 0 && !error_is_set(err))
			error_move(err, &failure);
	}
	return error_is_set(err) ? -(err->code ? err->code : EINVAL) : 0;
}

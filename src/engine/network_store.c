/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_store.h"

#include <string.h>

#include "engine/network_create.h"
#include "engine/network_default.h"
#include "store/store.h"
#include "util/mem.h"
#include "util/str.h"

static int not_found(const char *name, struct error *err)
{
	error_set(err, ERR_NOT_FOUND, 0,
		  "unable to find network with name or ID %s: network not found", name);
	return error_hint(
		err, "'cubby network ls' lists them; 'cubby network create %s' makes one",
		name);
}

/* Within a transaction: the record of the default network, made if it is not there. */
static int get_default(const struct engine *e, struct network_record *ret,
		       struct error *err)
{
	cleanup_free char *name = network_default_name(e);
	int r = network_record_get(e->store, name, ret, err);

	if (r != 0)
		return r;
	r = network_create_default(e, name, err);
	return r < 0 ? r : network_record_get(e->store, name, ret, err);
}

int network_get(const struct engine *e, const char *id, const char *name,
		struct network *ret, struct error *err)
{
	cleanup_network_record struct network_record rec = {0};
	int r = id ? network_record_get(e->store, id, &rec, err) : 0;

	if (r == 0 && name)
		r = network_record_get(e->store, name, &rec, err);
	if (r == 0 && (!name || network_is_default_name(e, name)))
		r = get_default(e, &rec, err);
	if (r == 0)
		return not_found(name ? name : id, err);
	return r < 0 ? r : network_settings_read(&rec, ret, err);
}

/* Makes the default network. */
static int find_default(const struct engine *e, struct network_record *ret,
			struct error *err)
{
	int r = store_begin(e->store, err);

	if (r >= 0)
		r = get_default(e, ret, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	return r < 0 ? r : 1;
}

int network_find(const struct engine *e, const char *name_or_id, struct network *ret,
		 struct error *err)
{
	cleanup_network_record struct network_record rec = {0};
	int r = network_record_get(e->store, name_or_id, &rec, err);

	if (r == 0 && network_is_default_name(e, name_or_id))
		r = find_default(e, &rec, err);
	if (r == 0)
		r = network_record_find(e->store, name_or_id, &rec, err);
	if (r == 0)
		return not_found(name_or_id, err);
	return r < 0 ? r : network_settings_read(&rec, ret, err);
}

int network_exists(const struct engine *e, const char *name_or_id, struct error *err)
{
	cleanup_network_record struct network_record rec = {0};
	int r;

	if (network_is_default_name(e, name_or_id))
		return 1;
	r = network_record_find(e->store, name_or_id, &rec, err);
	return r > 0 ? 1 : r;
}

int network_list(const struct engine *e, struct networks *ret, struct error *err)
{
	cleanup_network_records struct network_records all = {0};
	cleanup_network_record struct network_record own = {0};
	cleanup_networks struct networks list = {0};
	cleanup_free char *name = network_default_name(e);
	int r = network_record_get(e->store, name, &own, err);

	if (r == 0)
		r = find_default(e, &own, err);
	if (r >= 0)
		r = network_record_list(e->store, &all, err);
	if (r < 0)
		return r;
	list.items = xcalloc(all.n + 1, sizeof(*list.items));
	for (size_t i = 0; i < all.n; i++) {
		r = network_settings_read(&all.items[i], &list.items[list.n], err);
		if (r < 0)
			return r;
		list.n++;
	}
	*ret = list;
	list = (struct networks){0};
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_remove.h"

#include "engine/container.h"
#include "engine/event.h"
#include "engine/network_default.h"
#include "engine/network_filter.h"
#include "engine/network_store.h"
#include "engine/network_tell.h"
#include "engine/remove.h"
#include "engine/settle.h"
#include "store/container_record.h"
#include "store/store.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static bool is_at(const struct container_record *rec, const struct network *n)
{
	cleanup_container_config struct container_config c = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (container_config_parse(rec->config, &c, &err) < 0) {
		error_drop(&err, "whoever needs it says so");
		return false;
	}
	return network_config_find(&c.net, n->id, n->name) >= 0;
}

int network_users(const struct engine *e, const struct network *n, char ***ret,
		  struct error *err)
{
	cleanup_container_records struct container_records all = {0};
	cleanup_address_records struct address_records rows = {0};
	int r = container_record_list(e->store, &all, err);

	if (r >= 0)
		r = address_record_of_network(e->store, n->id, &rows, err);
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (is_at(&all.items[i], n))
			strv_add(ret, all.items[i].id);
	for (size_t i = 0; r >= 0 && i < rows.n; i++)
		if (!strv_has(*ret, rows.items[i].container))
			strv_add(ret, rows.items[i].container);
	return r;
}

/* Finding a container repairs it: one that is gone is at no network afterwards. */
int network_remove_users(const struct engine *e, const struct network *n,
			 int64_t timeout_sec, struct error *err)
{
	const struct remove_options o = {.force = true, .timeout_sec = timeout_sec};
	cleanup_strv char **ids = NULL;
	int r = network_users(e, n, &ids, err);

	strv_foreach (id, ids) {
		cleanup_error struct error gone = ERROR_INIT;
		cleanup_container struct container c = {0};

		if (r < 0)
			break;
		if (container_reload(e, *id, &c, &gone) >= 0)
			r = container_remove(e, &c, &o, err);
		else if (gone.kind == ERR_NOT_FOUND)
			r = container_sweep(e, err);
		else
			r = error_move(err, &gone);
	}
	return r;
}

/* The same without harm to anybody: who is dead is at no network. */
static int look_at_users(const struct engine *e, const struct network *n,
			 struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = network_users(e, n, &ids, err);

	strv_foreach (id, ids) {
		cleanup_error struct error busy = ERROR_INIT;

		if (container_settle(e, *id, false, &busy) < 0)
			error_drop(&busy, "somebody is at it");
	}
	return r;
}

static int in_use(const struct network *n, char *const *users, struct error *err)
{
	error_set(
		err, ERR_CONFLICT, 0,
		"\"%s\" has associated containers with it. Use -f to forcibly delete containers and pods: network is being used",
		n->name);
	error_hint(err,
		   "cubby network disconnect %s %.12s; or with the containers: cubby "
		   "network rm --force %s",
		   n->name, users[0], n->name);
	return -EBUSY;
}

static int remove_unused(const struct engine *e, const struct network *n,
			 struct error *err)
{
	cleanup_strv char **users = NULL;
	int r = network_users(e, n, &users, err);

	if (r < 0)
		return r;
	return users ? in_use(n, users, err)
		     : network_record_delete(e->store, n->id, err);
}

static int attempt(const struct engine *e, const struct network *n, struct error *err)
{
	int r = store_begin(e->store, err);

	if (r < 0)
		return r;
	r = remove_unused(e, n, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	return r;
}

int network_remove(const struct engine *e, const struct network *n, struct error *err)
{
	cleanup_free char *default_name = network_default_name(e);
	cleanup_error struct error untold = ERROR_INIT;
	int r;

	if (str_eq(n->name, default_name))
		return error_set(err, ERR_CONFLICT, 0,
				 "default network %s cannot be removed", n->name);
	r = attempt(e, n, err);
	if (r == -EBUSY) {
		error_release(err);
		r = look_at_users(e, n, err);
		if (r >= 0)
			r = attempt(e, n, err);
	}
	if (r < 0)
		return r;
	if (network_tell_removed(e, n, &untold) < 0)
		error_drop(&untold, "the bridge goes with the gateway");
	event_emit(e, &(struct event){.type = EVENT_NETWORK,
				      .status = EVENT_REMOVE,
				      .id = n->id,
				      .name = n->name});
	return 0;
}

int network_prune(const struct engine *e, char *const *filters, char ***ret,
		  struct error *err)
{
	cleanup_networks struct networks all = {0};
	cleanup_free char *default_name = network_default_name(e);
	int r = network_list(e, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		cleanup_error struct error failure = ERROR_INIT;
		const struct network *n = &all.items[i];
		int k;

		if (str_eq(n->name, default_name) ||
		    !network_filter_matches(filters, n, false))
			continue;
		k = network_remove(e, n, &failure);
		if (k >= 0)
			strv_add(ret, n->name);
		else if (k == -EBUSY)
			error_drop(&failure, "it is used");
		else
			r = error_move(err, &failure);
	}
	return r;
}

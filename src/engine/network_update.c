/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_update.h"

#include "engine/event.h"
#include "engine/network_store.h"
#include "engine/network_tell.h"
#include "engine/network_words.h"
#include "store/network_record.h"
#include "store/store.h"
#include "util/str.h"

static int change(struct network *n, char *const *add, char *const *drop,
		  struct error *err)
{
	char **dns = NULL;

	strv_foreach (one, drop)
		if (!strv_has(n->dns, *one))
			return error_set(err, ERR_NOT_FOUND, 0,
					 "network %s has no DNS server %s", n->name,
					 *one);
	strv_foreach (one, n->dns)
		if (!strv_has(drop, *one))
			strv_add(&dns, *one);
	strv_foreach (one, add)
		if (!strv_has(dns, *one))
			strv_add(&dns, *one);
	strv_free(n->dns);
	n->dns = dns;
	return 0;
}

/* Within the transaction. */
static int update(const struct engine *e, const char *id, char *const *add,
		  char *const *drop, struct network *ret, struct error *err)
{
	cleanup_free char *config = NULL;
	int r = network_get(e, id, NULL, ret, err);

	if (r >= 0)
		r = change(ret, add, drop, err);
	if (r < 0)
		return r;
	config = network_settings_text(ret);
	return network_record_config(e->store, id, config, err);
}

int network_update_dns(const struct engine *e, const char *name_or_id, char *const *add,
		       char *const *drop, struct error *err)
{
	cleanup_network struct network found = {0}, n = {0};
	int r = network_words_dns("--dns-add", add, err);

	if (r >= 0)
		r = network_find(e, name_or_id, &found, err);
	if (r >= 0)
		r = store_begin(e->store, err);
	if (r < 0)
		return r;
	r = update(e, found.id, add, drop, &n, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	if (r < 0)
		return r;
	event_emit(e, &(struct event){.type = EVENT_NETWORK,
				      .status = EVENT_UPDATE,
				      .id = n.id,
				      .name = n.name});
	r = network_tell_changed(e, &n, err);
	return r < 0 ? r : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_settings.h"

#include <string.h>

#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"

#define POOLS_MAX 64

#define NETWORK(json_key, json_type, name) \
	JSON_MEMBER(struct network, json_key, json_type, name)
#define POOL(json_key, json_type, name) \
	JSON_MEMBER(struct network_pool, json_key, json_type, name)

static const struct json_member network_members[] = {
	NETWORK("interface", STR, interface),
	NETWORK("isolate", STR, isolate),
	NETWORK("ipam", STR, ipam),
	NETWORK("options", STRV, options),
	NETWORK("labels", STRV, labels),
	NETWORK("dns", STRV, dns),
	NETWORK("mtu", I64, mtu),
	NETWORK("ipv6", BOOL, ipv6),
	NETWORK("internal", BOOL, internal),
	NETWORK("noDns", BOOL, no_dns),
	{NULL},
};

static const struct json_member pool_members[] = {
	POOL("subnet", STR, subnet),
	POOL("gateway", STR, gateway),
	POOL("first", STR, first),
	POOL("last", STR, last),
	{NULL},
};

void network_release(struct network *n)
{
	json_members_release(network_members, n);
	free(n->id);
	free(n->name);
	free(n->given);
	for (size_t i = 0; i < n->n_pools; i++)
		json_members_release(pool_members, &n->pools[i]);
	free(n->pools);
	*n = (struct network){0};
}

void networks_release(struct networks *list)
{
	for (size_t i = 0; i < list->n; i++)
		network_release(&list->items[i]);
	free(list->items);
	*list = (struct networks){0};
}

struct network_pool *network_add_pool(struct network *n)
{
	n->pools = xreallocarray(n->pools, n->n_pools + 1, sizeof(*n->pools));
	n->pools[n->n_pools] = (struct network_pool){0};
	return &n->pools[n->n_pools++];
}

char *network_settings_text(const struct network *n)
{
	cleanup_json struct json_object *o = json_object_new_object();
	struct json_object *pools = json_object_new_array();

	json_members_add(o, network_members, n);
	for (size_t i = 0; i < n->n_pools; i++) {
		struct json_object *pool = json_object_new_object();

		json_members_add(pool, pool_members, &n->pools[i]);
		json_object_array_add(pools, pool);
	}
	json_add(o, "pools", pools);
	return json_text(o, false);
}

static int read_pools(struct json_object *pools, struct network *n, struct error *err)
{
	size_t count = json_object_is_type(pools, json_type_array)
			       ? json_object_array_length(pools)
			       : 0;
	int r = 0;

	if (count > POOLS_MAX)
		return error_set(err, ERR_INVALID, 0, "pools: too many");
	for (size_t i = 0; r >= 0 && i < count; i++) {
		struct network_pool *pool = network_add_pool(n);

		r = json_members_read(json_object_array_get_idx(pools, i), pool_members,
				      pool, err);
		if (r >= 0 && !pool->subnet)
			r = error_set(err, ERR_INVALID, 0, "pools: no subnet");
	}
	return r;
}

int network_settings_read(const struct network_record *rec, struct network *ret,
			  struct error *err)
{
	cleanup_network struct network n = {0};
	cleanup_json struct json_object *o = NULL;
	int r = json_parse_own(rec->config, strlen(rec->config), "its record", &o, err);

	if (r >= 0)
		r = json_members_read(o, network_members, &n, err);
	if (r >= 0)
		r = read_pools(json_get(o, "pools"), &n, err);
	if (r >= 0 && (!n.interface || !n.ipam))
		r = error_set(err, ERR_INVALID, 0, "no interface, or no ipam");
	if (r < 0)
		return error_wrap(err, "network %s", rec->name);
	n.id = xstrdup(rec->id);
	n.name = xstrdup(rec->name);
	n.created_usec = rec->created_usec;
	n.given = rec->last ? xstrdup(rec->last) : NULL;
	n.n_holders = rec->n_holders;
	*ret = n;
	n = (struct network){0};
	return 0;
}

void network_settings_definition(const struct network *n, struct network_definition *ret)
{
	*ret = (struct network_definition){
		.id = xstrdup(n->id),
		.name = xstrdup(n->name),
		.interface = xstrdup(n->interface),
		.n_subnets = n->n_pools,
		.mtu = (int)n->mtu,
		.internal = n->internal,
		.isolate = n->isolate != NULL,
		.no_dns = n->no_dns,
		.dns_servers = strv_copy(n->dns),
	};
	if (n->n_pools == 0)
		return;
	ret->subnets = xcalloc(n->n_pools, sizeof(*ret->subnets));
	for (size_t i = 0; i < n->n_pools; i++)
		ret->subnets[i] = (struct network_subnet){
			.subnet = xstrdup(n->pools[i].subnet),
			.gateway =
				n->pools[i].gateway ? xstrdup(n->pools[i].gateway) : NULL,
		};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_create.h"

#include <ctype.h>
#include <string.h>

#include "engine/containers_conf.h"
#include "engine/event.h"
#include "engine/label_option.h"
#include "engine/names.h"
#include "engine/network_default.h"
#include "engine/network_subnet.h"
#include "store/store.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define INTERFACE_PREFIX "cubby-"
#define INTERFACE_DIGITS 8
#define CHOSEN_NAMES     100000

/* What others have: subnets of networks, and names of bridges. */
struct others {
	struct subnets networks, routes;
	char **interfaces; /* strv */
};

static void others_release(struct others *o)
{
	subnets_release(&o->networks);
	subnets_release(&o->routes);
	strv_free(o->interfaces);
}

static int look(const struct engine *e, struct others *ret, struct error *err)
{
	cleanup_network_records struct network_records all = {0};
	int r = network_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		cleanup_network struct network n = {0};
		struct subnet s;

		r = network_settings_read(&all.items[i], &n, err);
		for (size_t k = 0; r >= 0 && k < n.n_pools; k++)
			if (subnet_parse(n.pools[k].subnet, &s) >= 0)
				subnets_add(&ret->networks, &s);
		if (r >= 0)
			strv_add(&ret->interfaces, n.interface);
	}
	subnet_routes_read(&ret->routes);
	return r;
}

static void both(const struct others *o, struct subnets *ret)
{
	for (size_t i = 0; i < o->networks.n; i++)
		subnets_add(ret, &o->networks.items[i]);
	for (size_t i = 0; i < o->routes.n; i++)
		subnets_add(ret, &o->routes.items[i]);
}

/* The bridge's own address where nobody said one; a network without a way out and without names needs none. */
static void set_gateway(const struct network *n, struct network_pool *pool,
			const struct subnet *s)
{
	const struct ip_address first = subnet_hosts(s).first;
	char text[ADDRESS_TEXT_MAX];

	if (!pool->gateway && (!n->internal || !n->no_dns))
		pool->gateway = xstrdup(ip_address_text(&first, text));
}

static void add_subnet(struct network *n, const struct subnet *s)
{
	struct network_pool *pool = network_add_pool(n);

	pool->subnet = subnet_text(s);
	set_gateway(n, pool, s);
}

static int choose_subnets(const struct engine *e, struct network *n, bool v4, bool v6,
			  const struct others *o, struct error *err)
{
	cleanup_json struct json_object *conf = NULL;
	cleanup_subnet_pools struct subnet_pools pools = {0};
	cleanup_subnets struct subnets used = {0};
	struct subnet s;
	int r = network_conf(e, &conf, err);

	if (r >= 0)
		r = subnet_pools_get(conf, &pools, err);
	both(o, &used);
	if (r >= 0 && v4) {
		r = subnet_choose(&pools, &used, &s, err);
		if (r >= 0)
			add_subnet(n, &s);
	}
	if (r >= 0 && v6) {
		r = subnet_choose_v6(&used, &s, err);
		if (r >= 0)
			add_subnet(n, &s);
	}
	return r;
}

static int insert(const struct engine *e, struct network *n, struct error *err)
{
	cleanup_free char *config = network_settings_text(n);
	const struct network_record rec = {.id = n->id,
					   .name = n->name,
					   .created_usec = n->created_usec,
					   .config = config};

	return network_record_insert(e->store, &rec, err);
}

static int begin_network(const char *name, struct network *n, struct error *err)
{
	int r = name_random_id(&n->id, err);

	if (r < 0)
		return r;
	n->name = name ? xstrdup(name) : NULL;
	n->created_usec = time_now_usec();
	n->interface = xasprintf(INTERFACE_PREFIX "%.*s", INTERFACE_DIGITS, n->id);
	n->ipam = xstrdup(NETWORK_IPAM_LOCAL);
	return 0;
}

/* default_subnet, if nobody has it: 1. */
static int take_default_subnet(const struct engine *e, struct network *n,
			       const struct others *o, struct error *err)
{
	cleanup_json struct json_object *conf = NULL;
	const char *text;
	struct subnet s;
	int r = network_conf(e, &conf, err);

	if (r < 0)
		return r;
	text = conf_string(conf, "network", "default_subnet");
	if (!text || subnet_parse(text, &s) < 0 || subnet_bits(&s) - s.length < 2 ||
	    subnets_overlapping(&o->networks, &s) || subnets_overlapping(&o->routes, &s))
		return 0;
	add_subnet(n, &s);
	return 1;
}

int network_create_default(const struct engine *e, const char *name, struct error *err)
{
	cleanup(others_release) struct others o = {0};
	cleanup_network struct network n = {0};
	int r = begin_network(name, &n, err);

	if (r >= 0)
		r = look(e, &o, err);
	if (r >= 0)
		r = take_default_subnet(e, &n, &o, err);
	if (r == 0)
		r = choose_subnets(e, &n, true, false, &o, err);
	return r < 0 ? r : insert(e, &n, err);
}

static int check_name(const char *name, struct error *err)
{
	static const char *const modes[] = {"none",      "host",        "private",
					    "container", "slirp4netns", "pasta",
					    "ns",        "default",     NULL};
	cleanup_error struct error why = ERROR_INIT;

	if (name_check(name, &why) < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"network name %s invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument",
			name);
	if (strv_has((char *const *)modes, name))
		return error_set(
			err, ERR_INVALID, 0,
			"cannot create network with name \"%s\" because it conflicts with a valid network mode: invalid argument",
			name);
	return 0;
}

static int check_lists(const struct network_new *q, struct error *err)
{
	size_t n = strv_len(q->subnets);

	if (q->gateways && n == 0)
		return error_set(err, ERR_INVALID, 0,
				 "cannot set gateway without subnet");
	if (q->ranges && n == 0)
		return error_set(err, ERR_INVALID, 0, "cannot set range without subnet");
	if (strv_len(q->gateways) > n || strv_len(q->ranges) > n) {
		error_set(err, ERR_INVALID, 0,
			  "there are more gateways or ranges than subnets");
		return error_hint(
			err,
			"The first --gateway and --ip-range belong to the first --subnet, and so on");
	}
	if (!str_eq(q->ipam, NETWORK_IPAM_NONE) || n == 0)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "none ipam driver is set but subnets are given");
}

static int set_range(struct network_pool *pool, const struct subnet *s, const char *typed,
		     struct error *err)
{
	struct address_range range;
	char text[ADDRESS_TEXT_MAX];
	int r = address_range_parse(typed, s, &range);

	if (r == -ERANGE)
		return error_set(err, ERR_INVALID, 0, "--ip-range %s: not in subnet %s",
				 typed, pool->subnet);
	if (r < 0) {
		error_set(err, ERR_INVALID, 0, "--ip-range %s: no range of addresses",
			  typed);
		return error_hint(
			err,
			"For example: 192.168.55.128/25, or 192.168.55.10-192.168.55.20");
	}
	pool->first = xstrdup(ip_address_text(&range.first, text));
	pool->last = xstrdup(ip_address_text(&range.last, text));
	return 0;
}

static int set_typed_gateway(struct network_pool *pool, const struct subnet *s,
			     const char *typed, struct error *err)
{
	const struct ip_address last = subnet_last(s);
	const bool has_ends = subnet_bits(s) - s->length >= 2;
	char text[ADDRESS_TEXT_MAX];
	struct ip_address a;

	if (ip_address_parse(typed, &a) < 0)
		return error_set(err, ERR_INVALID, 0, "--gateway %s: no IP address",
				 typed);
	if (!subnet_has(s, &a))
		return error_set(err, ERR_INVALID, 0, "gateway %s not in subnet %s",
				 typed, pool->subnet);
	if (has_ends &&
	    (ip_address_equal(&a, &s->base) || (!a.is_v6 && ip_address_equal(&a, &last))))
		return error_set(
			err, ERR_INVALID, 0,
			"gateway %s: it is the network's own or the broadcast address of %s",
			typed, pool->subnet);
	pool->gateway = xstrdup(ip_address_text(&a, text));
	return 0;
}

static int check_free(const struct others *o, const struct subnet *s, const char *text,
		      struct error *err)
{
	const struct subnet *other = subnets_overlapping(&o->networks, s);
	const char *whose = "another network has";
	cleanup_free char *words = NULL;

	if (!other) {
		other = subnets_overlapping(&o->routes, s);
		whose = "the host has a route to";
	}
	if (!other)
		return 0;
	words = subnet_text(other);
	error_set(err, ERR_CONFLICT, 0,
		  "subnet %s is already used on the host or by another config: %s %s",
		  text, whose, words);
	return error_hint(err, "Without --subnet a free one is chosen");
}

/* Each subnet with the gateway and the range at the same place of their lists. */
static int add_typed(const struct network_new *q, size_t i, struct network *n,
		     struct others *o, struct error *err)
{
	struct network_pool *pool;
	struct subnet s;
	int r;

	if (subnet_parse(q->subnets[i], &s) < 0) {
		error_set(err, ERR_INVALID, 0, "invalid CIDR address: %s", q->subnets[i]);
		return error_hint(err, "For example: 10.200.1.0/24");
	}
	pool = network_add_pool(n);
	pool->subnet = subnet_text(&s);
	if (subnet_bits(&s) - s.length < 2)
		return error_set(err, ERR_INVALID, 0,
				 "subnet %s: too small for a bridge and a container",
				 pool->subnet);
	r = check_free(o, &s, pool->subnet, err);
	if (r >= 0 && i < strv_len(q->gateways) && !str_empty(q->gateways[i]))
		r = set_typed_gateway(pool, &s, q->gateways[i], err);
	if (r >= 0 && i < strv_len(q->ranges) && !str_empty(q->ranges[i]))
		r = set_range(pool, &s, q->ranges[i], err);
	if (r < 0)
		return r;
	set_gateway(n, pool, &s);
	subnets_add(&o->networks, &s);
	return 0;
}

static int fill_subnets(const struct engine *e, const struct network_new *q,
			struct network *n, struct others *o, struct error *err)
{
	bool has_v4 = false, has_v6 = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < strv_len(q->subnets); i++) {
		r = add_typed(q, i, n, o, err);
		if (r < 0)
			break;
		has_v6 = has_v6 || strchr(n->pools[i].subnet, ':');
		has_v4 = has_v4 || !strchr(n->pools[i].subnet, ':');
	}
	n->ipv6 = q->ipv6 || has_v6;
	if (r < 0 || str_eq(n->ipam, NETWORK_IPAM_NONE))
		return r;
	return choose_subnets(e, n, !has_v4 && !has_v6, q->ipv6 && !has_v6, o, err);
}

static int choose_name(const struct engine *e, struct network *n, struct error *err)
{
	for (unsigned int i = 1; i < CHOSEN_NAMES; i++) {
		cleanup_free char *name = xasprintf("network%u", i);
		cleanup_network_record struct network_record rec = {0};
		int r = network_record_get(e->store, name, &rec, err);

		if (r == 0)
			n->name = TAKE_PTR(name);
		if (r <= 0)
			return r;
	}
	return error_set(err, ERR_CONFLICT, 0, "could not find free network name");
}

/* Within the transaction. */
static int create(const struct engine *e, const struct network_new *q, struct network *n,
		  struct error *err)
{
	cleanup(others_release) struct others o = {0};
	cleanup_network_record struct network_record rec = {0};
	int r = n->name ? network_record_get(e->store, n->name, &rec, err)
			: choose_name(e, n, err);

	if (r > 0) {
		error_set(err, ERR_CONFLICT, 0,
			  "network name %s already used: network already exists",
			  n->name);
		return -EEXIST;
	}
	if (r >= 0)
		r = look(e, &o, err);
	if (r >= 0 && strv_has(o.interfaces, n->interface))
		r = error_set(err, ERR_CONFLICT, 0, "bridge name %s already in use",
			      n->interface);
	if (r >= 0)
		r = fill_subnets(e, q, n, &o, err);
	return r < 0 ? r : insert(e, n, err);
}

static void emit(const struct engine *e, const struct network *n,
		 enum event_status status)
{
	event_emit(e, &(struct event){.type = EVENT_NETWORK,
				      .status = status,
				      .id = n->id,
				      .name = n->name});
}

static int prepare(const struct engine *e, const struct network_new *q, struct network *n,
		   struct error *err)
{
	cleanup_free char *default_name = network_default_name(e);
	int r = q->name ? check_name(q->name, err) : 0;

	if (r >= 0 && q->name && str_eq(q->name, default_name)) {
		error_set(err, ERR_CONFLICT, 0,
			  "network name %s already used: network already exists",
			  q->name);
		return -EEXIST;
	}
	if (r >= 0)
		r = begin_network(q->name, n, err);
	if (r < 0)
		return r;
	n->internal = q->internal;
	n->no_dns = q->no_dns;
	r = network_words_fill(q, n, err);
	if (r >= 0)
		r = label_option_collect("--label", q->labels, true, &n->labels, err);
	return r < 0 ? r : check_lists(q, err);
}

int network_create(const struct engine *e, const struct network_new *q,
		   struct network *ret, struct error *err)
{
	cleanup_network struct network n = {0};
	int r = prepare(e, q, &n, err);

	if (r >= 0)
		r = store_begin(e->store, err);
	if (r < 0)
		return r;
	r = create(e, q, &n, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	if (r < 0)
		return r;
	emit(e, &n, EVENT_CREATE);
	*ret = n;
	n = (struct network){0};
	return 0;
}

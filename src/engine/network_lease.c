/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 *   BEGIN IMMEDIATE
 *     what this container has already -> kept where it still fits: taking twice is taking once
 *     for each network: who has what -> the next free address after the one given last
 *     rows of the container anew, "last" of the networks
 *   COMMIT
 */
#include "engine/network_lease.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/names.h"
#include "engine/network_address.h"
#include "engine/network_store.h"
#include "store/network_record.h"
#include "store/store.h"
#include "util/mem.h"
#include "util/str.h"

void network_lease_release(struct network_lease *l)
{
	for (size_t i = 0; i < l->n_networks; i++)
		network_definition_release(&l->networks[i]);
	free(l->networks);
	network_member_release(&l->member);
	*l = (struct network_lease){0};
}

/* One attachment under way. */
struct place {
	const struct engine *e;
	const struct network_lease_request *q;
	const struct network_attachment *attachment;
	const struct network *network;
	const struct address_records *rows; /* of the network */
	struct error *err;
};

static const char *holder(const struct address_record *row)
{
	return row->name ? row->name : row->container;
}

static int taken_by(const struct place *p, const char *ip,
		    const struct address_record *row)
{
	error_set(p->err, ERR_CONFLICT, 0,
		  "IP address %s is already allocated: container %.64s has it", ip,
		  holder(row));
	return error_hint(p->err, "Stop it, or choose another: cubby network inspect %s",
			  p->network->name);
}

/* Whether somebody else has it. */
static const struct address_record *other_holder(const struct place *p,
						 const struct ip_address *a)
{
	struct ip_address other;

	for (size_t i = 0; i < p->rows->n; i++)
		if (!str_eq(p->rows->items[i].container, p->q->id) &&
		    ip_address_parse(p->rows->items[i].ip, &other) >= 0 &&
		    ip_address_equal(&other, a))
			return &p->rows->items[i];
	return NULL;
}

static bool is_reserved(const struct network_pool *pool, const struct subnet *s,
			const struct ip_address *a)
{
	const struct address_range hosts = subnet_hosts(s);
	struct ip_address gateway;

	return a->number < hosts.first.number || a->number > hosts.last.number ||
	       (pool->gateway && ip_address_parse(pool->gateway, &gateway) >= 0 &&
		ip_address_equal(&gateway, a));
}

/* An address that was asked for. */
static int check_asked(const struct place *p, const struct network_pool *pool,
		       const struct subnet *s, const char *asked, struct ip_address *ret)
{
	const struct address_record *other;
	char text[ADDRESS_TEXT_MAX];

	(void)!ip_address_parse(asked, ret);
	if (is_reserved(pool, s, ret))
		return error_set(
			p->err, ERR_INVALID, 0,
			"IP address %s can't be a container's: it is the network's, the gateway's or the broadcast address of %s",
			ip_address_text(ret, text), pool->subnet);
	other = other_holder(p, ret);
	return other ? taken_by(p, ip_address_text(ret, text), other) : 0;
}

/* What the container has in the subnet already, if it may keep it. */
static bool keep_old(const struct place *p, const struct subnet *s,
		     struct ip_address *ret)
{
	for (size_t i = 0; i < p->rows->n; i++)
		if (str_eq(p->rows->items[i].container, p->q->id) &&
		    ip_address_parse(p->rows->items[i].ip, ret) >= 0 &&
		    subnet_has(s, ret))
			return true;
	return false;
}

static int exhausted(const struct place *p, const struct network_pool *pool)
{
	error_set(p->err, ERR_CONFLICT, 0,
		  "could not find free IP in range %s%s%s of network %s: all are taken",
		  pool->first ? pool->first : pool->subnet, pool->first ? "-" : "",
		  pool->first ? pool->last : "", p->network->name);
	return error_hint(
		p->err,
		"Stop containers of it ('cubby ps --filter network=%s'), or make a larger one: "
		"cubby network create --subnet 10.200.0.0/16 NAME",
		p->network->name);
}

static void range_of(const struct network_pool *pool, const struct subnet *s,
		     struct address_range *ret)
{
	*ret = subnet_hosts(s);
	if (pool->first && pool->last &&
	    (ip_address_parse(pool->first, &ret->first) < 0 ||
	     ip_address_parse(pool->last, &ret->last) < 0))
		*ret = subnet_hosts(s);
}

static int choose(const struct place *p, const struct network_pool *pool,
		  const struct subnet *s, const struct ip_address *last,
		  struct ip_address *ret)
{
	cleanup_address_set struct address_set taken = {0};
	struct address_range range;
	struct ip_address a;

	range_of(pool, s, &range);
	for (size_t i = 0; i < p->rows->n; i++)
		if (ip_address_parse(p->rows->items[i].ip, &a) >= 0 && subnet_has(s, &a))
			address_set_add(&taken, &a);
	if (pool->gateway && ip_address_parse(pool->gateway, &a) >= 0)
		address_set_add(&taken, &a);
	address_set_sort(&taken);
	return address_next(&range, &taken, last, ret) < 0 ? exhausted(p, pool) : 0;
}

/* Which --ip or --ip6 is for this subnet. */
static const char *asked_in(const struct network_attachment *a, const struct subnet *s)
{
	const char *const words[] = {a->ip, a->ip6};
	struct ip_address address;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] && ip_address_parse(words[i], &address) >= 0 &&
		    subnet_has(s, &address))
			return words[i];
	return NULL;
}

/* --ip must lie in one of the subnets. */
static int check_in_network(const struct place *p)
{
	const char *const words[] = {p->attachment->ip, p->attachment->ip6};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct ip_address a;
		struct subnet s;
		bool found = false;

		if (!words[i])
			continue;
		if (ip_address_parse(words[i], &a) < 0)
			return error_set(p->err, ERR_INVALID, 0,
					 "%s: it is no IP address", words[i]);
		for (size_t k = 0; k < p->network->n_pools; k++)
			found = found ||
				(subnet_parse(p->network->pools[k].subnet, &s) >= 0 &&
				 subnet_has(&s, &a));
		if (found)
			continue;
		error_set(p->err, ERR_INVALID, 0,
			  "requested static ip %s not in any subnet on network %s",
			  words[i], p->network->name);
		return error_hint(
			p->err,
			"'cubby network inspect %s' shows its subnets; one with a subnet of your own: "
			"cubby network create --subnet SUBNET NAME",
			p->network->name);
	}
	return 0;
}

/* The address in the k-th subnet, given. *last: the one given last there, and from now on. */
static int give(const struct place *p, size_t k, char **last, struct ip_address *ret,
		struct subnet *ret_subnet)
{
	const struct network_pool *pool = &p->network->pools[k];
	const char *asked;
	struct ip_address before;
	bool has_before = *last && ip_address_parse(*last, &before) >= 0;
	char text[ADDRESS_TEXT_MAX];
	int r;

	if (subnet_parse(pool->subnet, ret_subnet) < 0)
		return error_set(p->err, ERR_INVALID, 0, "network %s: subnet %s",
				 p->network->name, pool->subnet);
	asked = asked_in(p->attachment, ret_subnet);
	if (asked)
		return check_asked(p, pool, ret_subnet, asked, ret);
	if (keep_old(p, ret_subnet, ret))
		return 0;
	r = choose(p, pool, ret_subnet, has_before ? &before : NULL, ret);
	if (r < 0)
		return r;
	free(*last);
	*last = xstrdup(ip_address_text(ret, text));
	return 0;
}

/* Stable without an address of IPv4: from the container's id, of the kind that one gives oneself. */
static char *mac_of_id(const char *id)
{
	return xasprintf("02:43:%.2s:%.2s:%.2s:%.2s", id, id + 2, id + 4, id + 6);
}

static char **names_of(const struct network_lease_request *q,
		       const struct network_attachment *a)
{
	cleanup_free char *short_id = xstrndup(q->id, SHORT_ID_LEN);
	const char *const words[] = {q->name, short_id, q->hostname};
	char **names = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!str_empty(words[i]) && !strv_has(names, words[i]))
			strv_add(&names, words[i]);
	strv_foreach (alias, a->aliases)
		if (!strv_has(names, *alias))
			strv_add(&names, *alias);
	return names;
}

static void add_address(struct network_endpoint *ep, const struct ip_address *a,
			const struct subnet *s)
{
	char text[ADDRESS_TEXT_MAX];

	strv_addf(&ep->addresses, "%s/%u", ip_address_text(a, text), s->length);
	if (!ep->mac && !a->is_v6)
		ep->mac = address_mac(a);
}

static void begin_endpoint(const struct network_lease_request *q,
			   const struct network_attachment *a, const struct network *n,
			   unsigned int *n_eth, struct network_endpoint *ep)
{
	*ep = (struct network_endpoint){
		.network = xstrdup(n->id),
		.interface = a->interface ? xstrdup(a->interface)
					  : network_config_interface(q->config, n_eth),
		.mac = a->mac ? xstrdup(a->mac) : NULL,
		.names = names_of(q, a),
	};
}

static void end_endpoint(const struct network_lease_request *q,
			 struct network_endpoint *ep)
{
	if (!ep->mac)
		ep->mac = mac_of_id(q->id);
}

static void begin_lease(const struct network_lease_request *q, struct network_lease *l)
{
	size_t n = q->config->n_attachments;

	l->member = (struct network_member){
		.id = xstrdup(q->id),
		.name = q->name ? xstrdup(q->name) : NULL,
		.dns_servers = strv_copy(q->dns_servers),
		.is_limited = q->config->is_limited,
		.allow = strv_copy(q->config->allow),
	};
	if (n == 0)
		return;
	l->member.endpoints = xcalloc(n, sizeof(*l->member.endpoints));
	l->networks = xcalloc(n, sizeof(*l->networks));
}

static bool has_network(const struct network_lease *l, const char *id)
{
	for (size_t i = 0; i < l->n_networks; i++)
		if (str_eq(l->networks[i].id, id))
			return true;
	return false;
}

static int add_network(const struct network *n, struct network_lease *l,
		       struct error *err)
{
	if (has_network(l, n->id))
		return error_set(
			err, ERR_CONFLICT, 0,
			"container is already connected to network \"%s\": network is already connected",
			n->name);
	network_settings_definition(n, &l->networks[l->n_networks++]);
	return 0;
}

/* All addresses of one attachment; `last` of the network is written down if it changed. */
static int give_all(struct place *p, struct network_endpoint *ep,
		    struct address_records *fresh)
{
	cleanup_strv char **before =
		p->network->given ? str_split(p->network->given, ' ') : NULL;
	cleanup_strv char **last = xcalloc(p->network->n_pools + 1, sizeof(*last));
	cleanup_free char *joined = NULL;
	size_t n_before = strv_len(before);
	int r = check_in_network(p);

	for (size_t k = 0; k < p->network->n_pools; k++)
		last[k] = xstrdup(before && k < n_before ? before[k] : "-");
	for (size_t k = 0; r >= 0 && k < p->network->n_pools; k++) {
		char text[ADDRESS_TEXT_MAX];
		struct ip_address a;
		struct subnet s;

		r = give(p, k, &last[k], &a, &s);
		if (r < 0)
			break;
		add_address(ep, &a, &s);
		address_records_add(fresh, p->network->id, ip_address_text(&a, text),
				    p->q->id);
	}
	if (r < 0)
		return r;
	joined = strv_join(last, " ");
	if (p->network->n_pools == 0 || str_eq(joined, p->network->given))
		return 0;
	return network_record_last(p->e->store, p->network->id, joined, p->err);
}

static int take_one(const struct engine *e, const struct network_lease_request *q,
		    size_t i, unsigned int *n_eth, struct network_lease *l,
		    struct address_records *fresh, struct error *err)
{
	const struct network_attachment *a = &q->config->attachments[i];
	cleanup_network struct network n = {0};
	cleanup_address_records struct address_records rows = {0};
	struct place p = {.e = e,
			  .q = q,
			  .attachment = a,
			  .network = &n,
			  .rows = &rows,
			  .err = err};
	struct network_endpoint *ep;
	int r = network_get(e, a->network, a->name, &n, err);

	if (r >= 0)
		r = add_network(&n, l, err);
	if (r >= 0)
		r = address_record_of_network(e->store, n.id, &rows, err);
	if (r < 0)
		return r;
	ep = &l->member.endpoints[l->member.n_endpoints++];
	begin_endpoint(q, a, &n, n_eth, ep);
	r = give_all(&p, ep, fresh);
	end_endpoint(q, ep);
	return r;
}

/* Within the transaction. */
static int take(const struct engine *e, const struct network_lease_request *q,
		struct network_lease *l, struct error *err)
{
	cleanup_address_records struct address_records fresh = {0};
	unsigned int n_eth = 0;
	int r = 0;

	begin_lease(q, l);
	for (size_t i = 0; r >= 0 && i < q->config->n_attachments; i++)
		r = take_one(e, q, i, &n_eth, l, &fresh, err);
	if (r >= 0)
		r = address_record_delete(e->store, q->id, NULL, err);
	return r < 0 ? r : address_record_insert(e->store, &fresh, err);
}

int network_lease_try(const struct engine *e, const struct network_lease_request *q,
		      struct network_lease *ret, struct error *err)
{
	cleanup_network_lease struct network_lease l = {0};
	int r = store_begin(e->store, err);

	if (r < 0)
		return r;
	r = take(e, q, &l, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct network_lease){0};
	return 0;
}

/* Which of the rows are in one of the network's subnets, in the order of these. */
static void read_endpoint(const struct network *n, const struct address_records *rows,
			  struct network_endpoint *ep)
{
	for (size_t k = 0; k < n->n_pools; k++)
		for (size_t i = 0; i < rows->n; i++) {
			struct ip_address a;
			struct subnet s;

			if (str_eq(rows->items[i].network, n->id) &&
			    subnet_parse(n->pools[k].subnet, &s) >= 0 &&
			    ip_address_parse(rows->items[i].ip, &a) >= 0 &&
			    subnet_has(&s, &a))
				add_address(ep, &a, &s);
		}
}

static int read_one(const struct engine *e, const struct network_lease_request *q,
		    size_t i, const struct address_records *rows, unsigned int *n_eth,
		    struct network_lease *l, struct error *err)
{
	const struct network_attachment *a = &q->config->attachments[i];
	cleanup_network_record struct network_record rec = {0};
	cleanup_network struct network n = {0};
	struct network_endpoint *ep;
	int r = network_record_get(e->store, a->network ? a->network : a->name, &rec,
				   err);

	if (r <= 0) /* gone: it has nothing there */
		return r;
	r = network_settings_read(&rec, &n, err);
	if (r < 0 || has_network(l, n.id))
		return r;
	ep = &l->member.endpoints[l->member.n_endpoints++];
	begin_endpoint(q, a, &n, n_eth, ep);
	read_endpoint(&n, rows, ep);
	end_endpoint(q, ep);
	return add_network(&n, l, err);
}

int network_lease_read(const struct engine *e, const struct network_lease_request *q,
		       struct network_lease *ret, struct error *err)
{
	cleanup_address_records struct address_records rows = {0};
	cleanup_network_lease struct network_lease l = {0};
	unsigned int n_eth = 0;
	int r = address_record_of_container(e->store, q->id, &rows, err);

	begin_lease(q, &l);
	for (size_t i = 0; r >= 0 && rows.n > 0 && i < q->config->n_attachments; i++)
		r = read_one(e, q, i, &rows, &n_eth, &l, err);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct network_lease){0};
	return 0;
}

int network_lease_drop(const struct engine *e, const char *id, struct error *err)
{
	return address_record_delete(e->store, id, NULL, err);
}

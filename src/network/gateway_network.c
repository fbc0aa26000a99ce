/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "network/gateway_state.h"
#include "network/netlink_link.h"
#include "network/uplink.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct gateway_network *gateway_network_find(const struct gateway *g, const char *id)
{
	struct gateway_network *n = g->networks;

	while (n && !str_eq(n->definition.id, id))
		n = n->next;
	return n;
}

uint32_t gateway_network_mtu(const struct gateway *g, const struct network_definition *d)
{
	if (d->mtu > 0)
		return (uint32_t)d->mtu;
	return g->is_host ? GATEWAY_HOST_MTU : UPLINK_MTU;
}

/* The same as long as the network is the same; the second bit says that nobody has assigned it. IEEE 802 */
static void choose_mac(const char *id, uint8_t ret[static 6])
{
	for (size_t k = 0; k < 6; k++) {
		char digits[3] = {id[2 * k], id[2 * k + 1], '\0'};

		ret[k] = (uint8_t)strtoul(digits, NULL, 16);
	}
	ret[0] = (uint8_t)((ret[0] & 0xfc) | 0x02);
}

static int make_bridge(struct gateway *g, const struct network_definition *d,
		       struct error *err)
{
	struct netlink_bridge bridge = {
		.name = d->interface,
		.alias = g->is_host ? g->table : NULL,
		.mtu = gateway_network_mtu(g, d),
	};
	struct netlink_batch b;

	netlink_init(&b);
	choose_mac(d->id, bridge.mac);
	netlink_bridge(&b, &bridge);
	netlink_link_mtu(&b, d->interface, bridge.mtu);
	return netlink_send(g->route_fd, &b, err);
}

static int parse_gateway(const struct network_subnet *s, struct address *ret,
			 struct error *err)
{
	struct address subnet;
	int r = address_parse(s->subnet, &subnet, err);

	if (r >= 0)
		r = address_parse(s->gateway, ret, err);
	if (r >= 0)
		ret->prefix = subnet.prefix;
	return r;
}

static int bring_up(struct gateway *g, const struct network_definition *d,
		    struct error *err)
{
	int index = netlink_index(g->route_fd, d->interface);
	struct netlink_batch b;
	struct address a;

	netlink_init(&b);
	for (size_t k = 0; k < d->n_subnets; k++) {
		if (!d->subnets[k].gateway)
			continue;
		int r = parse_gateway(&d->subnets[k], &a, err);

		if (r < 0)
			return r;
		netlink_address_add(&b, index, d->interface, &a);
	}
	netlink_link_up(&b, d->interface);
	return netlink_send(g->route_fd, &b, err);
}

static int carry_out(struct gateway *g, const struct network_definition *d, bool is_new,
		     struct error *err)
{
	int r = make_bridge(g, d, err);

	if (r >= 0)
		r = gateway_rules_network(g, d, err);
	if (r >= 0)
		r = bring_up(g, d, err);
	if (r >= 0)
		r = gateway_names_network(g, d, is_new, err);
	return r < 0 ? error_wrap(err, "make network %s", d->name ? d->name : d->id) : 0;
}

static bool is_same(const struct network_definition *a,
		    const struct network_definition *b)
{
	cleanup_json struct json_object *x = network_definition_json(a),
					*y = network_definition_json(b);

	return json_object_equal(x, y);
}

static void drop(struct gateway *g, struct gateway_network *n)
{
	for (struct gateway_network **at = &g->networks; *at; at = &(*at)->next)
		if (*at == n) {
			*at = n->next;
			break;
		}
	network_definition_release(&n->definition);
	free(n);
}

int gateway_network_set(struct gateway *g, struct network_definition *d,
			struct error *err)
{
	struct gateway_network *n = gateway_network_find(g, d->id);
	bool is_new = !n;
	int r;

	if (n && is_same(&n->definition, d)) {
		network_definition_release(d);
		return 0;
	}
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->next = g->networks;
		g->networks = n;
	}
	network_definition_release(&n->definition);
	n->definition = *d;
	*d = (struct network_definition){0};
	r = carry_out(g, &n->definition, is_new, err);
	if (r < 0)
		drop(g, n); /* asked for again, it is made again */
	return r;
}

int gateway_network_forget(struct gateway *g, const char *id, struct error *err)
{
	struct gateway_network *n = gateway_network_find(g, id);
	struct netlink_batch b;
	int r;

	if (!n)
		return 0;
	netlink_init(&b);
	netlink_link_delete(&b, n->definition.interface);
	r = netlink_send(g->route_fd, &b, err);
	gateway_names_forget_network(g, id);
	gateway_rules_forget_network(g, id);
	drop(g, n);
	return r;
}

static void remove_bridge(const struct gateway *g, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	struct netlink_batch b;

	netlink_init(&b);
	netlink_link_delete(&b, name);
	if (netlink_send(g->route_fd, &b, &err) < 0)
		error_drop(&err, "left");
}

void gateway_network_release(struct gateway *g, bool with_bridges)
{
	while (g->networks) {
		if (with_bridges)
			remove_bridge(g, g->networks->definition.interface);
		drop(g, g->networks);
	}
	strv_foreach (name, g->stale)
		if (with_bridges)
			remove_bridge(g, *name);
	strv_free(g->stale);
	g->stale = NULL;
}

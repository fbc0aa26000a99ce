/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Our end of a container's interface has a name that follows from the two ids, so what a killed program
 * has made is found again. The other end is made in the container's namespace at once, and configured by a socket of that
 * namespace: which is closed before the answer, as it would keep the namespace alive. Who has gone is heard from the
 * kernel: our end goes with the other one.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "network/gateway_state.h"
#include "network/netlink_link.h"
#include "runtime/gateway_ns.h"
#include "util/mem.h"
#include "util/str.h"

/* An address is used at once, and nobody on the network tells a container of other routes. */
static const struct gateway_ns_setting quiet_ipv6[] = {
	{"/proc/sys/net/ipv6/conf/default/accept_dad", "0"},
	{"/proc/sys/net/ipv6/conf/default/accept_ra", "0"},
	{"/proc/sys/net/ipv6/conf/all/accept_ra", "0"},
};

struct gateway_member *gateway_member_find(const struct gateway *g, const char *id)
{
	struct gateway_member *m = g->members;

	while (m && !str_eq(m->m.id, id))
		m = m->next;
	return m;
}

static void drop(struct gateway *g, struct gateway_member *m)
{
	for (struct gateway_member **at = &g->members; *at; at = &(*at)->next)
		if (*at == m) {
			*at = m->next;
			break;
		}
	network_member_release(&m->m);
	free(m->links);
	free(m);
}

int gateway_member_mac(const struct network_member *m, size_t k, uint8_t ret[static 6],
		       struct error *err)
{
	const char *mac = m->endpoints[k].mac;

	return mac ? address_mac_parse(mac, ret, err)
		   : error_set(err, ERR_INVALID, 0, "mac: is missing");
}

static int make_veth(struct gateway *g, const struct network_member *m, size_t k,
		     int net_ns_fd, struct error *err)
{
	const struct network_endpoint *e = &m->endpoints[k];
	const struct gateway_network *n = gateway_network_find(g, e->network);
	char name[NETWORK_INTERFACE_SIZE];
	struct netlink_veth veth = {
		.name = name,
		.peer = e->interface,
		.peer_net_ns_fd = net_ns_fd,
	};
	struct netlink_batch b;
	int r = gateway_member_mac(m, k, veth.peer_mac, err);

	if (r < 0)
		return r;
	network_peer_name(m->id, e->network, name);
	veth.master = netlink_index(g->route_fd, n->definition.interface);
	veth.mtu = gateway_network_mtu(g, &n->definition);
	netlink_init(&b);
	netlink_veth(&b, &veth);
	netlink_link_up(&b, name);
	r = netlink_send(g->route_fd, &b, err);
	if (r == -EEXIST)
		return error_set(err, ERR_CONFLICT, EEXIST,
				 "make the interface %s: the container has one",
				 e->interface);
	return r;
}

/* The gateway of this family that the first endpoint with a way out has, of those that are there. */
static bool find_gateway(const struct gateway *g, const struct network_member *m,
			 int inside_fd, int family, struct address *ret)
{
	cleanup_error struct error err = ERROR_INIT;

	for (size_t k = 0; k < m->n_endpoints; k++) {
		const struct gateway_network *n =
			gateway_network_find(g, m->endpoints[k].network);

		if (!n || n->definition.internal ||
		    !netlink_index(inside_fd, m->endpoints[k].interface))
			continue;
		for (size_t i = 0; i < n->definition.n_subnets; i++) {
			const char *text = n->definition.subnets[i].gateway;

			if (text && address_parse(text, ret, &err) >= 0 &&
			    ret->family == family)
				return true;
		}
	}
	return false;
}

/* One that is there already stays. */
static void add_default_routes(struct netlink_batch *b, const struct gateway *g,
			       const struct network_member *m, int inside_fd)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct address gateway;

	for (size_t k = 0; k < ARRAY_SIZE(families); k++)
		if (find_gateway(g, m, inside_fd, families[k], &gateway))
			netlink_default_route(b, &gateway);
}

static int add_addresses(struct netlink_batch *b, int inside_fd,
			 const struct network_endpoint *e, struct error *err)
{
	int index = netlink_index(inside_fd, e->interface);
	struct address a;

	netlink_link_up(b, e->interface);
	strv_foreach (text, e->addresses) {
		int r = address_parse(*text, &a, err);

		if (r < 0)
			return r;
		netlink_address_add(b, index, e->interface, &a);
	}
	return 0;
}

/* is_new: which endpoints have just been made. */
static int configure_inside(struct gateway *g, const struct network_member *m,
			    const bool *is_new, int inside_fd, struct error *err)
{
	struct netlink_batch b;
	int r = 0;

	netlink_init(&b);
	netlink_link_up(&b, "lo");
	for (size_t k = 0; r >= 0 && k < m->n_endpoints; k++)
		if (is_new[k]) {
			r = add_addresses(&b, inside_fd, &m->endpoints[k], err);
			if (r >= 0)
				r = netlink_send_full(inside_fd, &b, err);
		}
	if (r < 0)
		return r;
	add_default_routes(&b, g, m, inside_fd);
	return netlink_send(inside_fd, &b, err);
}

static int open_inside(const struct gateway *g, int net_ns_fd, struct error *err)
{
	const struct gateway_ns_visit v = {
		.user_fd = g->ns.user_fd,
		.net_fd = net_ns_fd,
		.settings = quiet_ipv6,
		.n_settings = ARRAY_SIZE(quiet_ipv6),
		.socket = {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
	};

	return gateway_ns_socket(&v, err);
}

static int find_link(const struct gateway *g, const char *id, const char *network)
{
	char name[NETWORK_INTERFACE_SIZE];

	network_peer_name(id, network, name);
	return netlink_index(g->route_fd, name);
}

static void delete_link(const struct gateway *g, const char *id, const char *network)
{
	cleanup_error struct error err = ERROR_INIT;
	char name[NETWORK_INTERFACE_SIZE];
	struct netlink_batch b;

	network_peer_name(id, network, name);
	netlink_init(&b);
	netlink_link_delete(&b, name);
	if (netlink_send(g->route_fd, &b, &err) < 0)
		error_drop(&err, "left");
}

/* Our end may be what is left of an earlier run, whose namespace the kernel has not cleared away yet. */
static bool is_found(const struct gateway *g, const struct network_member *m, size_t k,
		     int inside_fd)
{
	const struct network_endpoint *e = &m->endpoints[k];

	if (!find_link(g, m->id, e->network))
		return false;
	if (netlink_index(inside_fd, e->interface))
		return true;
	delete_link(g, m->id, e->network);
	return false;
}

static int make_interfaces(struct gateway *g, const struct network_member *m,
			   int net_ns_fd, bool *is_new, struct error *err)
{
	cleanup_fd int inside_fd = -EBADF;
	int r;

	if (net_ns_fd < 0)
		return error_set(err, ERR_INVALID, 0,
				 "the container's network namespace is missing");
	r = inside_fd = open_inside(g, net_ns_fd, err);
	for (size_t k = 0; r >= 0 && k < m->n_endpoints; k++) {
		if (is_found(g, m, k, inside_fd))
			continue;
		r = make_veth(g, m, k, net_ns_fd, err);
		is_new[k] = r >= 0;
	}
	return r < 0 ? r : configure_inside(g, m, is_new, inside_fd, err);
}

static int check_networks(const struct gateway *g, const struct network_member *m,
			  struct error *err)
{
	for (size_t k = 0; k < m->n_endpoints; k++)
		if (!gateway_network_find(g, m->endpoints[k].network))
			return error_set(err, ERR_INVALID, 0,
					 "network %.12s: nobody has told of it",
					 m->endpoints[k].network);
	return 0;
}

static bool has_endpoint(const struct network_member *m, const char *network)
{
	for (size_t k = 0; k < m->n_endpoints; k++)
		if (str_eq(m->endpoints[k].network, network))
			return true;
	return false;
}

static void forget(struct gateway *g, struct gateway_member *m)
{
	gateway_names_forget(g, m->m.id, NULL);
	gateway_rules_forget(g, m->m.id);
	drop(g, m);
}

/* One of its places has been given up. Return: whether it has others; without any it is forgotten. */
static bool forget_link(struct gateway *g, struct gateway_member *m, size_t k)
{
	if (m->m.n_endpoints == 1) {
		forget(g, m);
		return false;
	}
	gateway_names_forget(g, m->m.id, m->m.endpoints[k].network);
	network_member_drop(&m->m, k);
	memmove(&m->links[k], &m->links[k + 1],
		(m->m.n_endpoints - k) * sizeof(*m->links));
	return true;
}

/* What it had and has no more is removed. */
static void remember(struct gateway *g, struct network_member *m)
{
	struct gateway_member *known = gateway_member_find(g, m->id);

	for (size_t k = 0; known && k < known->m.n_endpoints; k++)
		if (!has_endpoint(m, known->m.endpoints[k].network))
			delete_link(g, m->id, known->m.endpoints[k].network);
	if (known) {
		network_member_release(&known->m);
		free(known->links);
	} else {
		known = xcalloc(1, sizeof(*known));
		known->next = g->members;
		g->members = known;
	}
	known->m = *m;
	*m = (struct network_member){0};
	known->links = xcalloc(known->m.n_endpoints + 1, sizeof(*known->links));
	for (size_t k = 0; k < known->m.n_endpoints; k++)
		known->links[k] =
			find_link(g, known->m.id, known->m.endpoints[k].network);
	/* what has ended in these microseconds nobody will tell of any more */
	for (size_t k = known->m.n_endpoints; k-- > 0;)
		if (!known->links[k] && !forget_link(g, known, k))
			return;
}

int gateway_member_attach(struct gateway *g, struct network_member *m, int net_ns_fd,
			  struct error *err)
{
	cleanup_free bool *is_new = xcalloc(m->n_endpoints + 1, sizeof(*is_new));
	int r = check_networks(g, m, err);

	if (r >= 0)
		r = gateway_rules_member(g, m, err);
	if (r >= 0)
		r = make_interfaces(g, m, net_ns_fd, is_new, err);
	if (r >= 0)
		r = gateway_names_member(g, m, err);
	if (r < 0) {
		if (!gateway_member_find(g, m->id))
			gateway_rules_forget(g, m->id);
		for (size_t k = 0; k < m->n_endpoints; k++)
			if (is_new[k])
				delete_link(g, m->id, m->endpoints[k].network);
		(void)error_wrap(err, "attach container %s to its networks",
				 m->name ? m->name : m->id);
		network_member_release(m);
		return r;
	}
	remember(g, m);
	return 0;
}

int gateway_member_announce(struct gateway *g, struct network_member *m,
			    struct error *err)
{
	bool is_there = false;
	int r;

	for (size_t k = 0; k < m->n_endpoints; k++)
		is_there = is_there || find_link(g, m->id, m->endpoints[k].network);
	r = is_there ? gateway_names_member(g, m, err)
		     : error_set(err, ERR_NOT_FOUND, 0, "container %.12s: not attached",
				 m->id);

	if (r >= 0)
		r = gateway_rules_member(g, m, err);
	if (r >= 0)
		remember(g, m);
	network_member_release(m);
	return r;
}

/* The default route may have gone with an interface. */
static int mend_routes(struct gateway *g, const struct gateway_member *m, int net_ns_fd,
		       struct error *err)
{
	cleanup_fd int inside_fd = open_inside(g, net_ns_fd, err);
	struct netlink_batch b;

	if (inside_fd < 0)
		return inside_fd;
	netlink_init(&b);
	add_default_routes(&b, g, &m->m, inside_fd);
	return netlink_send(inside_fd, &b, err);
}

int gateway_member_detach(struct gateway *g, const char *id, const char *network,
			  int net_ns_fd, struct error *err)
{
	struct gateway_member *m = gateway_member_find(g, id);

	for (size_t k = m ? m->m.n_endpoints : 0; m && k-- > 0;) {
		if (network && !str_eq(network, m->m.endpoints[k].network))
			continue;
		delete_link(g, id, m->m.endpoints[k].network);
		if (!forget_link(g, m, k))
			m = NULL;
	}
	return m && net_ns_fd >= 0 ? mend_routes(g, m, net_ns_fd, err) : 0;
}

static void hear_link(void *data, const struct netlink_link *l)
{
	struct gateway *g = data;

	if (!l->is_gone)
		return;
	for (struct gateway_member *m = g->members; m; m = m->next)
		for (size_t k = 0; k < m->m.n_endpoints; k++)
			if (m->links[k] == l->index) {
				(void)forget_link(g, m, k);
				return;
			}
}

/* Something was lost: all are looked at. */
static void check_links(struct gateway *g)
{
	struct gateway_member *next;

	for (struct gateway_member *m = g->members; m; m = next) {
		next = m->next;
		for (size_t k = m->m.n_endpoints; k-- > 0;)
			if (!find_link(g, m->m.id, m->m.endpoints[k].network) &&
			    !forget_link(g, m, k))
				break;
	}
}

void gateway_member_hear(struct gateway *g, struct gateway_source *s)
{
	if (netlink_hear(s->fd, hear_link, g) == -ENOBUFS)
		check_links(g);
}

void gateway_member_release(struct gateway *g)
{
	while (g->members)
		drop(g, g->members);
}

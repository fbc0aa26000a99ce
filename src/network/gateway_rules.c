/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "network/gateway_state.h"
#include "network/uplink.h"
#include "util/log.h"
#include "util/mem.h"

static void hear(struct gateway *g, struct gateway_source *s)
{
	firewall_dispatch(g->firewall);
}

static void log_refusal(void *data, const struct firewall_refusal *r)
{
	log_debug("container %.12s was not let to %s port %u (%s)", r->id, r->address,
		  r->port, r->protocol);
	gateway_refusals_tell(data, r);
}

/* What it is heard by comes with the first limited container. */
static void watch(struct gateway *g)
{
	cleanup_error struct error err = ERROR_INIT;
	int fd = firewall_fd(g->firewall);

	if (fd == g->firewall_source.fd)
		return;
	if (g->firewall_source.fd >= 0)
		gateway_unwatch(g, &g->firewall_source);
	g->firewall_source = (struct gateway_source){.fd = fd, .ready = hear};
	if (fd >= 0 && gateway_watch(g, &g->firewall_source, &err) < 0)
		error_drop(&err, "refusals are not seen");
}

int gateway_rules_open(struct gateway *g, struct error *err)
{
	const struct firewall_options o = {
		.user_ns_fd = g->ns.user_fd,
		.net_ns_fd = g->ns.net_fd,
		.is_host = g->is_host,
		.table = g->table,
		.uplink = g->is_host ? NULL : UPLINK_INTERFACE,
		.refused = log_refusal,
		.data = g,
	};

	if (g->firewall)
		return 0;
	return firewall_open(&o, &g->firewall, err);
}

void gateway_rules_close(struct gateway *g)
{
	if (!g->firewall)
		return;
	if (g->is_host)
		firewall_remove(g->firewall);
	firewall_free(g->firewall);
	g->firewall = NULL;
}

int gateway_rules_network(struct gateway *g, const struct network_definition *d,
			  struct error *err)
{
	int r = gateway_rules_open(g, err);

	return r < 0 ? r : firewall_network(g->firewall, d, err);
}

void gateway_rules_forget_network(struct gateway *g, const char *id)
{
	if (g->firewall)
		firewall_network_forget(g->firewall, id);
}

int gateway_rules_member(struct gateway *g, const struct network_member *m,
			 struct error *err)
{
	cleanup_free struct firewall_port *ports =
		xcalloc(m->n_endpoints + 1, sizeof(*ports));
	cleanup_free char *names = xcalloc(m->n_endpoints + 1, NETWORK_INTERFACE_SIZE);
	int r = gateway_rules_open(g, err);

	for (size_t k = 0; r >= 0 && k < m->n_endpoints; k++) {
		char *name = names + k * NETWORK_INTERFACE_SIZE;

		network_peer_name(m->id, m->endpoints[k].network, name);
		ports[k].interface = name;
		r = gateway_member_mac(m, k, ports[k].mac, err);
	}
	if (r >= 0)
		r = firewall_member(g->firewall, m, ports, err);
	if (r >= 0)
		watch(g);
	return r;
}

void gateway_rules_forget(struct gateway *g, const char *member)
{
	if (g->firewall)
		firewall_member_forget(g->firewall, member);
}

bool gateway_rules_learn(struct gateway *g, const struct names_message *m)
{
	cleanup_error struct error err = ERROR_INIT;

	if (g->firewall && firewall_learn(g->firewall, m->member, m->name, m->addresses,
					  m->n_addresses, m->ttl, &err) >= 0)
		return true;
	if (error_is_set(&err))
		error_drop(&err, "the container hears of a failure");
	return false;
}

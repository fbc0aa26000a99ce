/* SPDX-License-Identifier: Apache-2.0 */
#include "network/request.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/str.h"

void network_definition_release(struct network_definition *n)
{
	free(n->id);
	free(n->name);
	free(n->interface);
	for (size_t k = 0; k < n->n_subnets; k++) {
		free(n->subnets[k].subnet);
		free(n->subnets[k].gateway);
	}
	free(n->subnets);
	strv_free(n->dns_servers);
	*n = (struct network_definition){0};
}

static void endpoint_release(struct network_endpoint *e)
{
	free(e->network);
	free(e->interface);
	strv_free(e->addresses);
	free(e->mac);
	strv_free(e->names);
}

void network_member_release(struct network_member *m)
{
	free(m->id);
	free(m->name);
	for (size_t k = 0; k < m->n_endpoints; k++)
		endpoint_release(&m->endpoints[k]);
	free(m->endpoints);
	strv_free(m->dns_servers);
	strv_free(m->allow);
	for (size_t k = 0; k < m->n_ports; k++) {
		free(m->ports[k].host_address);
		free(m->ports[k].protocol);
	}
	free(m->ports);
	*m = (struct network_member){0};
}

void network_peer_name(const char *container_id, const char *network_id,
		       char ret[static NETWORK_INTERFACE_SIZE])
{
	(void)snprintf(ret, NETWORK_INTERFACE_SIZE, "vb%.8s%.5s", container_id,
		       network_id);
}

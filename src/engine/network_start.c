/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_start.h"

#include "engine/start_plan.h"
#include "network/client.h"
#include "util/json.h"

void network_start_release(struct network_start *n)
{
	gateway_release(&n->gateway);
	network_lease_release(&n->lease);
	ports_hold_release(&n->ports);
	if (n->request)
		json_object_put(n->request);
	*n = NETWORK_START_INIT;
}

bool network_start_is_needed(const struct start_plan *p)
{
	return p->net.n_attachments > 0 || (p->net.tool && p->net.n_ports > 0);
}

int network_start_begin(const struct engine *e, const struct start_plan *p,
			struct network_start *ret, struct error *err)
{
	cleanup_network_start struct network_start n = NETWORK_START_INIT;
	const struct network_lease_request request = {
		.id = p->id,
		.name = p->name,
		.hostname = p->hostname,
		.config = &p->net,
		.dns_servers = p->etc_words.dns,
	};
	int r = ports_bind(e, p->net.ports, p->net.n_ports, &n.ports, err);

	if (r >= 0 && p->net.tool) {
		*ret = n;
		n = NETWORK_START_INIT;
		return 0;
	}
	if (r >= 0)
		r = network_lease_take(e, &request, &n.lease, err);
	if (r >= 0)
		r = gateway_open(e, &n.gateway, err);
	if (r < 0)
		return r;
	if (!e->rootless)
		ports_fill_member(&n.ports, &n.lease.member);
	n.request = network_client_attach(n.lease.networks, n.lease.n_networks,
					  &n.lease.member);
	*ret = n;
	n = NETWORK_START_INIT;
	return 0;
}

int network_start_attach(void *data, int *net_ns_fd, struct error *err)
{
	const struct network_start *n = data;

	return network_client_send(n->gateway.fd, n->request, *net_ns_fd, err);
}

int network_start_finish(struct network_start *n, pid_t init_pid, int run_dirfd,
			 int *ret_keep_fd, struct error *err)
{
	const struct ports_target target = {
		.member = &n->lease.member,
		.user_ns_fd = n->gateway.user_ns_fd,
		.net_ns_fd = n->gateway.net_ns_fd,
		.init_pid = init_pid,
		.dirfd = run_dirfd,
	};
	int r = network_client_receive(n->gateway.fd, NULL, NULL, err);

	*ret_keep_fd = -EBADF;
	if (r >= 0)
		r = ports_forward(&n->ports, &target, err);
	ports_hold_release(&n->ports);
	if (r < 0 || n->gateway.net_ns_fd < 0)
		return r;
	r = gateway_register(run_dirfd, n->gateway.net_ns_fd, err);
	if (r >= 0)
		*ret_keep_fd = TAKE_FD(n->gateway.net_ns_fd);
	return r;
}

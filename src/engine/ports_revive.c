/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container.h"
#include "engine/container_dir.h"
#include "engine/gateway.h"
#include "engine/network_lease.h"
#include "engine/ports.h"

/* Of a container that runs. */
static bool is_served(int dirfd, struct ports_state *ret)
{
	return ports_read(dirfd, ret) < 0 || proc_id_alive(&ret->forwarder);
}

static int serve(const struct engine *e, const struct container *c, int dirfd,
		 const struct ports_state *state, struct error *err)
{
	const struct network_lease_request request = {
		.id = c->record.id,
		.name = c->record.name,
		.config = &c->config.net,
	};
	cleanup_network_lease struct network_lease lease = {0};
	cleanup_ports_hold struct ports_hold hold = PORTS_HOLD_INIT;
	cleanup_gateway struct gateway gateway = GATEWAY_INIT;
	struct ports_target target = {
		.member = &lease.member,
		.init_pid = c->init.pid,
		.dirfd = dirfd,
	};
	int r = network_lease_read(e, &request, &lease, err);

	if (r < 0 || lease.member.n_endpoints == 0)
		return r < 0 ? r : 0;
	r = ports_bind(e, state->ports, state->n_ports, &hold, err);
	if (r >= 0)
		r = gateway_open(e, &gateway, err);
	if (r < 0)
		return r;
	target.user_ns_fd = gateway.user_ns_fd;
	target.net_ns_fd = gateway.net_ns_fd;
	return ports_forward(&hold, &target, err);
}

int ports_revive(const struct engine *e, const struct container *c, struct error *err)
{
	cleanup_ports_state struct ports_state state = {0}, again = {0};
	cleanup_fd int dirfd = -EBADF, lock_fd = -EBADF;

	if (c->init.pid <= 0 || !e->store)
		return 0;
	dirfd = container_dir_open(e, c->record.id);
	if (dirfd < 0 || is_served(dirfd, &state))
		return 0;
	lock_fd = container_dir_lock(e, c->record.id, DIR_LOCK_TRY, err);
	if (lock_fd < 0) {
		error_drop(err, "somebody else looks after it");
		return 0;
	}
	if (is_served(lock_fd, &again) || !proc_id_alive(&c->init))
		return 0;
	return serve(e, c, lock_fd, &again, err);
}

void ports_fill_running(const struct engine *e, const char *id, struct network_member *m)
{
	cleanup_fd int dirfd = container_dir_open(e, id);
	cleanup_ports_state struct ports_state state = {0};
	struct ports_hold held = PORTS_HOLD_INIT;

	if (dirfd < 0 || ports_read(dirfd, &state) < 0)
		return;
	held.ports = state.ports;
	held.n_ports = state.n_ports;
	ports_fill_member(&held, m);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record first, then the addresses, then the interface: what fails later takes back what was done before. A
 * container that is killed in between has in its record what the next start gives it.
 */
#include "engine/network_connect.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/event.h"
#include "engine/gateway.h"
#include "engine/network_lease.h"
#include "engine/ports.h"
#include "network/client.h"
#include "spec/spec.h"
#include "store/network_record.h"
#include "store/store.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define MODE_BRIDGE "bridge"

/* What leases would call them: from now on they are called so for good, whoever else comes and goes. */
static void name_interfaces(struct network_config *c)
{
	unsigned int k = 0;

	for (size_t i = 0; i < c->n_attachments; i++)
		if (!c->attachments[i].interface)
			c->attachments[i].interface = network_config_interface(c, &k);
}

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void add(struct network_config *c, const struct network *n,
		const struct network_attachment *asked)
{
	c->attachments = xreallocarray(c->attachments, c->n_attachments + 1,
				       sizeof(*c->attachments));
	c->attachments[c->n_attachments++] = (struct network_attachment){
		.network = xstrdup(n->id),
		.name = xstrdup(n->name),
		.interface = copy(asked->interface),
		.ip = copy(asked->ip),
		.ip6 = copy(asked->ip6),
		.mac = copy(asked->mac),
		.aliases = strv_copy(asked->aliases),
	};
}

static void take_out(struct network_config *c, size_t i)
{
	struct network_attachment out = c->attachments[i];
	struct network_config gone = {.attachments = xmemdup(&out, sizeof(out)),
				      .n_attachments = 1};

	c->n_attachments--;
	memmove(&c->attachments[i], &c->attachments[i + 1],
		(c->n_attachments - i) * sizeof(*c->attachments));
	network_config_release(&gone);
}

/* One change of a container's record. */
struct change {
	const struct network *network;
	const struct network_attachment *asked; /* NULL: it leaves */
};

static int apply(const struct container *c, const struct change *x,
		 struct network_config *net, struct error *err)
{
	int i = network_config_find(net, x->network->id, x->network->name);

	if (x->asked && i >= 0)
		return error_set(
			err, ERR_CONFLICT, 0,
			"container %s is already connected to network \"%s\": network is already connected",
			c->record.name, x->network->name);
	if (!x->asked && i < 0)
		return error_set(
			err, ERR_NOT_FOUND, 0,
			"container %s is not connected to network %s: network not found",
			c->record.name, x->network->name);
	name_interfaces(net);
	if (x->asked)
		add(net, x->network, x->asked);
	else
		take_out(net, (size_t)i);
	name_interfaces(net);
	return 0;
}

/* Within a transaction: nobody else changes the record meanwhile. */
static int change_record(const struct engine *e, const struct container *c,
			 const struct change *x, struct error *err)
{
	cleanup_container_record struct container_record rec = {0};
	cleanup_container_config struct container_config config = {0};
	cleanup_free char *text = NULL;
	int r = container_record_get(e->store, c->record.id, &rec, err);

	if (r >= 0)
		r = container_config_parse(rec.config, &config, err);
	if (r >= 0)
		r = apply(c, x, &config.net, err);
	if (r < 0)
		return r;
	text = container_config_text(&config);
	r = container_record_config(e->store, c->record.id, text, err);
	if (r >= 0 && !x->asked)
		r = address_record_delete(e->store, c->record.id, x->network->id, err);
	return r;
}

static int change(const struct engine *e, const struct container *c,
		  const struct change *x, struct error *err)
{
	int r = store_begin(e->store, err);

	if (r < 0)
		return r;
	r = change_record(e, c, x, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	return r;
}

/* The container's network namespace; that of another process with the same number it is not. */
static int open_netns(const struct container *c, struct error *err)
{
	cleanup_free char *path = xasprintf("/proc/%d/ns/net", c->init.pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "open the network namespace of container %s",
				 c->record.name);
	if (!proc_id_alive(&c->init))
		return error_set(err, ERR_CONFLICT, 0, "container %s has ended meanwhile",
				 c->record.name);
	return TAKE_FD(fd);
}

/* What the network program shall know of it; take: addresses that it has none of yet are given. */
static int lease(const struct engine *e, const struct container *c, bool take,
		 struct network_lease *ret, struct error *err)
{
	cleanup_container struct container now = {0};
	cleanup(spec_freep) struct spec *spec = NULL;
	struct network_lease_request q;
	int r = container_reload(e, c->record.id, &now, err);

	if (r >= 0)
		r = container_dir_spec(e, c->record.id, &spec, err);
	if (r < 0)
		return r;
	q = (struct network_lease_request){.id = now.record.id,
					   .name = now.record.name,
					   .hostname = spec->hostname,
					   .config = &now.config.net,
					   .dns_servers = now.config.dns};
	r = take ? network_lease_take(e, &q, ret, err)
		 : network_lease_read(e, &q, ret, err);
	/* root's rules need them as well */
	if (r >= 0)
		ports_fill_running(e, c->record.id, &ret->member);
	return r;
}

static int ask(const struct gateway *g, struct json_object *request, int netns_fd,
	       struct error *err)
{
	int r = network_client_send(g->fd, request, netns_fd, err);

	return r < 0 ? r : network_client_receive(g->fd, NULL, NULL, err);
}

static int attach(const struct engine *e, const struct container *c,
		  const struct network_lease *l, struct error *err)
{
	cleanup_gateway struct gateway g = GATEWAY_INIT;
	cleanup_json struct json_object *request = NULL;
	cleanup_fd int netns_fd = open_netns(c, err);
	int r = netns_fd < 0 ? netns_fd : gateway_open(e, &g, err);

	if (r < 0)
		return r;
	request = network_client_attach(l->networks, l->n_networks, &l->member);
	return ask(&g, request, netns_fd, err);
}

/* network NULL: from all. */
static int detach(const struct engine *e, const struct container *c, const char *network,
		  struct error *err)
{
	cleanup_gateway struct gateway g = GATEWAY_INIT;
	cleanup_json struct json_object *request = json_object_new_object();
	cleanup_fd int netns_fd = open_netns(c, err);
	int r = netns_fd < 0 ? netns_fd : gateway_open(e, &g, err);

	if (r < 0)
		return r;
	json_add_str(request, "op", "detach");
	json_add_str(request, "id", c->record.id);
	json_add_str(request, "network", network);
	return ask(&g, request, netns_fd, err);
}

static void emit(const struct engine *e, const struct network *n,
		 const struct container *c, enum event_status status)
{
	event_emit(e, &(struct event){.type = EVENT_NETWORK,
				      .status = status,
				      .id = c->record.id,
				      .name = n->name});
}

/* It runs, so there must be something to attach it to. */
static int connect_live(const struct engine *e, const struct container *c,
			struct error *err)
{
	cleanup_network_lease struct network_lease l = {0};
	int r = lease(e, c, true, &l, err);

	return r < 0 ? r : attach(e, c, &l, err);
}

static int check_mode(const struct container *c, struct error *err)
{
	const char *mode = c->config.network ? c->config.network : "none";

	if (c->config.net.n_attachments > 0 || str_eq(mode, MODE_BRIDGE))
		return 0;
	error_set(err, ERR_CONFLICT, 0, "\"%s\" is not supported: invalid network mode",
		  mode);
	return error_hint(
		err,
		"Only a container that was made at a network can come to another one: cubby create --network NAME ...");
}

int network_connect(const struct engine *e, const struct network *n,
		    const struct container *c, const struct network_attachment *asked,
		    struct error *err)
{
	const struct change coming = {n, asked}, leaving = {n, NULL};
	int r = check_mode(c, err);

	if (r >= 0)
		r = change(e, c, &coming, err);
	if (r >= 0 && status_is_up(c->status))
		r = connect_live(e, c, err);
	else if (r < 0)
		return r;
	if (r < 0) {
		cleanup_error struct error second = ERROR_INIT;

		if (change(e, c, &leaving, &second) < 0)
			error_drop(&second, "it stays in the record");
		return r;
	}
	emit(e, n, c, EVENT_CONNECT);
	return 0;
}

int network_disconnect(const struct engine *e, const struct network *n,
		       const struct container *c, struct error *err)
{
	const struct change leaving = {n, NULL};
	int r = check_mode(c, err);

	if (r >= 0)
		r = change(e, c, &leaving, err);
	if (r >= 0 && status_is_up(c->status))
		r = detach(e, c, n->id, err);
	if (r < 0)
		return r;
	emit(e, n, c, EVENT_DISCONNECT);
	return 0;
}

int network_reload(const struct engine *e, const struct container *c, struct error *err)
{
	cleanup_network_lease struct network_lease l = {0};
	int r;

	if (!status_is_up(c->status) || c->config.net.n_attachments == 0)
		return 0;
	r = lease(e, c, false, &l, err);
	if (r >= 0)
		r = detach(e, c, NULL, err);
	return r < 0 ? r : attach(e, c, &l, err);
}

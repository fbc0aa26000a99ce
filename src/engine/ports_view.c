/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/ports_view.h"

#include <inttypes.h>
#include <string.h>

#include "engine/container_dir.h"
#include "engine/ports.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define CONTAINER "container:"

/* Whose run directory has the ports: its own, or that of who has the network. */
static const char *owner_of(const struct container *c)
{
	const char *network = c->config.network;

	return network && str_starts(network, CONTAINER) ? network + strlen(CONTAINER)
							 : c->record.id;
}

static bool read_chosen(const struct engine *e, const struct container *c,
			struct network_config *ret)
{
	cleanup_fd int dirfd = container_dir_open(e, owner_of(c));
	cleanup_ports_state struct ports_state state = {0};

	if (dirfd < 0 || ports_read(dirfd, &state) < 0)
		return false;
	ret->ports = TAKE_PTR(state.ports);
	ret->n_ports = state.n_ports;
	state.n_ports = 0;
	return true;
}

void ports_view(const struct engine *e, const struct container *c,
		struct network_config *ret)
{
	const struct network_config asked = {.ports = c->config.net.ports,
					     .n_ports = c->config.net.n_ports};
	cleanup_error struct error err = ERROR_INIT;

	*ret = (struct network_config){0};
	/* without looking for a file, of most */
	if (asked.n_ports == 0 && str_eq(owner_of(c), c->record.id))
		return;
	if (asked.n_ports > 0 && ports_revive(e, c, &err) < 0)
		error_drop(&err, "its ports are not served");
	if (c->init.pid > 0 && read_chosen(e, c, ret))
		return;
	network_config_copy(&asked, ret);
}

struct json_object *ports_view_json(const struct network_config *ports)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ports->n_ports; i++) {
		const struct port_mapping *m = &ports->ports[i];
		struct json_object *o = json_object_new_object();

		json_add_str(o, "host_ip", m->host_address ? m->host_address : "");
		json_add_u64(o, "container_port", m->container_port);
		json_add_u64(o, "host_port", m->host_port);
		json_add_u64(o, "range", m->n_ports);
		json_add_str(o, "protocol", m->protocol);
		json_object_array_add(list, o);
	}
	return list;
}

/* Under "80/tcp" there is a list of where it is to be found. */
static void add_binding(struct json_object *o, const struct port_mapping *m, uint64_t k)
{
	cleanup_free char *key =
		xasprintf("%" PRIu64 "/%s", m->container_port + k, m->protocol);
	cleanup_free char *port =
		m->host_port ? xasprintf("%" PRIu64, m->host_port + k) : xstrdup("");
	struct json_object *binding = json_object_new_object(), *list;

	json_add_str(binding, "HostIp", m->host_address ? m->host_address : "");
	json_add_str(binding, "HostPort", port);
	list = json_get(o, key);
	if (!list) {
		list = json_object_new_array();
		json_add(o, key, list);
	}
	json_object_array_add(list, binding);
}

static struct json_object *bindings(const struct network_config *ports)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ports->n_ports; i++)
		for (uint64_t k = 0; k < ports->ports[i].n_ports; k++)
			add_binding(o, &ports->ports[i], k);
	return o;
}

void ports_view_inspect(const struct engine *e, const struct container *c,
			struct json_object *document)
{
	struct json_object *host = json_get(document, "HostConfig");
	cleanup_network_config struct network_config ports = {0};
	struct json_object *all, *exposed;

	ports_view(e, c, &ports);
	all = bindings(&ports);
	json_add(host, "PortBindings", bindings(&ports));
	json_add_bool(host, "PublishAllPorts", c->config.net.publish_all);
	if (c->config.net.exposed) {
		exposed = json_object_new_object();
		strv_foreach (port, c->config.net.exposed) {
			json_add(exposed, *port, json_object_new_object());
			if (!json_get(all, *port))
				json_object_object_add(all, *port, NULL);
		}
		json_add(json_get(document, "Config"), "ExposedPorts", exposed);
	}
	json_add(json_get(document, "NetworkSettings"), "Ports", all);
}

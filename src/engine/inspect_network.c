/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/inspect_network.h"

#include <stdlib.h>
#include <string.h>

#include "engine/network_default.h"
#include "engine/network_lease.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_PREFIX_MIN 12 /* of an id that is shorter than that a name is meant */

char **container_networks(const struct container_config *c)
{
	char **names = NULL;

	for (size_t i = 0; i < c->net.n_attachments; i++) {
		const struct network_attachment *a = &c->net.attachments[i];

		strv_add(&names, a->name ? a->name : a->network);
	}
	return names;
}

bool container_is_at_network(const struct container_config *c, const char *word)
{
	for (size_t i = 0; i < c->net.n_attachments; i++) {
		const struct network_attachment *a = &c->net.attachments[i];

		if (str_eq(a->name, word) ||
		    (a->network &&
		     (str_eq(a->network, word) ||
		      (strlen(word) >= ID_PREFIX_MIN && str_starts(a->network, word)))))
			return true;
	}
	/* "bridge" is the mode of all that are at networks, and the name of one */
	return c->net.n_attachments == 0 && str_eq(c->network, word);
}

struct subject {
	const struct container *c;
	const struct network_lease *lease;
};

static const struct network_endpoint *endpoint_of(const struct subject *s,
						  const char *network)
{
	for (size_t i = 0; i < s->lease->member.n_endpoints; i++)
		if (str_eq(s->lease->member.endpoints[i].network, network))
			return &s->lease->member.endpoints[i];
	return NULL;
}

static const struct network_definition *definition_of(const struct subject *s,
						      const char *network)
{
	for (size_t i = 0; i < s->lease->n_networks; i++)
		if (str_eq(s->lease->networks[i].id, network))
			return &s->lease->networks[i];
	return NULL;
}

/* The first one of a family, and its prefix length. */
static char *address_of(const struct network_endpoint *endpoint, bool ipv6,
			uint64_t *ret_prefix)
{
	*ret_prefix = 0;
	strv_foreach (address, endpoint ? endpoint->addresses : NULL) {
		size_t len = strcspn(*address, "/");

		if ((strchr(*address, ':') != NULL) != ipv6)
			continue;
		if (!(*address)[len] || str_to_u64(*address + len + 1, ret_prefix) < 0)
			*ret_prefix = 0;
		return xstrndup(*address, len);
	}
	return xstrdup("");
}

static const char *gateway_of(const struct network_definition *n, bool ipv6)
{
	for (size_t i = 0; n && i < n->n_subnets; i++) {
		const char *gateway = n->subnets[i].gateway;

		if (gateway && (strchr(gateway, ':') != NULL) == ipv6)
			return gateway;
	}
	return "";
}

static void add_addresses(const struct subject *s, const char *network,
			  struct json_object *o)
{
	const struct network_endpoint *endpoint = endpoint_of(s, network);
	const struct network_definition *n = endpoint ? definition_of(s, network) : NULL;
	uint64_t prefix, prefix6;
	cleanup_free char *ip = address_of(endpoint, false, &prefix),
			  *ip6 = address_of(endpoint, true, &prefix6);

	json_add_str(o, "EndpointID", "");
	json_add_str(o, "Gateway", gateway_of(n, false));
	json_add_str(o, "IPAddress", ip);
	json_add_u64(o, "IPPrefixLen", prefix);
	json_add_str(o, "IPv6Gateway", gateway_of(n, true));
	json_add_str(o, "GlobalIPv6Address", ip6);
	json_add_u64(o, "GlobalIPv6PrefixLen", prefix6);
	json_add_str(o, "MacAddress", endpoint && endpoint->mac ? endpoint->mac : "");
}

/* podman's: its short id is one. */
static char **aliases_of(const struct subject *s, const struct network_attachment *a)
{
	char **aliases = strv_copy(a->aliases);

	strv_addf(&aliases, "%.12s", s->c->record.id);
	return aliases;
}

static struct json_object *networks(const struct subject *s)
{
	const struct network_config *net = &s->c->config.net;
	struct json_object *all = json_object_new_object();

	for (size_t i = 0; i < net->n_attachments; i++) {
		const struct network_attachment *a = &net->attachments[i];
		cleanup_strv char **aliases = aliases_of(s, a);
		struct json_object *o = json_object_new_object();

		add_addresses(s, a->network, o);
		json_add_str(o, "NetworkID", a->network ? a->network : a->name);
		json_object_object_add(o, "DriverOpts", NULL);
		json_object_object_add(o, "IPAMConfig", NULL);
		json_object_object_add(o, "Links", NULL);
		json_add_strv(o, "Aliases", aliases);
		json_add(all, a->name ? a->name : a->network, o);
	}
	return all;
}

static void find_lease(const struct engine *e, const struct container *c,
		       struct network_lease *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	const struct network_lease_request request = {
		.id = c->record.id,
		.name = c->record.name,
		.config = &c->config.net,
		.dns_servers = c->config.dns,
	};

	if (c->config.net.n_attachments == 0 || !e->store)
		return;
	if (network_lease_read(e, &request, ret, &err) < 0) {
		network_lease_release(ret);
		*ret = (struct network_lease){0};
		error_drop(&err, "then it is shown without addresses");
	}
}

/* By itself, at the default network: what podman shows outside of "Networks" as well. */
static bool is_at_default(const struct engine *e, const struct network_config *net)
{
	cleanup_free char *name = NULL;

	if (net->n_attachments != 1)
		return false;
	name = network_default_name(e);
	return str_eq(net->attachments[0].name, name);
}

struct json_object *inspect_network_settings(const struct engine *e,
					     const struct container *c)
{
	cleanup_network_lease struct network_lease lease = {0};
	const struct subject s = {c, &lease};
	const struct network_config *net = &c->config.net;
	struct json_object *o = json_object_new_object();

	find_lease(e, c, &lease);
	if (is_at_default(e, net))
		add_addresses(&s, net->attachments[0].network, o);
	if (c->init.pid > 0 && str_eq(c->config.network, "bridge")) {
		cleanup_free char *path = xasprintf("/proc/%d/ns/net", c->init.pid);

		json_add_str(o, "SandboxKey", path);
	}
	if (net->n_attachments > 0)
		json_add(o, "Networks", networks(&s));
	return o;
}

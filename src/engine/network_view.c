/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_view.h"

#include <string.h>

#include "engine/container_config.h"
#include "engine/network_address.h"
#include "engine/network_lease.h"
#include "engine/network_words.h"
#include "store/container_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* One name of two. */
#define KEY(json, template) (for_template ? (template) : (json))

static struct json_object *range_view(const struct network_pool *pool, bool for_template)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, KEY("start_ip", "StartIP"), pool->first);
	json_add_str(o, KEY("end_ip", "EndIP"), pool->last);
	return o;
}

/* A template may ask for one that is not there. */
static void add_gateway(struct json_object *o, const char *gateway, bool for_template)
{
	json_add_str(o, KEY("gateway", "Gateway"),
		     gateway || !for_template ? gateway : "");
}

static struct json_object *pools_view(const struct network *n, bool for_template)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n->n_pools; i++) {
		struct json_object *o = json_object_new_object();

		json_add_str(o, KEY("subnet", "Subnet"), n->pools[i].subnet);
		add_gateway(o, n->pools[i].gateway, for_template);
		if (n->pools[i].first || for_template)
			json_add(o, KEY("lease_range", "LeaseRange"),
				 n->pools[i].first
					 ? range_view(&n->pools[i], for_template)
					 : NULL);
		json_object_array_add(list, o);
	}
	return list;
}

/* The bridge's address in the subnet of a container's address. */
static const char *gateway_of(const struct network *n, const char *with_length)
{
	cleanup_free char *ip = xstrndup(with_length, strcspn(with_length, "/"));
	struct ip_address a;

	for (size_t i = 0; i < n->n_pools; i++) {
		struct subnet s;

		if (ip_address_parse(ip, &a) >= 0 &&
		    subnet_parse(n->pools[i].subnet, &s) >= 0 && subnet_has(&s, &a))
			return n->pools[i].gateway;
	}
	return NULL;
}

static struct json_object *endpoint_view(const struct network *n,
					 const struct network_endpoint *ep,
					 bool for_template)
{
	struct json_object *interfaces = json_object_new_object();
	struct json_object *o = json_object_new_object();
	struct json_object *subnets = json_object_new_array();

	strv_foreach (address, ep->addresses) {
		struct json_object *subnet = json_object_new_object();

		json_add_str(subnet, KEY("ipnet", "IPNet"), *address);
		add_gateway(subnet, gateway_of(n, *address), for_template);
		json_object_array_add(subnets, subnet);
	}
	json_add(o, KEY("subnets", "Subnets"), subnets);
	json_add_str(o, KEY("mac_address", "MacAddress"), ep->mac);
	json_add(interfaces, ep->interface, o);
	return interfaces;
}

static int add_container(const struct engine *e, const struct network *n, const char *id,
			 bool for_template, struct json_object *list, struct error *err)
{
	cleanup_container_record struct container_record rec = {0};
	cleanup_container_config struct container_config c = {0};
	cleanup_network_lease struct network_lease l = {0};
	struct network_lease_request q = {.id = id, .config = &c.net};
	int r = container_record_get(e->store, id, &rec, err);

	if (r >= 0)
		r = container_config_parse(rec.config, &c, err);
	if (r >= 0)
		r = network_lease_read(e, &q, &l, err);
	for (size_t i = 0; r >= 0 && i < l.member.n_endpoints; i++) {
		struct json_object *o;

		if (!str_eq(l.member.endpoints[i].network, n->id))
			continue;
		o = json_object_new_object();
		json_add_str(o, KEY("name", "Name"), rec.name);
		json_add(o, KEY("interfaces", "Interfaces"),
			 endpoint_view(n, &l.member.endpoints[i], for_template));
		json_add(list, id, o);
	}
	return r;
}

static struct json_object *containers_view(const struct engine *e,
					   const struct network *n, bool for_template)
{
	struct json_object *list = json_object_new_object();
	cleanup_address_records struct address_records rows = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (address_record_of_network(e->store, n->id, &rows, &err) < 0)
		error_drop(&err, "then there are none");
	for (size_t i = 0; i < rows.n; i++) {
		cleanup_error struct error gone = ERROR_INIT;

		if (!json_get(list, rows.items[i].container) &&
		    add_container(e, n, rows.items[i].container, for_template, list,
				  &gone) < 0)
			error_drop(&gone, "it is being made, or removed");
	}
	return list;
}

struct json_object *network_view(const struct engine *e, const struct network *n,
				 bool for_template, bool containers)
{
	struct json_object *o = json_object_new_object();
	struct json_object *ipam = json_object_new_object();
	char created[TIME_TEXT_MAX];

	json_add_str(o, KEY("name", "Name"), n->name);
	json_add_str(o, KEY("id", "ID"), n->id);
	json_add_str(o, KEY("driver", "Driver"), NETWORK_DRIVER);
	json_add_str(o, KEY("network_interface", "NetworkInterface"), n->interface);
	json_add_str(o, KEY("created", "Created"),
		     time_rfc3339(n->created_usec, created));
	if (n->n_pools || for_template)
		json_add(o, KEY("subnets", "Subnets"), pools_view(n, for_template));
	json_add_bool(o, KEY("ipv6_enabled", "IPv6Enabled"), n->ipv6);
	json_add_bool(o, KEY("internal", "Internal"), n->internal);
	json_add_bool(o, KEY("dns_enabled", "DNSEnabled"), !n->no_dns);
	if (n->dns || for_template)
		json_add_strv(o, KEY("network_dns_servers", "NetworkDNSServers"), n->dns);
	if (n->labels || for_template)
		json_add(o, KEY("labels", "Labels"), container_config_pairs(n->labels));
	if (n->options || for_template)
		json_add(o, KEY("options", "Options"),
			 container_config_pairs(n->options));
	json_add_str(ipam, "driver", n->ipam);
	json_add(o, KEY("ipam_options", "IPAMOptions"), ipam);
	if (containers)
		json_add(o, KEY("containers", "Containers"),
			 containers_view(e, n, for_template));
	return o;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "network/request.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/address.h"
#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"

#define PACKED_DIGITS 7

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

void network_member_drop(struct network_member *m, size_t k)
{
	endpoint_release(&m->endpoints[k]);
	m->n_endpoints--;
	memmove(&m->endpoints[k], &m->endpoints[k + 1],
		(m->n_endpoints - k) * sizeof(*m->endpoints));
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

/* The first 36 bits of an id in 7 digits of base 36, at `to`. */
static void pack_id(const char *id, char *to)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char first[10];
	uint64_t n;

	(void)snprintf(first, sizeof(first), "%.9s", id);
	n = strtoull(first, NULL, 16);
	for (size_t i = PACKED_DIGITS; i-- > 0; n /= 36)
		to[i] = digits[n % 36];
}

void network_peer_name(const char *container_id, const char *network_id,
		       char ret[static NETWORK_INTERFACE_SIZE])
{
	ret[0] = 'v';
	pack_id(container_id, ret + 1);
	pack_id(network_id, ret + 1 + PACKED_DIGITS);
	ret[1 + 2 * PACKED_DIGITS] = '\0';
}

static const struct json_member definition_members[] = {
	JSON_MEMBER(struct network_definition, "id", STR, id),
	JSON_MEMBER(struct network_definition, "name", STR, name),
	JSON_MEMBER(struct network_definition, "interface", STR, interface),
	JSON_MEMBER(struct network_definition, "mtu", INT, mtu),
	JSON_MEMBER(struct network_definition, "internal", BOOL, internal),
	JSON_MEMBER(struct network_definition, "isolate", BOOL, isolate),
	JSON_MEMBER(struct network_definition, "noDns", BOOL, no_dns),
	JSON_MEMBER(struct network_definition, "dnsServers", STRV, dns_servers),
	{NULL},
};

static const struct json_member subnet_members[] = {
	JSON_MEMBER(struct network_subnet, "subnet", STR, subnet),
	JSON_MEMBER(struct network_subnet, "gateway", STR, gateway),
	{NULL},
};

static const struct json_member endpoint_members[] = {
	JSON_MEMBER(struct network_endpoint, "network", STR, network),
	JSON_MEMBER(struct network_endpoint, "interface", STR, interface),
	JSON_MEMBER(struct network_endpoint, "addresses", STRV, addresses),
	JSON_MEMBER(struct network_endpoint, "mac", STR, mac),
	JSON_MEMBER(struct network_endpoint, "names", STRV, names),
	{NULL},
};

static const struct json_member port_members[] = {
	JSON_MEMBER(struct network_port, "hostAddress", STR, host_address),
	JSON_MEMBER(struct network_port, "hostPort", U64, host_port),
	JSON_MEMBER(struct network_port, "containerPort", U64, container_port),
	JSON_MEMBER(struct network_port, "protocol", STR, protocol),
	{NULL},
};

static const struct json_member member_members[] = {
	JSON_MEMBER(struct network_member, "id", STR, id),
	JSON_MEMBER(struct network_member, "name", STR, name),
	JSON_MEMBER(struct network_member, "dnsServers", STRV, dns_servers),
	JSON_MEMBER(struct network_member, "limited", BOOL, is_limited),
	JSON_MEMBER(struct network_member, "allow", STRV, allow),
	{NULL},
};

/* A list of structs of one size, all with one table of members. */
struct list_kind {
	const char *key;
	const struct json_member *members;
	size_t size, max;
};

static const struct list_kind subnets = {"subnets", subnet_members,
					 sizeof(struct network_subnet), 32};
static const struct list_kind endpoints = {"endpoints", endpoint_members,
					   sizeof(struct network_endpoint), 256};
static const struct list_kind ports = {"ports", port_members, sizeof(struct network_port),
				       65536};

static void add_list(struct json_object *o, const struct list_kind *kind,
		     const void *items, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t k = 0; k < n; k++) {
		struct json_object *item = json_object_new_object();

		json_members_add(item, kind->members,
				 (const char *)items + k * kind->size);
		json_object_array_add(list, item);
	}
	json_add(o, kind->key, list);
}

static int read_list(struct json_object *o, const struct list_kind *kind, void **ret,
		     size_t *ret_n, struct error *err)
{
	struct json_object *list = json_get(o, kind->key);
	size_t n;
	int r = 0;

	if (!list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return error_set(err, ERR_INVALID, 0, "%s: not a list", kind->key);
	n = json_object_array_length(list);
	if (n > kind->max)
		return error_set(err, ERR_INVALID, 0, "%s: more than %zu", kind->key,
				 kind->max);
	*ret = xcalloc(n ? n : 1, kind->size);
	*ret_n = n;
	for (size_t k = 0; r >= 0 && k < n; k++) {
		struct json_object *item = json_object_array_get_idx(list, k);

		r = json_object_is_type(item, json_type_object)
			    ? json_members_read(item, kind->members,
						(char *)*ret + k * kind->size, err)
			    : error_set(err, ERR_INVALID, 0, "not an object");
	}
	return r < 0 ? error_wrap(err, "%s", kind->key) : 0;
}

struct json_object *network_definition_json(const struct network_definition *n)
{
	struct json_object *o = json_object_new_object();

	json_members_add(o, definition_members, n);
	add_list(o, &subnets, n->subnets, n->n_subnets);
	return o;
}

struct json_object *network_member_json(const struct network_member *m)
{
	struct json_object *o = json_object_new_object();

	json_members_add(o, member_members, m);
	add_list(o, &endpoints, m->endpoints, m->n_endpoints);
	add_list(o, &ports, m->ports, m->n_ports);
	return o;
}

static int check_id(const char *id, const char *what, struct error *err)
{
	if (!id || strlen(id) != 64 || strspn(id, "0123456789abcdef") != 64)
		return error_set(err, ERR_INVALID, 0, "%s: not an id of 64 hex digits",
				 what);
	return 0;
}

/* Source: dev_valid_name() of the kernel, and what a shell line bears. */
static int check_interface(const char *name, struct error *err)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	if (str_empty(name) || strlen(name) >= NETWORK_INTERFACE_SIZE ||
	    name[strspn(name, good)] != '\0' || str_eq(name, ".") || str_eq(name, ".."))
		return error_set(err, ERR_INVALID, 0, "not the name of an interface");
	return 0;
}

static int check_address(const char *text, bool with_length, struct error *err)
{
	struct address a;

	if (!text || (strchr(text, '/') != NULL) != with_length)
		return error_set(err, ERR_INVALID, 0, "not an address");
	return address_parse(text, &a, err);
}

static int check_definition(const struct network_definition *n, struct error *err)
{
	int r = check_id(n->id, "network", err);

	if (r >= 0)
		r = check_interface(n->interface, err);
	if (r >= 0 && (n->mtu < 0 || n->mtu > 65535))
		r = error_set(err, ERR_INVALID, 0, "mtu: out of range");
	for (size_t k = 0; r >= 0 && k < n->n_subnets; k++) {
		r = check_address(n->subnets[k].subnet, true, err);
		if (r >= 0 && n->subnets[k].gateway)
			r = check_address(n->subnets[k].gateway, false, err);
	}
	strv_foreach (server, n->dns_servers)
		if (r >= 0)
			r = check_address(*server, false, err);
	return r;
}

static int check_member(const struct network_member *m, struct error *err)
{
	int r = check_id(m->id, "container", err);

	for (size_t k = 0; r >= 0 && k < m->n_endpoints; k++) {
		const struct network_endpoint *e = &m->endpoints[k];

		r = check_id(e->network, "network", err);
		if (r >= 0)
			r = check_interface(e->interface, err);
		strv_foreach (address, e->addresses)
			if (r >= 0)
				r = check_address(*address, true, err);
	}
	for (size_t k = 0; r >= 0 && k < m->n_ports; k++)
		if (!m->ports[k].protocol || m->ports[k].host_port > 65535 ||
		    m->ports[k].container_port > 65535)
			r = error_set(err, ERR_INVALID, 0, "ports: not a port");
	strv_foreach (server, m->dns_servers)
		if (r >= 0)
			r = check_address(*server, false, err);
	return r;
}

int network_definition_read(struct json_object *o, struct network_definition *ret,
			    struct error *err)
{
	struct network_definition n = {0};
	int r = json_members_read(o, definition_members, &n, err);

	if (r >= 0)
		r = read_list(o, &subnets, (void **)&n.subnets, &n.n_subnets, err);
	if (r >= 0)
		r = check_definition(&n, err);
	if (r < 0) {
		network_definition_release(&n);
		return error_wrap(err, "a network's definition");
	}
	*ret = n;
	return 0;
}

int network_member_read(struct json_object *o, struct network_member *ret,
			struct error *err)
{
	struct network_member m = {0};
	int r = json_members_read(o, member_members, &m, err);

	if (r >= 0)
		r = read_list(o, &endpoints, (void **)&m.endpoints, &m.n_endpoints, err);
	if (r >= 0)
		r = read_list(o, &ports, (void **)&m.ports, &m.n_ports, err);
	if (r >= 0)
		r = check_member(&m, err);
	if (r < 0) {
		network_member_release(&m);
		return error_wrap(err, "a container's places in networks");
	}
	*ret = m;
	return 0;
}

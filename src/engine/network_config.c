/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_config.h"

#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"

#define LIST_MAX 65536 /* of a record; nobody has more ports than there are */

#define ATTACHMENT(json_key, json_type, name) \
	JSON_MEMBER(struct network_attachment, json_key, json_type, name)
#define PORT(json_key, json_type, name) \
	JSON_MEMBER(struct port_mapping, json_key, json_type, name)
#define CONFIG(json_key, json_type, name) \
	JSON_MEMBER(struct network_config, json_key, json_type, name)

static const struct json_member attachment_members[] = {
	ATTACHMENT("network", STR, network),
	ATTACHMENT("name", STR, name),
	ATTACHMENT("interface", STR, interface),
	ATTACHMENT("ip", STR, ip),
	ATTACHMENT("ip6", STR, ip6),
	ATTACHMENT("mac", STR, mac),
	ATTACHMENT("aliases", STRV, aliases),
	{NULL},
};

static const struct json_member port_members[] = {
	PORT("hostAddress", STR, host_address),
	PORT("hostPort", U64, host_port),
	PORT("containerPort", U64, container_port),
	PORT("count", U64, n_ports),
	PORT("protocol", STR, protocol),
	{NULL},
};

static const struct json_member config_members[] = {
	CONFIG("exposed", STRV, exposed),
	CONFIG("publishAll", BOOL, publish_all),
	CONFIG("limited", BOOL, is_limited),
	CONFIG("allow", STRV, allow),
	CONFIG("tool", STR, tool),
	CONFIG("options", STR, options),
	{NULL},
};

/* An array of structs as an array of objects. */
struct list {
	const char *key;
	const struct json_member *members;
	size_t size; /* of a struct */
};

static const struct list attachment_list = {"attachments", attachment_members,
					    sizeof(struct network_attachment)};
static const struct list port_list = {"ports", port_members, sizeof(struct port_mapping)};

static void list_release(const struct list *list, void *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_members_release(list->members, (char *)items + i * list->size);
	free(items);
}

static void list_add(struct json_object *o, const struct list *list, const void *items,
		     size_t n)
{
	struct json_object *array;

	if (n == 0)
		return;
	array = json_object_new_array_ext((int)n);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_new_object();

		json_members_add(item, list->members,
				 (const char *)items + i * list->size);
		json_object_array_add(array, item);
	}
	json_add(o, list->key, array);
}

/* On failure what was read so far is there, to be released. */
static int list_read(struct json_object *o, const struct list *list, void **ret,
		     size_t *ret_n, struct error *err)
{
	struct json_object *array = json_get(o, list->key);
	size_t n;

	if (!array)
		return 0;
	if (!json_object_is_type(array, json_type_array))
		return error_set(err, ERR_INVALID, 0, "%s: expected a list", list->key);
	n = json_object_array_length(array);
	if (n > LIST_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: too many", list->key);
	if (n == 0)
		return 0;
	*ret = xcalloc(n, list->size);
	for (size_t i = 0; i < n; i++) {
		int r;

		*ret_n = i + 1;
		r = json_members_read(json_object_array_get_idx(array, i), list->members,
				      (char *)*ret + i * list->size, err);
		if (r < 0)
			return error_wrap(err, "%s[%zu]", list->key, i);
	}
	return 0;
}

void network_config_release(struct network_config *c)
{
	list_release(&attachment_list, c->attachments, c->n_attachments);
	port_mappings_release(c->ports, c->n_ports);
	json_members_release(config_members, c);
	*c = (struct network_config){0};
}

bool network_config_is_empty(const struct network_config *c)
{
	return c->n_attachments == 0 && c->n_ports == 0 && !c->exposed &&
	       !c->publish_all && !c->is_limited && !c->allow && !c->options && !c->tool;
}

static char *copy_text(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

struct port_mapping *port_mappings_copy(const struct port_mapping *from, size_t n)
{
	struct port_mapping *list = n > 0 ? xcalloc(n, sizeof(*list)) : NULL;

	for (size_t i = 0; i < n; i++) {
		list[i] = from[i];
		list[i].host_address = copy_text(from[i].host_address);
		list[i].protocol = copy_text(from[i].protocol);
	}
	return list;
}

void port_mappings_release(struct port_mapping *list, size_t n)
{
	list_release(&port_list, list, n);
}

void network_config_copy(const struct network_config *from, struct network_config *ret)
{
	*ret = *from;
	ret->exposed = strv_copy(from->exposed);
	ret->allow = strv_copy(from->allow);
	ret->tool = copy_text(from->tool);
	ret->options = copy_text(from->options);
	ret->attachments = from->n_attachments > 0 ? xcalloc(from->n_attachments,
							     sizeof(*ret->attachments))
						   : NULL;
	for (size_t i = 0; i < from->n_attachments; i++) {
		const struct network_attachment *a = &from->attachments[i];

		ret->attachments[i] = (struct network_attachment){
			.network = copy_text(a->network),
			.name = copy_text(a->name),
			.interface = copy_text(a->interface),
			.ip = copy_text(a->ip),
			.ip6 = copy_text(a->ip6),
			.mac = copy_text(a->mac),
			.aliases = strv_copy(a->aliases),
		};
	}
	ret->ports = port_mappings_copy(from->ports, from->n_ports);
}

int network_config_find(const struct network_config *c, const char *id, const char *name)
{
	for (size_t i = 0; i < c->n_attachments; i++) {
		const struct network_attachment *a = &c->attachments[i];

		if (a->network ? str_eq(a->network, id) : str_eq(a->name, name))
			return (int)i;
	}
	return -1;
}

static bool has_interface(const struct network_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_attachments; i++)
		if (str_eq(c->attachments[i].interface, name))
			return true;
	return false;
}

char *network_config_interface(const struct network_config *c, unsigned int *n)
{
	for (;;) {
		cleanup_free char *name = xasprintf("eth%u", (*n)++);

		if (!has_interface(c, name))
			return TAKE_PTR(name);
	}
}

struct json_object *network_config_json(const struct network_config *c)
{
	struct json_object *o = json_object_new_object();

	list_add(o, &attachment_list, c->attachments, c->n_attachments);
	list_add(o, &port_list, c->ports, c->n_ports);
	json_members_add(o, config_members, c);
	return o;
}

/* What every reader relies on. */
static int check(const struct network_config *c, struct error *err)
{
	for (size_t i = 0; i < c->n_attachments; i++)
		if (!c->attachments[i].network && !c->attachments[i].name)
			return error_set(err, ERR_INVALID, 0,
					 "attachments[%zu]: there is no network", i);
	for (size_t i = 0; i < c->n_ports; i++) {
		const struct port_mapping *p = &c->ports[i];

		if (!p->protocol || p->container_port == 0 || p->n_ports == 0 ||
		    p->n_ports > UINT16_MAX ||
		    p->container_port + p->n_ports - 1 > UINT16_MAX ||
		    p->host_port > UINT16_MAX ||
		    (p->host_port > 0 && p->host_port + p->n_ports - 1 > UINT16_MAX))
			return error_set(err, ERR_INVALID, 0,
					 "ports[%zu]: there is no such port", i);
	}
	return 0;
}

int network_config_read(struct json_object *o, struct network_config *ret,
			struct error *err)
{
	cleanup_network_config struct network_config c = {0};
	void *attachments = NULL, *ports = NULL;
	int r;

	if (!json_object_is_type(o, json_type_object))
		return error_set(err, ERR_INVALID, 0, "net: expected an object");
	r = list_read(o, &attachment_list, &attachments, &c.n_attachments, err);
	if (r >= 0)
		r = list_read(o, &port_list, &ports, &c.n_ports, err);
	c.attachments = attachments;
	c.ports = ports;
	if (r >= 0)
		r = json_members_read(o, config_members, &c, err);
	if (r >= 0)
		r = check(&c, err);
	if (r < 0)
		return error_wrap(err, "net");
	*ret = c;
	c = (struct network_config){0};
	return 0;
}

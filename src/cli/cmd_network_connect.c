/* SPDX-License-Identifier: Apache-2.0 */
/* network connect, network disconnect, network reload */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/network_address.h"
#include "engine/network_connect.h"
#include "engine/network_option.h"
#include "engine/network_store.h"
#include "util/str.h"

struct connect_values {
	const char *ip, *ip6, *mac;
	char **aliases;
};

static const struct option_spec connect_options[] = {
	OPT_STRV(struct connect_values, aliases, "alias", 0, "NAME",
		 "another name of it on this network"),
	OPT_STRING(struct connect_values, ip, "ip", 0, "ADDRESS",
		   "its address there (default: one that is free)"),
	OPT_STRING(struct connect_values, ip6, "ip6", 0, "ADDRESS",
		   "its address of IPv6 there"),
	OPT_STRING(struct connect_values, mac, "mac-address", 0, "ADDRESS",
		   "its hardware address there"),
	OPT_END,
};

static int check_address(const char *option, const char *text, bool v6, struct error *err)
{
	struct ip_address a;

	if (!text || (ip_address_parse(text, &a) >= 0 && a.is_v6 == v6))
		return 0;
	return error_set(err, ERR_INVALID, 0, "%s %s: not an address of IPv%d", option,
			 text, v6 ? 6 : 4);
}

static int check(const struct connect_values *v, char **ret_mac, struct error *err)
{
	int r = check_address("--ip", v->ip, false, err);

	if (r >= 0)
		r = check_address("--ip6", v->ip6, true, err);
	if (r >= 0 && v->mac)
		r = network_option_mac("--mac-address", v->mac, ret_mac, err);
	strv_foreach (alias, v->aliases)
		if (r >= 0)
			r = network_option_alias(*alias, err);
	return r;
}

static int run_connect(const struct command_call *call, struct error *err)
{
	const struct connect_values *v = call->values;
	cleanup_network struct network n = {0};
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free char *mac = NULL;
	struct network_attachment asked = {
		.ip = (char *)v->ip, .ip6 = (char *)v->ip6, .aliases = v->aliases};
	int r = check(v, &mac, err);

	asked.mac = mac;
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = network_find(&e, call->args[0], &n, err);
	if (r >= 0)
		r = container_find(&e, call->args[1], &c, err);
	return r < 0 ? r : network_connect(&e, &n, &c, &asked, err);
}

const struct command cmd_network_connect = {
	.name = "connect",
	.group = "Networks",
	.usage = "[options] NETWORK CONTAINER",
	.summary = "bring a container to another network, while it runs or not",
	.examples = "cubby network connect app web\n"
		    "cubby network connect --alias db --ip 10.200.1.9 backend postgres",
	.options = connect_options,
	.values_size = sizeof(struct connect_values),
	.min_args = 2,
	.max_args = 2,
	.run = run_connect,
};

struct disconnect_values {
	bool force;
};

static const struct option_spec disconnect_options[] = {
	OPT_BOOL(struct disconnect_values, force, "force", 'f',
		 "one that is not at it, or not there, is no error"),
	OPT_END,
};

static int run_disconnect(const struct command_call *call, struct error *err)
{
	const struct disconnect_values *v = call->values;
	cleanup_network struct network n = {0};
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = network_find(&e, call->args[0], &n, err);
	if (r < 0)
		return r;
	r = container_find(&e, call->args[1], &c, err);
	if (r >= 0)
		r = network_disconnect(&e, &n, &c, err);
	if (r >= 0 || !v->force || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "it is not there, as wanted");
	return 0;
}

const struct command cmd_network_disconnect = {
	.name = "disconnect",
	.group = "Networks",
	.usage = "[options] NETWORK CONTAINER",
	.summary = "take a container from a network, while it runs or not",
	.examples = "cubby network disconnect app web\n"
		    "cubby network disconnect --force app web",
	.options = disconnect_options,
	.values_size = sizeof(struct disconnect_values),
	.min_args = 2,
	.max_args = 2,
	.run = run_disconnect,
};

struct reload_values {
	struct select_options select;
};

static const struct option_spec reload_options[] = {
	OPT_BOOL(struct reload_values, select.all, "all", 'a', "all that run"),
	OPT_INCLUDE_AT(struct reload_values, select, latest_table),
	OPT_END,
};

static int reload(const struct engine *e, const struct container *c,
		  const char *typed _unused_, void *data _unused_, struct error *err)
{
	int r = network_reload(e, c, err);

	if (r >= 0)
		printf("%s\n", c->record.id);
	return r;
}

static int run_reload(const struct command_call *call, struct error *err)
{
	const struct reload_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {
		.options = &v->select, .running_only = true, .act = reload};
	int r = cubby_open(call, &e, err);

	return r < 0 ? r : select_each(call, &e, &job, err);
}

const struct command cmd_network_reload = {
	.name = "reload",
	.group = "Networks",
	.usage = "[options] [CONTAINER...]",
	.summary =
		"make interfaces and rules of containers anew: after a firewall's restart",
	.examples = "cubby network reload web\n"
		    "cubby network reload --all",
	.options = reload_options,
	.values_size = sizeof(struct reload_values),
	.max_args = COMMAND_ANY,
	.run = run_reload,
};

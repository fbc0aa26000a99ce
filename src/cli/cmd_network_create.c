/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "engine/network_create.h"
#include "engine/network_store.h"
#include "util/str.h"

struct create_values {
	const char *driver, *ipam, *interface;
	char **subnets, **gateways, **ranges, **options, **labels, **dns;
	bool ipv6, internal, no_dns, ignore;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct create_values, no_dns, "disable-dns", 0,
		 "containers don't find each other by name here"),
	OPT_LIST(struct create_values, dns, "dns", 0, "ADDRESS",
		 "ask this name server, not the host's"),
	OPT_STRING(struct create_values, driver, "driver", 'd', "DRIVER",
		   "what it is made of: bridge"),
	OPT_STRV(struct create_values, gateways, "gateway", 0, "ADDRESS",
		 "the bridge's address, of the --subnet at the same place"),
	OPT_BOOL(struct create_values, ignore, "ignore", 0,
		 "one that is there already is no error"),
	OPT_STRING(struct create_values, interface, "interface-name", 0, "NAME",
		   "the bridge's name"),
	OPT_BOOL(struct create_values, internal, "internal", 0, "no way out of it"),
	OPT_STRV(
		struct create_values, ranges, "ip-range", 0, "RANGE",
		"what containers get: a subnet, or FIRST-LAST, of the --subnet at the same place"),
	OPT_STRING(struct create_values, ipam, "ipam-driver", 0, "DRIVER",
		   "host-local, or none: containers get no addresses"),
	OPT_BOOL(struct create_values, ipv6, "ipv6", 0, "a subnet of IPv6 too"),
	OPT_STRV(struct create_values, labels, "label", 0, "KEY=VALUE",
		 "note something about it"),
	OPT_STRV(struct create_values, options, "opt", 'o', "KEY=VALUE",
		 "mtu=BYTES, isolate=true|false|strict"),
	OPT_STRV(struct create_values, subnets, "subnet", 0, "SUBNET",
		 "its addresses; again for IPv6 too (default: one that is free)"),
	OPT_NOT_YET("route", 0),
	OPT_NOT_YET("no-default-route", 0),
	OPT_END,
};

static int create(const struct engine *e, const struct create_values *v, const char *name,
		  struct network *ret, struct error *err)
{
	const struct network_new asked = {
		.name = name,
		.driver = v->driver,
		.ipam = v->ipam,
		.interface = v->interface,
		.subnets = v->subnets,
		.gateways = v->gateways,
		.ranges = v->ranges,
		.options = v->options,
		.labels = v->labels,
		.dns = v->dns,
		.ipv6 = v->ipv6,
		.internal = v->internal,
		.no_dns = v->no_dns,
	};
	int r = network_create(e, &asked, ret, err);

	if (r != -EEXIST || !v->ignore)
		return r;
	error_drop(err, "it is there");
	return network_find(e, name, ret, err);
}

static int run(const struct command_call *call, struct error *err)
{
	cleanup_network struct network n = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = create(&e, call->values, call->args[0], &n, err);
	if (r >= 0)
		printf("%s\n", n.name);
	return r;
}

const struct command cmd_network_create = {
	.name = "create",
	.group = "Networks",
	.usage = "[options] [NAME]",
	.summary = "make a network: containers at it find each other by name",
	.examples =
		"cubby network create app\n"
		"cubby network create --internal --ipv6 backend\n"
		"cubby network create --subnet 10.200.1.0/24 --gateway 10.200.1.254 lab",
	.options = options,
	.values_size = sizeof(struct create_values),
	.max_args = 1,
	.run = run,
};
